package display

import (
	"errors"
	"image"
	"io"
	"reflect"
	"strings"
	"testing"

	"interleave/kernel/internal/rich"
)

// One type for each auto-render interface.
type (
	tRenderer   struct{}
	tSimple     struct{}
	tHTML       struct{}
	tJavaScript struct{}
	tJPEG       struct{}
	tJSON       struct{}
	tLatex      struct{}
	tMarkdown   struct{}
	tPNG        struct{}
	tPDF        struct{}
	tSVG        struct{}
)

func (tRenderer) Render() Data {
	return Data{Data: MIMEMap{"text/plain": "own", "a/b": 1}, Metadata: MIMEMap{"a/b": 2}, Transient: MIMEMap{"t": 3}}
}
func (tSimple) SimpleRender() MIMEMap  { return MIMEMap{"a/b": 1} }
func (tHTML) HTML() string             { return "<p>" }
func (tJavaScript) JavaScript() string { return "f()" }
func (tJPEG) JPEG() []byte             { return []byte{1} }
func (tJSON) JSON() map[string]any     { return map[string]any{"a": 1} }
func (tLatex) Latex() string           { return "$x$" }
func (tMarkdown) Markdown() string     { return "*a*" }
func (tPNG) PNG() []byte               { return []byte{2} }
func (tPDF) PDF() []byte               { return []byte{3} }
func (tSVG) SVG() string               { return "<svg/>" }

func TestAutoRender(t *testing.T) {
	for _, c := range []struct {
		v    any
		want MIMEMap
	}{
		{tRenderer{}, MIMEMap{"text/plain": "own", "a/b": 1}},
		{tSimple{}, MIMEMap{"a/b": 1, "text/plain": "{}"}},
		{tHTML{}, MIMEMap{"text/html": "<p>", "text/plain": "{}"}},
		{tJavaScript{}, MIMEMap{"application/javascript": "f()", "text/plain": "{}"}},
		{tJPEG{}, MIMEMap{"image/jpeg": []byte{1}, "text/plain": "{}"}},
		{tJSON{}, MIMEMap{"application/json": map[string]any{"a": 1}, "text/plain": "{}"}},
		{tLatex{}, MIMEMap{"text/latex": "$x$", "text/plain": "{}"}},
		{tMarkdown{}, MIMEMap{"text/markdown": "*a*", "text/plain": "{}"}},
		{tPNG{}, MIMEMap{"image/png": []byte{2}, "text/plain": "{}"}},
		{tPDF{}, MIMEMap{"application/pdf": []byte{3}, "text/plain": "{}"}},
		{tSVG{}, MIMEMap{"image/svg+xml": "<svg/>", "text/plain": "{}"}},
		{struct { // several at once are merged
			tHTML
			tPNG
		}{}, MIMEMap{"text/html": "<p>", "image/png": []byte{2}, "text/plain": "{tHTML: {} tPNG: {}}"}},
	} {
		d, ok := Bundle(c.v)
		if !ok || !reflect.DeepEqual(d.Data, c.want) {
			t.Errorf("%T: got %v, want %v", c.v, d.Data, c.want)
		}
	}
	d, _ := Bundle(tRenderer{})
	if d.Metadata["a/b"] != 2 || d.Transient["t"] != 3 {
		t.Errorf("Renderer: %+v", d)
	}
}

// TestRichMethods: each method by which the compiler of programs knows a rich value makes it one here.
func TestRichMethods(t *testing.T) {
	examples := map[rich.Method]any{
		{Name: "Render"}: tRenderer{}, {Name: "SimpleRender"}: tSimple{}, {Name: "HTML"}: tHTML{}, {Name: "JavaScript"}: tJavaScript{},
		{Name: "JPEG"}: tJPEG{}, {Name: "JSON"}: tJSON{}, {Name: "Latex"}: tLatex{}, {Name: "Markdown"}: tMarkdown{}, {Name: "PNG"}: tPNG{},
		{Name: "PDF"}: tPDF{}, {Name: "SVG"}: tSVG{}, {Name: "ColorModel"}: image.NewGray(image.Rect(0, 0, 1, 1)),
		{Name: "Render", Params: 1}: &pageChart{page: "<!DOCTYPE html>"}, {Name: "WriterTo", Params: 3}: &fakePlot{},
	}
	if len(examples) != len(rich.Methods) {
		t.Errorf("%d examples of %d methods", len(examples), len(rich.Methods))
	}
	for _, m := range rich.Methods {
		v := examples[m]
		if method := reflect.ValueOf(v).MethodByName(m.Name); !method.IsValid() || method.Type().NumIn() != m.Params {
			t.Errorf("%+v: the example %T does not have it", m, v)
		} else if _, ok := render(v); !ok {
			t.Errorf("%+v: %T is shown as text", m, v)
		}
	}
}

type shaky struct{ n int }

func (s *shaky) HTML() string { return strings.Repeat("x", s.n) } // panics for nil and for n < 0

func TestRenderMethodPanics(t *testing.T) {
	d, _ := Bundle(&shaky{-1})
	if got := d.Data[MIMETypeText]; got != "cannot show *display.shaky: panic: strings: negative Repeat count" || len(d.Data) != 1 {
		t.Errorf("got %v", d.Data)
	}
	if d, _ := Bundle((*shaky)(nil)); d.Data[MIMETypeText] != "<nil>" || len(d.Data) != 1 {
		t.Errorf("nil pointer: %v", d.Data)
	}
}

// length stands for vg.Length: what makes a plot a plot is the shape of its WriterTo method.
type length float64

type fakePlot struct {
	Title struct{ Text string }
	err   error
	crash bool
}

func (p *fakePlot) WriterTo(w, h length, format string) (io.WriterTo, error) {
	if p.crash {
		panic("logarithm of zero")
	}
	if w != 480 || h != 300 || format != "png" {
		return nil, errors.New("wrong size or format")
	}
	return strings.NewReader("picture"), p.err
}

type notPlot struct{}

func (notPlot) WriterTo(w, h int, format string) (io.WriterTo, error) { panic("must not be called") }

func TestPlotByItsShape(t *testing.T) {
	p := &fakePlot{}
	p.Title.Text = "T"
	d, _ := Bundle(p)
	if got := d.Data; !reflect.DeepEqual(got, MIMEMap{MIMETypePNG: []byte("picture"), MIMETypeText: "plot: T (640 x 400)"}) {
		t.Errorf("got %v", got)
	}
	if want := (MIMEMap{MIMETypePNG: MIMEMap{"width": 640, "height": 400}}); !reflect.DeepEqual(d.Metadata, want) {
		t.Errorf("metadata %v", d.Metadata)
	}
	for want, p := range map[string]*fakePlot{
		"cannot draw *display.fakePlot: no ink":            {err: errors.New("no ink")},
		"cannot draw *display.fakePlot: logarithm of zero": {crash: true},
	} {
		if d, _ := Bundle(p); d.Data[MIMETypeText] != want {
			t.Errorf("got %v, want %q", d.Data, want)
		}
	}
	if d, _ := Bundle(notPlot{}); d.Data[MIMETypeText] != "{}" {
		t.Errorf("another WriterTo: %v", d.Data)
	}
	if d, _ := Bundle((*fakePlot)(nil)); d.Data[MIMETypeText] != "<nil>" {
		t.Errorf("nil plot: %v", d.Data)
	}
}
