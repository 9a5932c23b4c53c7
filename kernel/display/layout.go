package display

import (
	"fmt"
	"reflect"
	"strings"
)

const (
	pageLines   = 120 // lines of one value
	pageDepth   = 10  // levels of nesting
	pageWidth   = 96  // characters of one line
	pageEntries = 50  // elements of one list or map, one on each line
	pageScalars = 500 // numbers and the like, which share lines
)

// page lays one value out over lines.
type page struct {
	p     printer
	b     strings.Builder
	lines int
}

// layout returns a value in the long form: one field or element a line, and what fits on a line on one.
func (p *printer) layout(v reflect.Value) string {
	pg := &page{p: printer{path: map[visit]bool{}, home: p.home}}
	pg.value(v, 0, "", true)
	return pg.b.String()
}

// value writes v after a label on the current line. At the top level the type is always named.
func (pg *page) value(v reflect.Value, depth int, label string, top bool) {
	indent := strings.Repeat("  ", depth)
	pg.b.WriteString(label)
	if !top {
		room := pageWidth - len(indent) - len(label)
		if s, ok := pg.p.oneLine(v, max(room, 70), true); ok {
			pg.b.WriteString(s)
			return
		}
		if s, ok := methodText(v); ok {
			s = clip(s, 20*pageWidth)
			pg.b.WriteString(strings.ReplaceAll(s, "\n", "\n"+indent+"  "))
			pg.lines += strings.Count(s, "\n")
			return
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		pg.value(v.Elem(), depth, "", top)
	case reflect.Pointer, reflect.Map, reflect.Slice:
		at := visit{ptr: v.Pointer(), typ: v.Type()}
		if v.Kind() == reflect.Slice {
			at.len = v.Len()
		}
		pg.p.path[at] = true // oneLine above has dealt with cycles: its text is short
		defer delete(pg.p.path, at)
		switch v.Kind() {
		case reflect.Pointer:
			pg.value(v.Elem(), depth, "&", true)
		case reflect.Map:
			pg.mapping(v, depth)
		default:
			pg.list(v, depth)
		}
	case reflect.Array:
		pg.list(v, depth)
	case reflect.Struct:
		pg.structure(v, depth)
	case reflect.String:
		pg.b.WriteString(quote(v.String()))
	default:
		pg.b.WriteString(scalar(v))
	}
}

// line begins a new line at a depth; it is false when the page is full.
func (pg *page) line(depth int) bool {
	if pg.lines >= pageLines || depth > pageDepth {
		return false
	}
	pg.lines++
	pg.newline(depth)
	return true
}

func (pg *page) newline(depth int) {
	pg.b.WriteString("\n" + strings.Repeat("  ", depth))
}

// more says how much was left out of a list, map or struct.
func (pg *page) more(depth, n int, what string) {
	if n > 0 {
		pg.newline(depth)
		fmt.Fprintf(&pg.b, "… %d more %s", n, plural(n, what))
	}
}

func plural(n int, what string) string {
	switch {
	case n == 1:
		return what
	case strings.HasSuffix(what, "y"):
		return strings.TrimSuffix(what, "y") + "ies"
	}
	return what + "s"
}

func (pg *page) structure(v reflect.Value, depth int) {
	t := v.Type()
	if pg.p.home == "" {
		pg.p.home = t.PkgPath()
	}
	name := shortType(t)
	if t.Name() == "" {
		name = "struct"
	}
	pg.b.WriteString(name + "{")
	width := 0
	for i := range t.NumField() {
		width = max(width, len(t.Field(i).Name))
	}
	width = min(width, 20)
	i := 0
	for ; i < t.NumField() && pg.line(depth+1); i++ {
		pg.value(v.Field(i), depth+1, fmt.Sprintf("%-*s ", width+1, t.Field(i).Name+":"), false)
	}
	pg.more(depth+1, t.NumField()-i, "field")
	pg.newline(depth)
	pg.b.WriteString("}")
}

func (pg *page) mapping(v reflect.Value, depth int) {
	fmt.Fprintf(&pg.b, "%s (len %d) {", shortType(v.Type()), v.Len())
	shown := 0
	for _, e := range entries(v) {
		if shown >= pageEntries || !pg.line(depth+1) {
			break
		}
		key, ok := pg.p.oneLine(e.key, pageWidth/2, true)
		if !ok {
			key += "…"
		}
		pg.value(e.value, depth+1, key+": ", false)
		shown++
	}
	pg.more(depth+1, v.Len()-shown, "entry")
	pg.newline(depth)
	pg.b.WriteString("}")
}

func (pg *page) list(v reflect.Value, depth int) {
	fmt.Fprintf(&pg.b, "%s (len %d) [", shortType(v.Type()), v.Len())
	shown := 0
	if compact(v.Type().Elem()) {
		shown = pg.rows(v, depth+1)
	} else {
		for ; shown < min(v.Len(), pageEntries) && pg.line(depth+1); shown++ {
			pg.value(v.Index(shown), depth+1, fmt.Sprintf("%d: ", shown), false)
		}
	}
	pg.more(depth+1, v.Len()-shown, "element")
	pg.newline(depth)
	pg.b.WriteString("]")
}

// rows writes numbers and the like, many on a line, and returns how many.
func (pg *page) rows(v reflect.Value, depth int) int {
	room, shown := 0, 0
	for ; shown < min(v.Len(), pageScalars); shown++ {
		s, ok := pg.p.oneLine(v.Index(shown), pageWidth, true)
		if !ok {
			s = clip(scalar(v.Index(shown)), pageWidth)
		}
		if len(s) >= room {
			if !pg.line(depth) {
				break
			}
			room = pageWidth - 2*depth
		} else {
			pg.b.WriteByte(' ')
			room--
		}
		pg.b.WriteString(s)
		room -= len(s)
	}
	return shown
}

// compact reports whether values of this type are short enough to share a line.
func compact(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Complex64, reflect.Complex128:
		return true
	}
	return reflect.Int <= t.Kind() && t.Kind() <= reflect.Float64
}
