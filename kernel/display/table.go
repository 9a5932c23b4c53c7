package display

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// A table larger than this is shown in part: its first and last rows, its first columns.
const (
	tableRows    = 40
	tableColumns = 40
	cellLimit    = 200 // characters
)

// Table shows a value as a table:
//
//   - a slice of structs, or of pointers to structs: a column for each field, headed by its name or by the
//     tag `display:"name"`; `display:"-"` leaves the field out. The fields of embedded structs are columns too.
//   - a slice of maps: a column for each key, sorted.
//   - a slice of slices of strings: the first row is the header.
//   - a slice of slices of anything else: the columns are numbered.
//   - a map: a row for each key, sorted; the columns are the key and the value, or the fields of the value.
//
// Arrays count as slices. Columns of numbers are aligned at the right. Of more than 40 rows the first and the
// last 20 are shown, with the number of all. Text is escaped; a value with an HTML method is HTML. Anything else
// gives a Data that says what Table takes.
func Table(rows any) Data {
	t, err := newTable(rows)
	if err != nil {
		return complain("Table", err)
	}
	return Data{Data: MIMEMap{MIMETypeHTML: t.html(), MIMETypeText: t.text()}}
}

// table is the part of a table that is shown.
type table struct {
	header []string
	rows   [][]field
	gap    int // rows left out before rows[len(rows)/2]; 0 if all are shown
	total  int // rows
	wide   int // columns left out
}

// field is one value of a table.
type field struct {
	text   string
	html   string // if the value says that it is HTML
	number bool
}

var errTable = errors.New("want a slice of structs, of maps or of slices, or a map")

func newTable(rows any) (*table, error) {
	v := concrete(reflect.ValueOf(rows))
	t := &table{}
	switch v.Kind() {
	case reflect.Map:
		es := entries(v)
		t.total = len(es)
		shown := t.pick(len(es))
		values := make([]reflect.Value, len(shown))
		for i, n := range shown {
			values[i] = es[n].value
		}
		cols := tableOf(v.Type().Elem(), values)
		if _, ok := cols.(mapColumns); ok || cols == nil {
			cols = valueColumn{}
		}
		t.fill(values, cols)
		t.header = append([]string{"key"}, t.header...)
		for i, n := range shown {
			t.rows[i] = append([]field{fieldOf(es[n].key)}, t.rows[i]...)
		}
	case reflect.Slice, reflect.Array:
		first := 0
		var cols columns
		if e := v.Type().Elem(); isStrings(e) && v.Len() > 0 {
			cols, first = headerOf(v), 1
		}
		t.total = v.Len() - first
		var values []reflect.Value
		for _, n := range t.pick(t.total) {
			values = append(values, v.Index(first+n))
		}
		if cols == nil {
			cols = tableOf(v.Type().Elem(), values)
		}
		if cols == nil {
			return nil, fmt.Errorf("%w, got %s", errTable, typeName(rows))
		}
		t.fill(values, cols)
	default:
		return nil, fmt.Errorf("%w, got %s", errTable, typeName(rows))
	}
	t.narrow()
	return t, nil
}

// pick returns which of n rows are shown.
func (t *table) pick(n int) []int {
	var out []int
	for i := range n {
		if n <= tableRows || i < tableRows/2 || i >= n-tableRows/2 {
			out = append(out, i)
		}
	}
	t.gap = n - len(out)
	return out
}

func (t *table) fill(values []reflect.Value, cols columns) {
	t.header = cols.header()
	for _, v := range values {
		row := make([]field, len(t.header))
		cols.row(concrete(v), row)
		t.rows = append(t.rows, row)
	}
}

// narrow leaves out columns beyond tableColumns.
func (t *table) narrow() {
	if len(t.header) <= tableColumns {
		return
	}
	t.wide = len(t.header) - tableColumns
	t.header = t.header[:tableColumns]
	for i := range t.rows {
		t.rows[i] = t.rows[i][:tableColumns]
	}
}

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
		if (&printer{}).foreign(t) {
			return nil // a time.Time is one value
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
		if f.Anonymous && !tagged && inner.Kind() == reflect.Struct && !(&printer{}).foreign(inner) && !slices.Contains(seen, inner) {
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

// concrete follows interfaces and pointers; nil becomes the zero Value.
func concrete(v reflect.Value) reflect.Value {
	for range 10 { // a pointer can point to itself
		if v.Kind() != reflect.Interface && v.Kind() != reflect.Pointer {
			return v
		}
		v = v.Elem()
	}
	return reflect.Value{}
}
