package display

import (
	"strings"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// Bundle is the rule by which the values of a cell's last expression are shown; see the package doc. It
// reports false when there is nothing to show: no values, nothing but nil, or an empty [Data]. It shows
// nothing itself.
func Bundle(values ...any) (Data, bool) {
	for len(values) > 1 && values[len(values)-1] == nil {
		values = values[:len(values)-1]
	}
	var rich Data
	renderable, nils := 0, 0
	for _, v := range values {
		if v == nil {
			nils++
		} else if d, ok := render(v); ok {
			rich = d
			renderable++
		}
	}
	switch {
	case nils == len(values):
		return Data{}, false
	case renderable == 1 && nils == len(values)-1:
		return rich, len(rich.Data) > 0
	case renderable == 0 && nils == len(values)-1:
		for _, v := range values {
			if d, ok := autoTable(v); v != nil && ok {
				return d, true
			}
		}
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = plain(v)
	}
	return Data{Data: MIMEMap{MIMETypeText: strings.Join(texts, " ")}}, true
}

// Result shows the values of a cell's last expression. The code that the kernel generates calls it; cells
// have no need to. What cannot be shown is an error of the cell; in a program of its own, text that says why. It is not inlined,
// because %%escape would show that.
//
//go:noinline
func Result(values ...any) {
	var why string
	stage.Show(func() {
		d, ok := Bundle(values...)
		if !ok {
			return
		}
		if why = failureOf(d); why != "" && stage.Hosted() {
			return
		}
		if err := send(events.Result, d); err != nil && why == "" {
			why = err.Error()
			if !stage.Hosted() {
				_ = send(events.Result, complain("Result", err)) // a second refusal has nowhere to go
			}
		}
	})
	if why != "" && stage.Hosted() {
		panic(unshown(why))
	}
}

// unshown is what a cell panics with whose value cannot be shown. The kernel knows it by the name of its type.
type unshown string

func (u unshown) Error() string { return string(u) }

// plain is the text of a value, for a bundle its own text/plain.
func plain(v any) string {
	if d, ok := v.(Data); ok {
		if s, ok := d.Data[MIMETypeText].(string); ok {
			return s
		}
	}
	return text(v)
}
