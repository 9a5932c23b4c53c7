package display

import (
	"errors"
	"fmt"
	"image"
	"reflect"
	"strings"
	"testing"

	"interleave/kernel/internal/events"
)

type point struct{ X, Y int }

type named struct{ a, b, c int }

func (named) String() string { return "three" }

type bold struct{ s string }

func (b bold) HTML() string { return "<b>" + b.s + "</b>" }

func (b bold) String() string { return b.s }

// TestCellEndsWith has a row for each kind of last expression that gophernotes was observed with, and the
// changes made to it. The operands of comma-ok forms and the results of fmt.Print are dropped by the engine.
func TestCellEndsWith(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		name   string
		values []any
		want   string // text/plain; "" for no output
	}{
		{"int", []any{42}, "42"},
		{"string", []any{"s"}, "s"},
		{"rune", []any{'a'}, "97"},
		{"slice", []any{[]string{"a", "b"}}, `["a" "b"]`},
		{"struct", []any{point{1, 2}}, "{X: 1 Y: 2}"},
		{"pointer", []any{&point{1, 2}}, "&{X: 1 Y: 2}"},
		{"map", []any{map[string]int{"a": 1}}, `map["a":1]`},
		{"count and nil error", []any{6, nil}, "6"},
		{"value and error", []any{3, bad}, "3 bad"},
		{"nil and error", []any{nil, errors.New("To err is human")}, "<nil> To err is human"},
		{"nil error after two", []any{1, "b", nil}, "1 b"},
		{"nil in the middle", []any{1, nil, 2}, "1 <nil> 2"},
		{"nil error", []any{nil}, ""},
		{"two nils", []any{nil, nil}, ""},
		{"nothing", nil, ""},
		{"nil pointer", []any{(*point)(nil)}, "<nil>"},
		{"nil map and slice", []any{map[string]int(nil), []int(nil)}, "map[] []"},
		{"String", []any{named{1, 2, 3}}, "three"},
		{"Error", []any{fmt.Errorf("wrapped: %w", bad)}, "wrapped: bad"},
		{"empty Data", []any{Data{}}, ""},
		{"two renderables", []any{bold{"x"}, HTML("<i>")}, "x <i>"},
		{"renderable and value", []any{bold{"x"}, 1}, "x 1"},
		{"empty string", []any{""}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := connect(t)
			Result(c.values...)
			got := f.taken()
			shows := c.want != "" || c.name == "empty string"
			if !shows {
				if len(got) != 0 {
					t.Fatalf("showed %v", got)
				}
				return
			}
			want := []events.Event[any]{shown(events.Result, plainText(c.want), nil)}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestOneRenderable: exactly one renderable value and nil beside it is shown in all its forms.
func TestOneRenderable(t *testing.T) {
	html := MIMEMap{MIMETypeHTML: "<b>x</b>", MIMETypeText: "x"}
	for _, values := range [][]any{{bold{"x"}}, {bold{"x"}, nil}, {nil, bold{"x"}}, {nil, bold{"x"}, nil}} {
		d, ok := Bundle(values...)
		if !ok || !reflect.DeepEqual(d.Data, html) {
			t.Errorf("%v: got %v", values, d.Data)
		}
	}
	d, _ := Bundle(HTML("<b>x</b>"))
	if want := (MIMEMap{MIMETypeHTML: "<b>x</b>", MIMETypeText: "<b>x</b>"}); !reflect.DeepEqual(d.Data, want) {
		t.Errorf("HTML: got %v", d.Data)
	}
	d, _ = Bundle(image.NewRGBA(image.Rect(0, 0, 4, 3)))
	if want := (MIMEMap{MIMETypePNG: MIMEMap{"width": 4, "height": 3}}); !reflect.DeepEqual(d.Metadata, want) {
		t.Errorf("image metadata: %v", d.Metadata)
	}
}

// TestResultThatCannotBeShown: a value that cannot be shown, or sent, is an error of the cell, and nothing is shown for it.
func TestResultThatCannotBeShown(t *testing.T) {
	f := connect(t)
	fails := func(v any) (why string) {
		defer func() {
			if u, is := recover().(unshown); is {
				why = string(u)
			}
		}()
		Result(v)
		return ""
	}
	for want, v := range map[string]any{
		"unsupported type: chan int":                         JSON(map[string]any{"c": make(chan int)}),
		"display.PNG: there are no bytes to show":            PNG(nil),
		"display.JPEG: there are no bytes to show":           JPEG([]byte{}),
		"display.PDF: there are no bytes":                    PDF(nil),
		"image/png: there are no bytes":                      MIME(MIMEMap{MIMETypePNG: nil}, nil),
		"image/gif: there are no bytes":                      MakeData("image/gif", []byte(nil)),
		"image/svg+xml: there are no bytes":                  SVG(""),
		"application/json: there are no bytes":               MIME(MIMEMap{MIMETypeJSON: nil}, nil),
		"cannot draw *display.fakePlot: no ink":              &fakePlot{err: errors.New("no ink")},
		"cannot draw *display.fakePlot: logarithm of zero":   &fakePlot{crash: true},
		"cannot show *display.shaky: panic: strings: negati": &shaky{-1},
		"display.Table: want a slice":                        Table(3),
		"display.Image: the image is nil":                    Image(nil),
		"display.File: open /nonexistent/x":                  File("", "/nonexistent/x"),
	} {
		if why := fails(v); !strings.Contains(why, want) {
			t.Errorf("%T: %q, want %q", v, why, want)
		}
		if e := f.taken(); len(e) != 0 {
			t.Errorf("%T: showed %v", v, e)
		}
	}
	f.refuse = func(events.Event[any]) error { return errors.New("no") }
	if why := fails(1); why != "no" {
		t.Errorf("refused: %q", why)
	}
	f.refuse = nil
	if err := Display(PNG(nil)); err == nil || !strings.Contains(err.Error(), "no bytes") {
		t.Errorf("Display: %v", err)
	}
	if err := Show(&fakePlot{err: errors.New("no ink")}); err == nil || !strings.Contains(err.Error(), "no ink") {
		t.Errorf("Show: %v", err)
	}
	for _, e := range f.taken() { // where the pictures were expected
		if text, _ := e.Data[MIMETypeText].(string); !strings.Contains(text, "no bytes") && !strings.Contains(text, "no ink") || len(e.Transient) > 0 {
			t.Errorf("showed %+v", e)
		}
	}
}
