package display

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// printer writes one value. Two forms share it: fmt's, for values that fit on a line, and the named one, with
// field names and quoted strings, for the parts of a value that is laid out over lines (layout.go).
type printer struct {
	b     strings.Builder
	left  int  // characters left on the line
	named bool // field names and quoted strings
	path  map[visit]bool
	home  string // package of the first struct met; see foreign
}

// visit is a pointer, map or slice on the way down to the value being written: meeting it again is a cycle.
type visit struct {
	ptr uintptr
	len int
	typ reflect.Type
}

// oneLine returns the value on one line; ok is false if it takes more than limit characters or is itself of
// several lines. It looks at no more of the value than that.
func (p *printer) oneLine(v reflect.Value, limit int, named bool) (s string, ok bool) {
	q := &printer{left: limit, named: named, path: p.path, home: p.home}
	if q.path == nil {
		q.path = map[visit]bool{}
	}
	q.value(v, 0)
	s = q.b.String()
	return s, q.left >= 0 && (!named || !strings.Contains(s, "\n"))
}

func (p *printer) write(s string) {
	p.left -= utf8.RuneCountInString(s)
	if p.left >= 0 {
		p.b.WriteString(s)
	}
}

func (p *printer) full() bool { return p.left < 0 }

func (p *printer) value(v reflect.Value, depth int) {
	if p.full() {
		return
	}
	if !v.IsValid() {
		p.write("<nil>")
		return
	}
	if s, ok := methodText(v); ok {
		p.write(s)
		return
	}
	if p.home == "" && v.Kind() == reflect.Struct {
		p.home = homeOf(v.Type())
	}
	if s, ok := p.abstract(v); ok {
		p.write(s)
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		p.value(v.Elem(), depth+1)
	case reflect.Pointer:
		p.pointer(v, depth)
	case reflect.Struct:
		p.structure(v, depth)
	case reflect.Map:
		p.mapping(v, depth)
	case reflect.Slice, reflect.Array:
		p.list(v, depth)
	case reflect.String:
		if p.named {
			p.write(quote(v.String()))
		} else {
			p.write(v.String())
		}
	default:
		p.write(scalar(v))
	}
}

// enter notes that v is being written; it is false, and says so in the text, if it is already.
func (p *printer) enter(v reflect.Value) (leave func(), ok bool) {
	at := visit{ptr: v.Pointer(), typ: v.Type()}
	if v.Kind() == reflect.Slice {
		at.len = v.Len()
	}
	if p.path[at] {
		p.write("<cycle>")
		return nil, false
	}
	p.path[at] = true
	return func() { delete(p.path, at) }, true
}

// pointer follows pointers to what fmt follows at the top level (structs, maps, slices, arrays), at any depth:
// addresses differ in each run. Pointers to anything else are written as addresses, like fmt.
func (p *printer) pointer(v reflect.Value, depth int) {
	if v.IsNil() {
		p.write("<nil>")
		return
	}
	switch v.Elem().Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
	default:
		p.write(fmt.Sprintf("%#x", v.Pointer()))
		return
	}
	if depth > 0 && p.foreign(v.Type().Elem()) {
		if s, ok := methodText(open(v.Elem()).Addr()); ok {
			p.write(s)
		} else {
			p.write("&" + shortType(v.Type().Elem()) + "{…}")
		}
		return
	}
	leave, ok := p.enter(v)
	if !ok {
		return
	}
	defer leave()
	p.write("&")
	p.value(v.Elem(), depth+1)
}

func (p *printer) structure(v reflect.Value, depth int) {
	t := v.Type()
	p.write("{")
	for i := range v.NumField() {
		if i > 0 {
			p.write(" ")
		}
		if p.named {
			p.write(t.Field(i).Name + ": ")
		}
		if p.value(v.Field(i), depth+1); p.full() {
			return
		}
	}
	p.write("}")
}

func (p *printer) mapping(v reflect.Value, depth int) {
	leave, ok := p.enter(v)
	if !ok {
		return
	}
	defer leave()
	p.write("map[")
	if v.Len()*2 > p.left {
		p.left = -1 // no need to sort a map that cannot fit
		return
	}
	for i, e := range entries(v) {
		if i > 0 {
			p.write(" ")
		}
		p.value(e.key, depth+1)
		p.write(":")
		if p.value(e.value, depth+1); p.full() {
			return
		}
	}
	p.write("]")
}

func (p *printer) list(v reflect.Value, depth int) {
	if v.Kind() == reflect.Slice && v.Len() > 0 {
		leave, ok := p.enter(v)
		if !ok {
			return
		}
		defer leave()
	}
	p.write("[")
	for i := range v.Len() {
		if i > 0 {
			p.write(" ")
		}
		if p.value(v.Index(i), depth+1); p.full() {
			return
		}
	}
	p.write("]")
}

// homeOf is the package whose structs a value shows with their fields: that of a struct, or of the fields of one without a
// name. Those of package sync are nobody's business.
func homeOf(t reflect.Type) string {
	path := t.PkgPath()
	for i := 0; t.Name() == "" && path == "" && i < t.NumField(); i++ {
		path = t.Field(i).PkgPath
	}
	if path == "sync" || path == "sync/atomic" {
		return ""
	}
	return path
}

// abstract gives the text of types whose fields say nothing to a reader. In an unexported field fmt cannot
// call the methods that would (a time.Time there reads as three numbers): open helps.
func (p *printer) abstract(v reflect.Value) (string, bool) {
	t := v.Type()
	if t == reflect.TypeFor[time.Duration]() {
		return time.Duration(v.Int()).String(), true
	}
	if v.Kind() != reflect.Struct || !p.foreign(t) {
		return "", false
	}
	if !v.CanInterface() && v.CanAddr() {
		if s, ok := methodText(open(v)); ok {
			return s, true
		}
	}
	if !p.named {
		return "", false
	}
	if t.PkgPath() == "sync/atomic" {
		if f := v.FieldByName("v"); f.IsValid() && (f.CanInt() || f.CanUint()) {
			return scalar(f), true
		}
	}
	return shortType(t) + "{…}", true
}

// open returns an addressable value without the mark of an unexported field, so that its methods can be called.
func open(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// foreign reports whether t is a struct of another package than the value's own that shows itself by methods
// only: a time.Location, a sync.Mutex, a bytes.Buffer.
func (p *printer) foreign(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.PkgPath() == "" || t.PkgPath() == p.home || t.NumField() == 0 {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return false
		}
	}
	return reflect.PointerTo(t).NumMethod() > 0
}

// scalar writes what is not made of parts, as fmt does; channels and functions by their type, not by an
// address that differs in each run.
func scalar(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32:
		return fmt.Sprint(float32(v.Float()))
	case reflect.Float64:
		return fmt.Sprint(v.Float())
	case reflect.Complex64:
		return fmt.Sprint(complex64(v.Complex()))
	case reflect.Complex128:
		return fmt.Sprint(v.Complex())
	case reflect.Chan:
		if v.IsNil() {
			return "<nil>"
		}
		return fmt.Sprintf("%s (len %d, cap %d)", shortType(v.Type()), v.Len(), v.Cap())
	case reflect.Func:
		if v.IsNil() {
			return "<nil>"
		}
		return shortType(v.Type())
	}
	return fmt.Sprintf("%#x", v.Pointer()) // unsafe.Pointer
}

// shortType is the name of a type; one that is long, as that of an unnamed struct, is cut.
func shortType(t reflect.Type) string {
	s := []rune(strings.ReplaceAll(stripVersions(t.String()), "interface {}", "any"))
	if len(s) > 60 {
		return string(s[:59]) + "…"
	}
	return string(s)
}

// quote is a string in Go syntax, cut when it is long.
func quote(s string) string {
	const limit = 500
	if len(s) <= limit {
		return strconv.Quote(s)
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d more bytes)", strconv.Quote(s[:cut]), len(s)-cut)
}
