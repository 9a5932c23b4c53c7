package racereport

import "testing"

func TestVariable(t *testing.T) {
	for name, tt := range map[string]struct {
		source     string
		a, b       Site
		symbol     string
		want, kind string
	}{
		"package variable": {"var counter int\ncounter++", Site{Line: 2}, Site{Line: 2, Write: true}, "counter", "counter", "package variable"},
		"local":            {"n := 0\ngo func() { n++ }()\nfmt.Println(n)", Site{Line: 2, Write: true}, Site{Line: 3}, "", "n", "local variable shared by goroutines"},
		"field":            {"func (c *C) Inc() { c.n++ }\nfunc (d *C) Get() int {\nreturn d.n\n}", Site{Line: 1, Write: true}, Site{Line: 3}, "", "c.n, elsewhere d.n", "struct field"},
		"map":              {"m := map[string]int{}\nm[\"a\"] = 1\nfmt.Println(len(m))", Site{Line: 2, Write: true, Map: true}, Site{Line: 3}, "", "m", "map"},
		"map slot":         {"m := map[string]int{}\nm[\"a\"] = 1", Site{Line: 2, Write: true}, Site{Line: 2, Write: true}, "", "m", "map"},
		"slice element":    {"s := make([]int, 3)\ns[i]++\nfor range s { s[0] = 2 }", Site{Line: 2, Write: true}, Site{Line: 3, Write: true}, "", "s[i], elsewhere s[0]", "slice or array element"},
		"global struct":    {"stats.hits++", Site{Line: 1, Write: true}, Site{Line: 1}, "stats", "stats.hits", "struct field"},
		"pointer":          {"func inc(p *int) { *p++ }", Site{Line: 1, Write: true}, Site{Line: 1}, "", "*p", "memory behind a pointer"},
		"two names":        {"func inc(p *int) {\n*p++\n}\nfmt.Println(x)", Site{Line: 2, Write: true}, Site{Line: 4}, "", "*p, elsewhere x", "memory behind a pointer"},
		"append":           {"out = append(out, 1)", Site{Line: 1, Write: true}, Site{Line: 1}, "", "out", "slice"},
		"unknown":          {"f()", Site{Line: 1, Write: true}, Site{Line: 7}, "", "", ""},
		"symbol only":      {"f()", Site{Line: 1, Write: true}, Site{Line: 7}, "total", "total", "package variable"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.a.Source, tt.b.Source = tt.source, tt.source
			got, kind := Variable(tt.a, tt.b, tt.symbol)
			if got != tt.want || kind != tt.kind {
				t.Errorf("got %q (%s), want %q (%s)", got, kind, tt.want, tt.kind)
			}
		})
	}
}

// FuzzVariable: no cell and no pair of places in it may end the kernel.
func FuzzVariable(f *testing.F) {
	f.Add("var counter int\ncounter++", 2, 2, true, false, "counter")
	f.Add("m := map[string]int{}\nm[\"a\"] = 1\nfmt.Println(len(m))", 2, 3, true, true, "")
	f.Add("func (c *C) Inc() { c.n++ }\nfunc (d *C) Get() int {\nreturn d.n\n}", 1, 3, false, false, "")
	f.Add("s := make([]int, 3)\ns[i", -1, 1<<40, true, false, "a.b")
	f.Fuzz(func(t *testing.T, source string, a, b int, write, isMap bool, symbol string) {
		name, kind := Variable(Site{Source: source, Line: a, Write: write, Map: isMap}, Site{Source: source, Line: b, Write: true, Map: isMap}, symbol)
		if (name == "") != (kind == "") {
			t.Errorf("%q is of kind %q", name, kind)
		}
	})
}
