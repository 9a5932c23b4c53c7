package display

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

const (
	lineLimit = 100     // characters of a composite value on one line
	textLimit = 100_000 // bytes of one string, or of what a String method returns
)

// text is the text/plain of a value: on one line, with quoted strings and names of fields, when it is small, over several
// lines when it is not. A string, a number and what has a method that says so read as fmt.Print writes them. Whatever the value, it ends soon: cycles, depth, length and number of lines are bounded, and methods
// that panic are reported.
func text(v any) string {
	if v == nil {
		return "<nil>"
	}
	r := reflect.ValueOf(v)
	if held, ok := v.(reflect.Value); ok { // as fmt does
		if !held.IsValid() {
			return "<invalid reflect.Value>"
		}
		r = held
	}
	if s, ok := methodText(r); ok {
		if _, isType := v.(reflect.Type); isType {
			s = stripVersions(s)
		}
		return clip(s, textLimit)
	}
	if r.Kind() == reflect.String {
		return clip(r.String(), textLimit)
	}
	if r.CanInterface() && r.Type().Size() < 1<<20 { // a copy whose fields have addresses; see open
		c := reflect.New(r.Type()).Elem()
		c.Set(r)
		r = c
	}
	p := &printer{}
	if s, ok := p.oneLine(r, lineLimit, true); ok {
		return s
	}
	return p.layout(r)
}

// methodText is what the value's own Format, Error or String method says of it, in fmt's order of preference.
func methodText(v reflect.Value) (s string, ok bool) {
	if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Interface {
		return "", false
	}
	x := v.Interface()
	method := ""
	defer func() {
		if r := recover(); r != nil {
			s, ok = fmt.Sprintf("%s: panic in method %s: %s", typeName(x), method, panicText(r)), true
			if v.Kind() == reflect.Pointer && v.IsNil() {
				s = "<nil>" // as fmt does
			}
		}
	}()
	switch x := x.(type) {
	case fmt.Formatter:
		var st strings.Builder
		method = "Format"
		fmt.Fprint(&st, guard{x})
		return st.String(), true
	case error:
		method = "Error"
		return x.Error(), true
	case fmt.Stringer:
		method = "String"
		return x.String(), true
	}
	return "", false
}

// guard calls a Format method in such a way that its panic is told from its output: fmt would write the panic
// into the text.
type guard struct{ fmt.Formatter }

func (g guard) Format(s fmt.State, verb rune) {
	defer func() {
		r := recover()
		switch {
		case r == nil:
		case isNilPointer(g.Formatter):
			fmt.Fprint(s, "<nil>") // as fmt does
		default:
			fmt.Fprintf(s, "%s: panic in method Format: %s", typeName(g.Formatter), panicText(r))
		}
	}()
	g.Formatter.Format(s, verb)
}

// panicText is the text of a recovered value; it never panics itself.
func panicText(r any) (s string) {
	defer func() {
		if recover() != nil {
			s = "(a value whose own text panics)"
		}
	}()
	return stripVersions(fmt.Sprint(r))
}

// clip cuts s to at most limit bytes, at a character, and says how much is missing.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d more bytes)", s[:cut], len(s)-cut)
}

// typeName is the type of v as %T prints it, without the versions that the kernel gives to redefined types.
func typeName(v any) string { return stripVersions(fmt.Sprintf("%T", v)) }

// version is the modifier letter (U+02B9) that, with a number, tells apart the versions of a redefined type.
const version = 'ʹ'

// stripVersions removes them: T followed by the letter and 2 becomes T.
func stripVersions(s string) string {
	if !strings.ContainsRune(s, version) {
		return s
	}
	var b strings.Builder
	inVersion := false
	for _, c := range s {
		switch {
		case c == version:
			inVersion = true
		case inVersion && '0' <= c && c <= '9':
		default:
			inVersion = false
			b.WriteRune(c)
		}
	}
	return b.String()
}
