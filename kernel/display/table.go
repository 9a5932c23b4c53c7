package display

import (
	"errors"
	"fmt"
	"reflect"
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
//   - a *sql.Rows: its rows are read and closed.
//
// Arrays count as slices. Columns of numbers are aligned at the right. Of more than 40 rows the first and the
// last 20 are shown, with the number of all. Text is escaped; a value with an HTML method is HTML. Anything else
// gives a Data that says what Table takes.
func Table(rows any) Data {
	if r, is := rows.(sqlRows); is && !isNilPointer(rows) {
		d, err := sqlTable(r)
		if err != nil {
			return complain("Table", err)
		}
		return d
	}
	t := &table{}
	if err := t.read(rows); err != nil {
		return complain("Table", err)
	}
	return t.data()
}

func (t *table) data() Data {
	return Data{Data: MIMEMap{MIMETypeHTML: t.html(), MIMETypeText: t.text()}}
}

// table is the part of a table that is shown.
type table struct {
	header []string
	rows   [][]field
	gap    int // rows left out before rows[gapAt]; 0 if all are shown
	gapAt  int
	total  int  // rows
	wide   int  // columns left out
	most   int  // so many of the first rows are shown; 0 for some of the first and the last
	plain  bool // the first row of strings is no header
}

// field is one value of a table.
type field struct {
	text   string
	html   string // if the value says that it is HTML
	number bool
}

var errTable = errors.New("want a slice of structs, of maps or of slices, or a map")

// read takes over what is shown of rows.
func (t *table) read(rows any) error {
	v := concrete(reflect.ValueOf(rows))
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
		if e := v.Type().Elem(); isStrings(e) && v.Len() > 0 && !t.plain {
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
			return fmt.Errorf("%w, got %s", errTable, typeName(rows))
		}
		t.fill(values, cols)
	default:
		return fmt.Errorf("%w, got %s", errTable, typeName(rows))
	}
	t.narrow()
	return nil
}

// pick returns which of n rows are shown.
func (t *table) pick(n int) []int {
	var out []int
	all, head, tail := tableRows, tableRows/2, tableRows/2
	if t.most > 0 {
		all, head, tail = t.most, t.most, 0
	}
	for i := range n {
		if n <= all || i < head || i >= n-tail {
			out = append(out, i)
		}
	}
	t.gap, t.gapAt = n-len(out), head
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
