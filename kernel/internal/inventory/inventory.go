// Package inventory describes variables in a few words, for lists of them. It runs in the worker, beside goroutines that may be at
// work on the very values: so it calls none of their methods, which may lock, and walks no map, which ends the
// process when another goroutine writes to it. It starts no goroutine and does not know notebooks.
package inventory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// limit is how many characters of a value are shown.
const limit = 60

// Item says how large a variable is and what it holds.
type Item struct {
	Size  string // "8 B", or "len 3, 24 B"
	Value string // on one line, cut
}

// Of describes variables, given by pointers to them, as a JSON array of Items.
func Of(pointers ...any) string {
	items := make([]Item, len(pointers))
	for i, p := range pointers {
		items[i] = describe(reflect.ValueOf(p).Elem())
	}
	b, err := json.Marshal(items)
	if err != nil { // two strings always do
		return "[]"
	}
	return string(b)
}

func describe(v reflect.Value) Item {
	p := &printer{left: limit}
	p.value(v, 0)
	s := p.b.String()
	if p.left < 0 {
		s += "…"
	}
	return Item{size(v), s}
}

// size counts the variable and what it holds directly: the elements of a slice, the bytes of a string.
func size(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return amount(v.Type().Size())
		}
		return size(v.Elem())
	case reflect.String:
		return amount(uintptr(v.Len()))
	case reflect.Slice, reflect.Array:
		return fmt.Sprintf("len %d, %s", v.Len(), amount(uintptr(v.Len())*v.Type().Elem().Size()))
	case reflect.Map:
		return fmt.Sprintf("len %d", v.Len())
	case reflect.Chan:
		return fmt.Sprintf("len %d, cap %d", v.Len(), v.Cap())
	case reflect.Func:
		return ""
	}
	return amount(v.Type().Size())
}

func amount(n uintptr) string {
	const units = "kMGT"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/1000, 0
	for ; f >= 999.5 && i < len(units)-1; i++ {
		f /= 1000
	}
	return fmt.Sprintf("%.3g %cB", f, units[i])
}

// printer writes one value until its line is full.
type printer struct {
	b    strings.Builder
	left int
}

func (p *printer) write(s string) {
	for _, r := range s {
		if p.left--; p.left < 0 {
			return
		}
		p.b.WriteRune(r)
	}
}

func (p *printer) value(v reflect.Value, depth int) {
	switch {
	case p.left < 0:
		return
	case depth > 6: // a list may lead to itself
		p.write("…")
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		p.write(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			p.write(time.Duration(v.Int()).String())
			return
		}
		p.write(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.write(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32:
		p.write(strconv.FormatFloat(v.Float(), 'g', -1, 32))
	case reflect.Float64:
		p.write(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case reflect.Complex64, reflect.Complex128:
		p.write(fmt.Sprint(v.Complex()))
	case reflect.String:
		p.write(quote(v.String()))
	case reflect.Slice, reflect.Array:
		p.list(v, depth)
	case reflect.Struct:
		p.structure(v, depth)
	case reflect.Pointer:
		p.pointer(v, depth)
	case reflect.Interface:
		if v.IsNil() {
			p.write("nil")
			return
		}
		p.value(v.Elem(), depth+1)
	case reflect.Map:
		p.write(map[bool]string{true: "nil", false: "map[…]"}[v.IsNil()])
	default: // channels, functions, unsafe pointers
		p.write(map[bool]string{true: "nil", false: v.Kind().String()}[v.IsZero()])
	}
}

func (p *printer) pointer(v reflect.Value, depth int) {
	if v.IsNil() {
		p.write("nil")
		return
	}
	p.write("&")
	p.value(v.Elem(), depth+1)
}

func (p *printer) list(v reflect.Value, depth int) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		p.write("nil")
		return
	}
	p.write("[")
	for i := range v.Len() {
		if p.left < 0 {
			return
		}
		if i > 0 {
			p.write(" ")
		}
		p.value(v.Index(i), depth+1)
	}
	p.write("]")
}

func (p *printer) structure(v reflect.Value, depth int) {
	t := v.Type()
	if t == reflect.TypeFor[time.Time]() && v.CanInterface() {
		p.write(v.Interface().(time.Time).Format(time.RFC3339))
		return
	}
	p.write("{")
	for i := range v.NumField() {
		if p.left < 0 {
			return
		}
		if i > 0 {
			p.write(" ")
		}
		p.write(t.Field(i).Name + ":")
		p.value(v.Field(i), depth+1)
	}
	p.write("}")
}

// quote is a string in Go syntax; of a long one, the beginning.
func quote(s string) string {
	if len(s) <= 4*limit {
		return strconv.Quote(s)
	}
	cut := 4 * limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut])
}
