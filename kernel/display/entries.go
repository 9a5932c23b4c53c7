package display

import (
	"cmp"
	"reflect"
	"slices"
)

// entry is one key of a map with its value.
type entry struct {
	key, value reflect.Value
	text       string // of the key, when it has no order of its own
}

// sortLimit is the largest map that is sorted; a larger one is shown in part anyway.
const sortLimit = 100_000

// entries returns the entries of a map, sorted by key: numbers by size, everything else by its text. Of a map
// beyond sortLimit it returns that many, as they come.
func entries(v reflect.Value) []entry {
	out := make([]entry, 0, min(v.Len(), sortLimit))
	p := &printer{}
	for it := v.MapRange(); it.Next() && len(out) < sortLimit; {
		e := entry{key: it.Key(), value: it.Value()}
		for e.key.Kind() == reflect.Interface && !e.key.IsNil() {
			e.key = e.key.Elem()
		}
		if e.key.Kind() == reflect.String {
			e.text = e.key.String()
		} else {
			e.text, _ = p.oneLine(e.key, lineLimit, false)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key.Kind(), b.key.Kind()), compareNumbers(a.key, b.key), cmp.Compare(a.text, b.text))
	})
	return out
}

func compareNumbers(a, b reflect.Value) int {
	switch {
	case a.CanInt() && b.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint() && b.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat() && b.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	return 0
}
