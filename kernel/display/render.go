package display

import (
	"fmt"
	"image"
	"io"
	"maps"
	"reflect"

	"interleave/kernel/display/internal/chart"
	"interleave/kernel/internal/rich"
)

// The auto-render interfaces. They are aliases of unnamed types: what counts is the method. Package rich lists them all.
type (
	// Renderer says in full how a value is shown.
	Renderer = interface{ Render() Data }
	// SimpleRenderer gives the content without metadata.
	SimpleRenderer = interface{ SimpleRender() MIMEMap }
	// HTMLer gives text/html.
	HTMLer = interface{ HTML() string }
	// JavaScripter gives application/javascript.
	JavaScripter = interface{ JavaScript() string }
	// JPEGer gives image/jpeg.
	JPEGer = interface{ JPEG() []byte }
	// JSONer gives application/json.
	JSONer = interface{ JSON() map[string]any }
	// Latexer gives text/latex.
	Latexer = interface{ Latex() string }
	// Markdowner gives text/markdown.
	Markdowner = interface{ Markdown() string }
	// PNGer gives image/png.
	PNGer = interface{ PNG() []byte }
	// PDFer gives application/pdf.
	PDFer = interface{ PDF() []byte }
	// SVGer gives image/svg+xml.
	SVGer = interface{ SVG() string }
	// Noter gives what is printed below the cell when the value is shown: what its reader should know.
	Noter = interface{ Notes() []string }
)

// render returns the bundle of a value that is shown as more than text; ok is false for all other values and
// for nil pointers. A method that panics gives a bundle that says so.
func render(v any) (Data, bool) {
	if d, ok := renderOne(v); ok || v == nil {
		return d, ok
	}
	return renderAll(reflect.ValueOf(v))
}

// renderOne is render for all but slices and maps of what renders itself.
func renderOne(v any) (d Data, ok bool) {
	if v == nil || isNilPointer(v) {
		return Data{}, false
	}
	if d, ok := v.(Data); ok {
		return d, true
	}
	defer func() {
		if r := recover(); r != nil {
			msg := fmt.Sprintf("cannot show %s: panic: %s", typeName(v), panicText(r))
			d, ok = failed(msg), true
		}
	}()
	if x, is := v.(Renderer); is {
		d, ok = join(d, x.Render()), true
	}
	if x, is := v.(SimpleRenderer); is {
		d, ok = join(d, Data{Data: x.SimpleRender()}), true
		if x, is := v.(Noter); is {
			chart.Tell(x.Notes())
		}
	}
	if _, page := v.(interface{ Render(io.Writer) error }); page && !ok {
		return renderOther(v) // its JSON, if it has that, are the options of the chart
	}
	for _, f := range rich.Forms {
		if content, is := f.Of(v); is {
			d, ok = join(d, Data{Data: MIMEMap{f.MIMEType: content}}), true
		}
	}
	if !ok {
		if x, is := v.(image.Image); is {
			return Image(x), true
		}
		if d, ok := renderChart(v, chartWidth, chartHeight); ok {
			return d, true
		}
		return renderOther(v)
	}
	if _, has := d.Data[MIMETypeText]; !has && len(d.Data) > 0 {
		d.Data[MIMETypeText] = text(v)
	}
	return d, true
}

// join returns d with the entries of e laid over it. The maps of neither are changed.
func join(d, e Data) Data {
	return Data{
		Data:      overlay(d.Data, e.Data),
		Metadata:  overlay(d.Metadata, e.Metadata),
		Transient: overlay(d.Transient, e.Transient),
	}
}

func overlay(a, b MIMEMap) MIMEMap {
	if len(a)+len(b) == 0 {
		return nil
	}
	out := make(MIMEMap, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}
