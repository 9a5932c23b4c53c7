package display

import (
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"testing"
	"time"
)

type account struct {
	owner   string
	balance int
}

func (a *account) Deposit(n int) { a.balance += n }

type money struct{ Cents int }

func (m money) String() string { return fmt.Sprintf("%d ct", m.Cents) }

// fakeRows is a query's result with a null and bytes.
type fakeRows struct {
	n, at  int
	closed bool
	err    error
}

func (r *fakeRows) Columns() ([]string, error) { return []string{"id", "name"}, nil }
func (r *fakeRows) Next() bool                 { r.at++; return r.at <= r.n && r.err == nil }
func (r *fakeRows) Err() error                 { return r.err }
func (r *fakeRows) Close() error               { r.closed = true; return nil }
func (r *fakeRows) Scan(into ...any) error {
	*into[0].(*any) = int64(r.at)
	if r.at != 2 {
		*into[1].(*any) = []byte("Ann <b>")
	}
	return nil
}

// TestTablesByThemselves: what is a table is shown as one, with its first rows and their number; what only looks like one is text.
func TestTablesByThemselves(t *testing.T) {
	many := make([]point, 1000)
	for name, c := range map[string]struct {
		v    any
		want string // text/plain
	}{
		"structs":          {[]point{{1, 2}, {30, 4}}, " X  Y\n 1  2\n30  4"},
		"one":              {[]point{{1, 2}}, "X  Y\n1  2"},
		"array":            {[1]point{{1, 2}}, "X  Y\n1  2"},
		"pointers":         {[]*account{{"Ann", 3}, nil}, "owner  balance\nAnn          3"},
		"maps":             {[]map[string]any{{"b": 1, "a": "x"}, {"a": "y"}}, "a  b\nx  1\ny"},
		"strings":          {[][]string{{"id", "name"}, {"7", "Ann"}}, "id  name\n 7  Ann"},
		"strings, no head": {[][]string{{"_", "_"}, {"x", "_"}}, "0  1\n_  _\nx  _"},
		"query":            {&fakeRows{n: 2}, "id  name\n 1  Ann <b>\n 2"},
		"many":             {many, "X  Y\n" + strings.Repeat("0  0\n", firstRows) + "… 980 more rows …\n1000 rows, 2 columns"},
		"many of a query":  {&fakeRows{n: 200}, ""},
	} {
		d, ok := Bundle(c.v)
		text, _ := d.Data[MIMETypeText].(string)
		if html, _ := d.Data[MIMETypeHTML].(string); !ok || !strings.HasPrefix(html, "<table>") || strings.Contains(html, "<b>") {
			t.Errorf("%s: %v", name, d.Data)
		}
		if c.want != "" && strings.TrimRight(text, " ") != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, text, c.want)
		}
		if r, is := c.v.(*fakeRows); is && (!r.closed || r.n == 200 && !strings.HasSuffix(text, "… 180 more rows …\n200 rows, 2 columns")) {
			t.Errorf("%s: closed %t\n%s", name, r.closed, text)
		}
	}
	for want, v := range map[string]any{
		"[]":                              []point{},
		"[three]":                         []named{{}},
		"[3 ct 4 ct]":                     []money{{3}, {4}},
		"[1s]":                            []time.Duration{time.Second},
		"[1970-01-01 00:00:00 +0000 UTC]": []time.Time{time.Unix(0, 0).UTC()},
		`["a" "b"]`:                       []string{"a", "b"},
		"[{}]":                            []struct{}{{}},
		"map[1:{X: 1 Y: 2}]":              map[int]point{1: {1, 2}},
		"[map[1:2]]":                      []map[int]int{{1: 2}},
		`[[1 2] [3]]`:                     [][]int{{1, 2}, {3}},
		"[{X: 1 Y: 2}] [{X: 1 Y: 2}]":     nil, // two values
		"cannot draw *display.fakeRows: read rows: gone": &fakeRows{err: errors.New("gone")},
	} {
		values := []any{v}
		if v == nil {
			values = []any{[]point{{1, 2}}, []point{{1, 2}}}
		}
		if d, _ := Bundle(values...); d.Data[MIMETypeText] != want || len(d.Data) != 1 {
			t.Errorf("%T: got %v, want %q", v, d.Data, want)
		}
	}
	if d, _ := Bundle([]point{{1, 2}}, nil); d.Data[MIMETypeHTML] == nil {
		t.Errorf("a slice and a nil error: %v", d.Data)
	}
	if d := Table(&fakeRows{n: 1}); !strings.Contains(d.Data[MIMETypeText].(string), "Ann") {
		t.Errorf("Table of a query: %v", d.Data)
	}
	if d := Table([]account{{"Ann", 1}}); d.Data[MIMETypeHTML] == nil {
		t.Errorf("Table of structs with methods and without exported fields: %v", d.Data)
	}
}

// pageChart is what go-echarts' charts are: a page of HTML, and options that are JSON.
type pageChart struct {
	page string
	err  error
}

func (c *pageChart) Render(w io.Writer) error {
	io.WriteString(w, c.page)
	return c.err
}

func (c *pageChart) JSON() map[string]any { return map[string]any{"series": 1} }

func TestPages(t *testing.T) {
	d, _ := Bundle(&pageChart{page: "<!DOCTYPE html>\n<html><body onload=\"f('&')\">\"</body></html>"})
	html, _ := d.Data[MIMETypeHTML].(string)
	if !strings.HasPrefix(html, `<iframe sandbox="allow-scripts" srcdoc="&lt;!DOCTYPE`) || strings.Contains(html, "<html>") || strings.Contains(html, "same-origin") {
		t.Errorf("got %s", html)
	}
	if text := d.Data[MIMETypeText]; text != "*display.pageChart: a page of HTML, 59 bytes" || d.Data[MIMETypeJSON] != nil {
		t.Errorf("got %v", d.Data)
	}
	if d, _ := Bundle(&pageChart{err: errors.New("no data")}); d.Data[MIMETypeText] != "cannot draw *display.pageChart: no data" {
		t.Errorf("got %v", d.Data)
	}
	if d, _ := Bundle(&pageChart{page: "\x89PNG\r\n\x1a\nrest"}); d.Data[MIMETypePNG] == nil {
		t.Errorf("a picture that is written: %v", d.Data)
	}
}

// TestChartsTogether: charts in a slice, an array or a map, and one that is kept by value, are charts.
func TestChartsTogether(t *testing.T) {
	plot := func(title string) *fakePlot { p := &fakePlot{}; p.Title.Text = title; return p }
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"slice":  {[]*fakePlot{plot("A"), plot("B")}, "0: plot: A (640 x 400)\n1: plot: B (640 x 400)"},
		"values": {[]fakePlot{*plot("A")}, "0: plot: A (640 x 400)"},
		"map":    {map[string]any{"b": plot("B"), "a<": bold{"x"}}, "a<: x\nb: plot: B (640 x 400)"},
		"array":  {[1]any{HTML("<i>")}, "0: <i>"},
		"images": {[]image.Image{image.NewRGBA(image.Rect(0, 0, 4, 3))}, "0: image: 4 x 3 pixels"},
		"many":   {make([]tPNG, 50), ""},
		"nil":    {[]*fakePlot{plot("A"), nil}, "0: plot: A (640 x 400)\n1: <nil>"},
		"mixed":  {[]any{1, plot("A"), "a<:"}, "0: 1\n1: plot: A (640 x 400)\n2: a<:"},
	} {
		d, ok := Bundle(c.v)
		html, _ := d.Data[MIMETypeHTML].(string)
		if !ok || !strings.Contains(html, "<figure") || strings.Contains(html, "a<:") {
			t.Errorf("%s: %v", name, d.Data)
		}
		if text := d.Data[MIMETypeText].(string); c.want != "" && text != c.want || name == "many" && !strings.HasSuffix(text, "… 30 more elements") {
			t.Errorf("%s: %q", name, text)
		}
	}
	if d, _ := Bundle(*plot("T")); d.Data[MIMETypePNG] == nil || d.Data[MIMETypeText] != "plot: T (640 x 400)" {
		t.Errorf("by value: %v", d.Data)
	}
	if d, _ := Bundle([]any{bold{"x"}, errors.New("two")}); d.Data[MIMETypeText] != "[x two]" || len(d.Data) != 1 {
		t.Errorf("not all render themselves: %v", d.Data)
	}
	for want, v := range map[string]any{
		"element 1: cannot draw *display.pageChart: no data": []any{plot("A"), &pageChart{err: errors.New("no data")}},
		"element b: cannot draw *display.pageChart: no data": map[string]*pageChart{"b": {err: errors.New("no data")}},
	} {
		if d, _ := Bundle(v); failureOf(d) != want {
			t.Errorf("a chart among others that cannot be drawn: %v, want %q", d.Data, want)
		}
	}
	self := []any{nil}
	self[0] = self
	if d, _ := Bundle(self); d.Data[MIMETypeText] != "[<cycle>]" {
		t.Errorf("a slice in itself: %v", d.Data)
	}
}
