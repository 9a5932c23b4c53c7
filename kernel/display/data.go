package display

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// MIMEMap holds one content in several forms, by MIME type. A []byte is sent as base64, except under a MIME
// type that is text; anything that is neither string nor []byte is sent as JSON.
type MIMEMap = map[string]any

// Data is a bundle: one content in several forms, of which the front end shows the richest that it can. It
// is an alias of an unnamed type, so a library can return one without importing this package.
type Data = struct {
	Data      MIMEMap // the content, by MIME type
	Metadata  MIMEMap // per MIME type: {"image/png": {"width": 640}}
	Transient MIMEMap // not saved in the notebook: {"display_id": "id"}
}

// The MIME types of the forms that have a function of their own.
const (
	MIMETypeHTML       = "text/html"
	MIMETypeJavaScript = "application/javascript"
	MIMETypeJPEG       = "image/jpeg"
	MIMETypeJSON       = "application/json"
	MIMETypeLatex      = "text/latex"
	MIMETypeMarkdown   = "text/markdown"
	MIMETypePNG        = "image/png"
	MIMETypePDF        = "application/pdf"
	MIMETypeSVG        = "image/svg+xml"
	MIMETypeText       = "text/plain"
)

// MIME returns a bundle of the given content and metadata, both by MIME type.
func MIME(data, metadata MIMEMap) Data { return Data{Data: data, Metadata: metadata} }

// MakeData returns data under mimeType, with its text (as fmt.Sprint writes it) as text/plain. Bytes that are
// not text are described there, not spelled out.
func MakeData(mimeType string, data any) Data {
	mimeType = orText(mimeType)
	d := Data{Data: MIMEMap{mimeType: data}}
	if mimeType == MIMETypeText {
		return d
	}
	b, isBytes := data.([]byte)
	switch {
	case isBytes && textual(mimeType):
		d.Data[MIMETypeText] = string(b)
	case isBytes:
		d.Data[MIMETypeText] = describe(mimeType, b)
	default:
		d.Data[MIMETypeText] = plain(data)
	}
	return d
}

// MakeData3 returns data under mimeType and plaintext as text/plain.
func MakeData3(mimeType, plaintext string, data any) Data {
	return Data{Data: MIMEMap{MIMETypeText: plaintext, orText(mimeType): data}}
}

// HTML shows a piece of HTML.
func HTML(html string) Data { return MakeData(MIMETypeHTML, html) }

// JavaScript is run by front ends that do so, in notebooks that are trusted.
func JavaScript(javascript string) Data { return MakeData(MIMETypeJavaScript, javascript) }

// Markdown shows a piece of Markdown.
func Markdown(markdown string) Data { return MakeData(MIMETypeMarkdown, markdown) }

// SVG shows an SVG picture. In a notebook that is not trusted front ends show its text instead.
func SVG(svg string) Data { return MakeData(MIMETypeSVG, svg) }

// JPEG shows an encoded JPEG picture.
func JPEG(jpeg []byte) Data { return encoded("JPEG", MIMETypeJPEG, jpeg) }

// PNG shows an encoded PNG picture.
func PNG(png []byte) Data { return encoded("PNG", MIMETypePNG, png) }

// PDF shows a PDF document.
func PDF(pdf []byte) Data { return encoded("PDF", MIMETypePDF, pdf) }

// encoded is a picture or document, which is never empty: what should have been read or downloaded was not.
func encoded(function, mimeType string, b []byte) Data {
	if len(b) == 0 {
		return complain(function, errEmpty)
	}
	return MakeData(mimeType, b)
}

var errEmpty = errors.New("there are no bytes to show: look at the error of what should have read or drawn them")

// JSON shows a JSON object as a tree that can be folded.
func JSON(json map[string]any) Data { return MakeData(MIMETypeJSON, json) }

// Latex shows a formula within a line of text. Dollar signs around it are optional.
func Latex(latex string) Data {
	return MakeData3(MIMETypeLatex, latex, "$"+strings.Trim(latex, "$")+"$")
}

// Math shows a formula on a line of its own. Dollar signs around it are optional.
func Math(latex string) Data {
	return MakeData3(MIMETypeLatex, latex, "$$"+strings.Trim(latex, "$")+"$$")
}

// File shows the content of a file. With an empty mimeType it is recognised as [Auto] does. A file that cannot
// be read gives a Data that says why.
func File(mimeType string, path string) Data {
	b, err := os.ReadFile(path)
	if err != nil {
		return complain("File", err)
	}
	return Any(mimeType, b)
}

// Auto shows data in the form that its first bytes tell; a string is text/plain. See [Any].
func Auto(data any) Data { return Any("", data) }

// Any shows data under mimeType: a string, a []byte, or what an io.Reader or io.WriterTo gives. With an empty
// mimeType bytes are recognised by how they begin, and a string is text/plain. A value that renders itself
// (see the package doc) is shown in all its forms, or with a mimeType that is one of them in this one and as
// text. What cannot be shown gives a Data that says why.
func Any(mimeType string, data any) Data {
	if d, ok := render(data); ok {
		return only(d, mimeType)
	}
	var b []byte
	switch x := data.(type) {
	case string:
		return MakeData(mimeType, x)
	case []byte:
		b = x
	case io.Reader:
		read, err := io.ReadAll(x)
		if err != nil {
			return complain("Any", err)
		}
		b = read
	case io.WriterTo:
		var buf bytes.Buffer
		if _, err := x.WriteTo(&buf); err != nil {
			return complain("Any", err)
		}
		b = buf.Bytes()
	default:
		return complain("Any", fmt.Errorf("cannot show %s as %q: want a string, []byte, io.Reader, io.WriterTo or a value that renders itself",
			typeName(data), mimeType))
	}
	if mimeType == "" {
		mimeType = sniff(b)
	}
	if textual(mimeType) {
		return MakeData(mimeType, string(b))
	}
	return MakeData(mimeType, b)
}

// only keeps the given form of a bundle, and the text, when the bundle has it.
func only(d Data, mimeType string) Data {
	content, ok := d.Data[mimeType]
	if !ok {
		return d
	}
	out := Data{Data: MIMEMap{mimeType: content}, Metadata: d.Metadata, Transient: d.Transient}
	if t, ok := d.Data[MIMETypeText]; ok {
		out.Data[MIMETypeText] = t
	}
	return out
}

// complain is how a function that returns no error says what was wrong.
func complain(function string, err error) Data {
	return failed("display." + function + ": " + stripVersions(err.Error()))
}

// failed is a bundle that stands for something that cannot be shown, and says why.
func failed(why string) Data {
	return Data{Data: MIMEMap{MIMETypeText: why}, Transient: MIMEMap{failure: true}}
}

// failure marks such a bundle. As the value of a cell it is the cell's error.
const failure = "interleave_failure"

// failureOf is why a bundle cannot be shown, "" if it can.
func failureOf(d Data) string {
	if d.Transient[failure] == nil {
		return ""
	}
	why, _ := d.Data[MIMETypeText].(string)
	return why
}

func orText(mimeType string) string {
	if mimeType == "" {
		return MIMETypeText
	}
	return mimeType
}

// describe stands for bytes in text/plain.
func describe(mimeType string, b []byte) string {
	return fmt.Sprintf("%s, %d bytes", mimeType, len(b))
}
