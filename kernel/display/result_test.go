package display

import (
	"errors"
	"fmt"
	"image"
	"reflect"
	"strings"
	"testing"

	"interleave/kernel/internal/stage"
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
			events := f.taken()
			shows := c.want != "" || c.name == "empty string"
			if !shows {
				if len(events) != 0 {
					t.Fatalf("showed %v", events)
				}
				return
			}
			want := []stage.Event{{Kind: stage.Result, Data: MIMEMap{MIMETypeText: c.want}}}
			if !reflect.DeepEqual(events, want) {
				t.Errorf("got %+v, want %+v", events, want)
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

// TestResultThatCannotBeSent shows why instead.
func TestResultThatCannotBeSent(t *testing.T) {
	f := connect(t)
	Result(JSON(map[string]any{"c": make(chan int)}))
	e := f.taken()
	if len(e) != 1 || e[0].Kind != stage.Result || !strings.Contains(e[0].Data[MIMETypeText].(string), "unsupported type: chan int") {
		t.Errorf("got %+v", e)
	}
	f.refuse = func(stage.Event) error { return errors.New("no") }
	Result(1) // must not panic
}
