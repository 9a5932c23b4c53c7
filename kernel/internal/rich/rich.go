// Package rich lists the methods by which package display knows a value that it shows as more than text. The compiler
// of programs reads the same list: a program hands such a value to display, and prints any other.
//
// It shows nothing itself.
package rich

import "reflect"

// Method is a method that makes a value rich. Only its name and the number of its parameters count.
type Method struct {
	Name   string
	Params int
}

// Form is a method that gives the content of one MIME type.
type Form struct {
	Method
	MIMEType string
	Of       func(v any) (content any, ok bool) // ok is false for a value without the method
}

// The interfaces of the forms. Package display has names for them.
type (
	html       = interface{ HTML() string }
	javaScript = interface{ JavaScript() string }
	jpeg       = interface{ JPEG() []byte }
	json       = interface{ JSON() map[string]any }
	latex      = interface{ Latex() string }
	markdown   = interface{ Markdown() string }
	png        = interface{ PNG() []byte }
	pdf        = interface{ PDF() []byte }
	svg        = interface{ SVG() string }
)

// Forms are the methods of one form each, in the order in which they join a bundle: of two that give the same MIME type
// the later one holds.
var Forms = []Form{
	form("text/html", html.HTML),
	form("application/javascript", javaScript.JavaScript),
	form("image/jpeg", jpeg.JPEG),
	form("application/json", json.JSON),
	form("text/latex", latex.Latex),
	form("text/markdown", markdown.Markdown),
	form("image/png", png.PNG),
	form("application/pdf", pdf.PDF),
	form("image/svg+xml", svg.SVG),
}

// form turns a method expression of an interface I into a Form.
func form[I, T any](mimeType string, method func(I) T) Form {
	m := reflect.TypeFor[I]().Method(0)
	return Form{Method{m.Name, m.Type.NumIn()}, mimeType, func(v any) (any, bool) {
		x, ok := v.(I)
		if !ok {
			return nil, false
		}
		return method(x), true
	}}
}

// Methods are all methods that make a value rich.
var Methods = func() []Method {
	all := []Method{
		{"Render", 0},       // display.Renderer
		{"SimpleRender", 0}, // display.SimpleRenderer
		{"Render", 1},       // of a page that writes itself to an io.Writer, as go-echarts has it
		{"ColorModel", 0},   // image.Image
		{"WriterTo", 3},     // a plot of gonum
	}
	for _, f := range Forms {
		all = append(all, f.Method)
	}
	return all
}()
