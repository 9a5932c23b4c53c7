package display

import (
	"strings"
	"testing"
	"time"
)

type base struct {
	ID int `display:"id"`
}

type run struct {
	base
	Name   string
	Took   time.Duration `display:"took"`
	Secret string        `display:"-"`
	ok     bool
	Load   float64
}

func TestTableText(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"structs", []run{{base{1}, "a<b", time.Second, "x", true, 0.5}, {base{20}, "longer", time.Minute, "y", false, 1.0 / 3}}, `
id  Name    took  ok         Load
 1  a<b       1s  true        0.5
20  longer  1m0s  false  0.333333`},
		{"pointers, one nil", []*point{{1, 2}, nil}, `
X  Y
1  2

`},
		{"array", [1]point{{1, 2}}, `
X  Y
1  2`},
		{"pointer to slice", &[]point{{1, 2}}, `
X  Y
1  2`},
		{"interfaces", []any{point{1, 2}, &point{3, 4}, "odd"}, `
X  Y
1  2
3  4

`},
		{"strings with a header", [][]string{{"name", "n"}, {"a", "5"}, {"b", "12.5", "extra"}}, `
name     n
a        5
b     12.5  extra`},
		{"numbers without", [][]float64{{1, 2.5}, {3}}, `
0    1
1  2.5
3`},
		{"maps", []map[string]any{{"b": 1, "a": "x"}, {"c": nil, "b": 2}}, `
a  b  c
x  1
   2`},
		{"map of values", map[string]int{"b": 2, "a": 1}, `
key  value
a        1
b        2`},
		{"map of structs", map[int]point{10: {1, 2}, 9: {3, 4}}, `
key  X  Y
  9  3  4
 10  1  2`},
		{"map of maps", map[string]map[string]int{"a": {"x": 1}}, `
key  value
a    map[x:1]`},
		{"no rows", []point{}, `
X  Y
0 rows, 2 columns`},
		{"no rows of strings", [][]string{}, `

0 rows, 0 columns`},
		{"line breaks", [][]string{{"a"}, {"x\ny\tz"}}, `
a
x↵y z`},
	} {
		got, _ := Table(c.v).Data[MIMETypeText].(string)
		if got != strings.TrimRight(c.want[1:], "\n") {
			t.Errorf("%s: got\n%s\nwant%s", c.name, got, c.want)
		}
	}
}

func TestTableHTML(t *testing.T) {
	got := Table([]struct {
		Name string
		N    int `display:"how <many>"`
		H    any
	}{{"<script>alert(1)</script>", 3, bold{"raw"}}, {"a&b", 4, "<i>"}}).Data[MIMETypeHTML]
	want := `<table>
<thead>
<tr><th style="text-align: left">Name</th><th style="text-align: right">how &lt;many&gt;</th><th style="text-align: left">H</th></tr>
</thead>
<tbody>
<tr><td style="text-align: left">&lt;script&gt;alert(1)&lt;/script&gt;</td><td style="text-align: right">3</td><td style="text-align: left"><b>raw</b></td></tr>
<tr><td style="text-align: left">a&amp;b</td><td style="text-align: right">4</td><td style="text-align: left">&lt;i&gt;</td></tr>
</tbody>
</table>`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLongTable(t *testing.T) {
	rows := make([]point, 1000)
	for i := range rows {
		rows[i] = point{i, -i}
	}
	d := Table(rows)
	text, html := d.Data[MIMETypeText].(string), d.Data[MIMETypeHTML].(string)
	if !strings.Contains(text, " 19   -19\n… 960 more rows …\n980  -980\n") || !strings.HasSuffix(text, "\n1000 rows, 2 columns") {
		t.Errorf("text:\n%s", text)
	}
	if strings.Count(html, "<tr>") != 42 || !strings.Contains(html, "… 960 more rows …") || !strings.HasSuffix(html, "<p>1000 rows, 2 columns</p>") {
		t.Errorf("html:\n%s", html)
	}
	wide := make([][]int, 2)
	wide[0] = make([]int, 100)
	if text := Table(wide).Data[MIMETypeText].(string); !strings.HasSuffix(text, "2 rows, 100 columns (60 not shown)") {
		t.Errorf("wide: %s", text)
	}
	big := map[int]int{}
	for i := range 200 {
		big[i] = i
	}
	if text := Table(big).Data[MIMETypeText].(string); !strings.HasSuffix(text, "200 rows, 2 columns") {
		t.Errorf("map: %s", text)
	}
}

type selfish struct {
	*selfish
	N int
}

func TestTableOddities(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"embeds itself":    {[]selfish{{nil, 1}}, "N"},
		"scalars":          {[]int{1}, "display.Table: want a slice of structs, of maps or of slices, or a map, got []int"},
		"times":            {[]time.Time{{}}, "display.Table: want"},
		"nothing but nil":  {[]any{nil}, "display.Table: want"},
		"a struct":         {point{}, "display.Table: want"},
		"panicking String": {[]struct{ P panicky }{{}}, "P\ndisplay.panicky: panic in method String: boom"},
		"panicking HTML":   {[]struct{ S *shaky }{{&shaky{-1}}}, "S\n*display.shaky: panic in method HTML: "},
		"anonymous column": {[]struct{ _, A int }{{0, 1}}, "A\n1"},
	} {
		if got := Table(c.v).Data[MIMETypeText].(string); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.1: "0.1", 1.0 / 3: "0.333333", 1234567.891: "1234567.9", 1e20: "1e+20", -2.5: "-2.5", 123456.789: "123457"} {
		if got := decimal(x); got != want {
			t.Errorf("%v: got %s, want %s", x, got, want)
		}
	}
}
