package display

import (
	"fmt"
	"reflect"
	"unicode/utf8"
)

// firstRows is how many rows of a value are shown that becomes a table by itself.
const firstRows = 20

// autoTable is the table of a value that reads better as one: a slice of structs or of maps, rows of strings, the rows of a
// database query. ok is false for all other values.
func autoTable(v any) (d Data, ok bool) {
	if rows, is := v.(sqlRows); is {
		d, err := sqlTable(rows)
		if err != nil {
			return chartFault(v, err), true
		}
		return d, true
	}
	r := reflect.ValueOf(v)
	if (r.Kind() != reflect.Slice && r.Kind() != reflect.Array) || r.Len() == 0 || !tabular(r.Type().Elem()) {
		return Data{}, false
	}
	if _, says := methodText(r); says {
		return Data{}, false
	}
	t := &table{most: firstRows}
	if isStrings(r.Type().Elem()) && !hasHeader(r) {
		t.plain = true
	}
	if err := t.read(v); err != nil || len(t.header) == 0 {
		return Data{}, false
	}
	return t.data(), true
}

// tabular reports whether elements of a type are rows: structs and maps that do not show themselves in another way, and
// rows of strings.
func tabular(t reflect.Type) bool {
	if isStrings(t) {
		return t.NumMethod() == 0
	}
	if t.Kind() == reflect.Map {
		return t.Key().Kind() == reflect.String && t.NumMethod() == 0
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t.NumField() > 0 && !showsItself(t) && !hidden(t)
}

// showsItself reports whether a type, or pointers to it, have a method that says how its values are shown.
func showsItself(t reflect.Type) bool {
	for _, method := range []string{"String", "Error", "Format"} {
		if _, ok := reflect.PointerTo(t).MethodByName(method); ok {
			return true
		}
	}
	return false
}

// hidden reports whether a struct is one value to its users, not fields: a time.Time, a sync.Mutex.
func hidden(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return false
		}
	}
	return showsItself(t) || t.PkgPath() == "sync" || t.PkgPath() == "sync/atomic"
}

// hasHeader reports whether the first of several rows of strings names the columns: its words are there and differ.
func hasHeader(r reflect.Value) bool {
	if r.Len() < 2 {
		return false
	}
	first := r.Index(0)
	seen := map[string]bool{}
	for i := range first.Len() {
		s := first.Index(i).String()
		if s == "" || seen[s] {
			return false
		}
		seen[s] = true
	}
	return first.Len() > 0
}

// sqlRows is what *sql.Rows is, for this package does not import database/sql.
type sqlRows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}

// countedRows is how many rows of a query are counted beyond those shown.
const countedRows = 100_000

// sqlTable reads the rows of a query, shows the first ones, and closes them. A value that is null stays empty.
func sqlTable(rows sqlRows) (Data, error) {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return Data{}, err
	}
	t := &table{header: names}
	for rows.Next() && t.total < countedRows {
		if t.total++; t.total > firstRows {
			continue
		}
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return Data{}, err
		}
		row := make([]field, len(names))
		for i, v := range values {
			if b, is := v.([]byte); is && utf8.Valid(b) {
				v = string(b)
			}
			row[i] = fieldOf(reflect.ValueOf(v))
		}
		t.rows = append(t.rows, row)
	}
	if err := rows.Err(); err != nil {
		return Data{}, fmt.Errorf("read rows: %w", err)
	}
	t.gap = t.total - len(t.rows)
	t.gapAt = len(t.rows)
	t.narrow()
	return t.data(), nil
}
