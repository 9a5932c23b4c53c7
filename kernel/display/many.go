package display

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"reflect"
	"strings"
)

// Values that show themselves as more than text without a method of this package's interfaces: charts that are kept by value,
// slices and maps of what renders itself, and types that write themselves as HTML.

// renderOther returns the bundle of such a value; ok is false for all others.
func renderOther(v any) (d Data, ok bool) {
	if w, is := v.(interface{ Render(io.Writer) error }); is {
		return rendered(v, w.Render), true
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Struct {
		return renderCopy(r)
	}
	return Data{}, false
}

// rendered is what a value writes of itself, a page of HTML as a rule (go-echarts does so). The page is shown in a frame
// of its own, where its scripts and styles reach nothing of the notebook.
func rendered(v any, write func(io.Writer) error) Data {
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return chartFault(v, err)
	}
	mimeType := sniff(buf.Bytes())
	if mimeType != MIMETypeHTML {
		return MakeData(mimeType, buf.Bytes())
	}
	frame := fmt.Sprintf(`<iframe sandbox="allow-scripts" srcdoc="%s" style="width: 100%%; height: 540px; border: 0"></iframe>`,
		html.EscapeString(strings.ToValidUTF8(buf.String(), "�")))
	return Data{Data: MIMEMap{MIMETypeHTML: frame, MIMETypeText: fmt.Sprintf("%s: a page of HTML, %d bytes", typeName(v), buf.Len())}}
}

// renderCopy shows a struct whose pointer type renders itself: a plot.Plot that is kept by value.
func renderCopy(r reflect.Value) (Data, bool) {
	if r.Type().Size() > 1<<20 || r.NumField() == 0 {
		return Data{}, false
	}
	p := reflect.New(r.Type())
	p.Elem().Set(r)
	return renderOne(p.Interface())
}

// shownTogether is how many elements of a slice or map are rendered.
const shownTogether = 20

// renderAll shows the elements of a slice, array or map below one another, if each of them renders itself or some are
// pictures, which are of no use as text. An element that cannot be drawn is a failure, as it is alone.
func renderAll(r reflect.Value) (Data, bool) {
	if k := r.Kind(); k != reflect.Slice && k != reflect.Array && k != reflect.Map {
		return Data{}, false
	}
	if r.Len() == 0 || !mayRender(r.Type().Elem()) {
		return Data{}, false
	}
	list := elements(r)
	pictures, plain := 0, 0
	for i := range list {
		e := &list[i]
		if e.value == nil {
			plain++
			continue
		}
		d, ok := renderOne(e.value)
		if why := failureOf(d); ok && why != "" {
			return failed(fmt.Sprintf("element %s: %s", e.label, why)), true
		}
		part, isHTML := asHTML(d)
		switch {
		case !ok || !isHTML:
			plain++
			continue
		case isPicture(d):
			pictures++
		}
		e.html, e.text = part, fmt.Sprint(d.Data[MIMETypeText])
	}
	if plain > 0 && pictures == 0 {
		return Data{}, false
	}
	var page, lines strings.Builder
	for _, e := range list {
		if e.html == "" {
			e.text = text(e.value)
			e.html = "<pre>" + html.EscapeString(e.text) + "</pre>"
		}
		fmt.Fprintf(&page, "<figure style=\"margin: 0 0 1em 0\"><figcaption>%s</figcaption>%s</figure>\n", html.EscapeString(e.label), e.html)
		fmt.Fprintf(&lines, "%s: %s\n", e.label, e.text)
	}
	if n := r.Len() - len(list); n > 0 {
		more := fmt.Sprintf("… %d more %s", n, plural(n, "element"))
		page.WriteString("<p>" + more + "</p>\n")
		lines.WriteString(more + "\n")
	}
	return Data{Data: MIMEMap{MIMETypeHTML: page.String(), MIMETypeText: strings.TrimRight(lines.String(), "\n")}}, true
}

// element is one of a slice or map.
type element struct {
	label      string
	value      any // nil for one that package reflect must not hand out
	html, text string
}

// elements are the first of a slice, array or map.
func elements(r reflect.Value) (list []element) {
	add := func(label string, v reflect.Value) {
		e := element{label: label}
		if v.CanInterface() {
			e.value = v.Interface()
		}
		list = append(list, e)
	}
	if r.Kind() != reflect.Map {
		for i := range min(r.Len(), shownTogether) {
			add(fmt.Sprint(i), r.Index(i))
		}
		return list
	}
	p := &printer{}
	for _, e := range entries(r) {
		if len(list) == shownTogether {
			break
		}
		label, _ := p.oneLine(e.key, lineLimit, false)
		add(label, e.value)
	}
	return list
}

// isPicture reports whether a bundle has more to see than text in another form.
func isPicture(d Data) bool {
	page, _ := d.Data[MIMETypeHTML].(string)
	return d.Data[MIMETypeSVG] != nil || d.Data[MIMETypePNG] != nil || d.Data[MIMETypeJPEG] != nil || strings.HasPrefix(page, "<iframe")
}

// mayRender keeps renderAll from looking at the elements of slices of numbers and the like.
func mayRender(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Struct:
		return true
	}
	return t.NumMethod() > 0
}

// asHTML is a bundle as a part of a page; ok is false for one that is nothing but text.
func asHTML(d Data) (part string, ok bool) {
	if s, is := d.Data[MIMETypeHTML].(string); is {
		return s, true
	}
	if s, is := d.Data[MIMETypeSVG].(string); is {
		return s, true
	}
	for _, mimeType := range []string{MIMETypePNG, MIMETypeJPEG} {
		b, is := d.Data[mimeType].([]byte)
		if !is {
			continue
		}
		size := ""
		if m, is := d.Metadata[mimeType].(MIMEMap); is {
			size = fmt.Sprintf(` width="%v" height="%v"`, m["width"], m["height"])
		}
		return fmt.Sprintf(`<img alt="%s"%s src="data:%s;base64,%s">`, html.EscapeString(fmt.Sprint(d.Data[MIMETypeText])), size,
			mimeType, base64.StdEncoding.EncodeToString(b)), true
	}
	return "", false
}
