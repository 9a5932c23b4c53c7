package display

import (
	"reflect"
	"slices"
	"strconv"
)

// columns knows the columns of a table and how to fill them from one row. What a row lacks stays empty.
type columns interface {
	header() []string
	row(v reflect.Value, out []field)
}

// tableOf returns the columns for rows of type t, or of the type of the first row if t is an interface. It
// returns nil if rows of that type have no columns.
func tableOf(t reflect.Type, rows []reflect.Value) columns {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Interface {
		i := slices.IndexFunc(rows, func(r reflect.Value) bool { return concrete(r).IsValid() })
		if i < 0 {
			return nil
		}
		t = concrete(rows[i]).Type()
	}
	switch t.Kind() {
	case reflect.Struct:
		if hidden(t) {
			return nil
		}
		return structColumns{typ: t, fields: structFields(t, nil, nil)}
	case reflect.Map:
		return newMapColumns(rows)
	case reflect.Slice, reflect.Array:
		n := 0
		for _, r := range rows {
			if c := concrete(r); c.Kind() == reflect.Slice || c.Kind() == reflect.Array {
				n = max(n, c.Len())
			}
		}
		names := make([]string, n)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		return listColumns{names: names}
	}
	return nil
}

type structField struct {
	name  string
	index []int
}

type structColumns struct {
	typ    reflect.Type
	fields []structField
}

// structFields lists the fields of t, with those of embedded structs in their place. seen is the way down, so
// that a type that embeds itself ends.
func structFields(t reflect.Type, index []int, seen []reflect.Type) []structField {
	var out []structField
	for i := range t.NumField() {
		f := t.Field(i)
		name, tagged := f.Tag.Lookup("display")
		if name == "-" || f.Name == "_" {
			continue
		}
		at := append(slices.Clone(index), i)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && !tagged && inner.Kind() == reflect.Struct && !hidden(inner) && !slices.Contains(seen, inner) {
			out = append(out, structFields(inner, at, append(seen, t))...)
			continue
		}
		if name == "" {
			name = f.Name
		}
		out = append(out, structField{stripVersions(name), at})
	}
	return out
}

func (c structColumns) header() []string {
	names := make([]string, len(c.fields))
	for i, f := range c.fields {
		names[i] = f.name
	}
	return names
}

func (c structColumns) row(v reflect.Value, out []field) {
	if !v.IsValid() || v.Type() != c.typ {
		return
	}
	for i, f := range c.fields {
		if x, err := v.FieldByIndexErr(f.index); err == nil {
			out[i] = fieldOf(x)
		}
	}
}

type mapColumns struct {
	names []string
	at    map[string]int
}

func newMapColumns(rows []reflect.Value) mapColumns {
	c := mapColumns{at: map[string]int{}}
	for _, r := range rows {
		if r = concrete(r); r.Kind() != reflect.Map {
			continue
		}
		for _, e := range entries(r) {
			if _, ok := c.at[e.text]; !ok {
				c.at[e.text] = 0
				c.names = append(c.names, e.text)
			}
		}
	}
	slices.Sort(c.names)
	for i, n := range c.names {
		c.at[n] = i
	}
	return c
}

func (c mapColumns) header() []string { return c.names }

func (c mapColumns) row(v reflect.Value, out []field) {
	if v.Kind() != reflect.Map {
		return
	}
	for _, e := range entries(v) {
		if i, ok := c.at[e.text]; ok {
			out[i] = fieldOf(e.value)
		}
	}
}

// listColumns are rows that are slices. With parse, strings that are numbers count as numbers.
type listColumns struct {
	names []string
	parse bool
}

func (c listColumns) header() []string { return c.names }

func (c listColumns) row(v reflect.Value, out []field) {
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return
	}
	for i := range min(v.Len(), len(out)) {
		out[i] = fieldOf(v.Index(i))
		if c.parse && out[i].html == "" {
			_, err := strconv.ParseFloat(out[i].text, 64)
			out[i].number = err == nil
		}
	}
}

// headerOf takes the first row of a slice of slices of strings as the header, as wide as the widest row.
func headerOf(v reflect.Value) columns {
	width := 0
	for i := range v.Len() {
		width = max(width, v.Index(i).Len())
	}
	names := make([]string, width)
	for i := range v.Index(0).Len() {
		names[i] = fieldOf(v.Index(0).Index(i)).text
	}
	return listColumns{names: names, parse: true}
}

// valueColumn is the one column of what has no parts.
type valueColumn struct{}

func (valueColumn) header() []string { return []string{"value"} }

func (valueColumn) row(v reflect.Value, out []field) { out[0] = fieldOf(v) }

func isStrings(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.String
}
