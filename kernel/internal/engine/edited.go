package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
)

// takeEdited has the cell, and those to come, use local packages as they are on disk now. What cannot be loaded again stays as it is loaded,
// and a note says why, once.
func (r *run) takeEdited() *session.Fault {
	if r.cell.Silent || !r.e.builder.Changed() {
		return nil
	}
	type result struct {
		edited   *link.Edited
		replaced *compile.Replaced
		err      error
	}
	got, fault := aside(r, "compiling packages that were edited", func() (res result) {
		if res.edited, res.err = r.e.builder.Edit(r.ctx); res.edited != nil && res.err == nil {
			res.replaced, res.err = r.e.checker.Replace(r.ctx, r.e.snapshot(), res.edited.Next)
		}
		return res
	})
	switch {
	case fault != nil:
		return fault
	case got.err != nil:
		r.sayOnce(keptText(got.err))
	case got.edited == nil:
	case len(got.replaced.Holders) > 0:
		r.sayOnce(heldText(got.edited.Changed, got.replaced.Holders))
	default:
		r.e.builder.Adopt(got.edited)
		r.e.mu.Lock()
		r.e.state, r.e.stale = got.replaced.State, ""
		r.e.mu.Unlock()
		text := strings.Join(got.edited.Changed, ", ") + " has changed on disk: the new code is used from here on"
		if len(got.edited.Anew) > 0 {
			text += "; the package variables of " + strings.Join(got.edited.Anew, ", ") + " start with their initial values"
		}
		for _, n := range slices.Concat([]string{text}, got.replaced.Notes) {
			r.out.Stream("stderr", []byte("note: "+r.e.cells.Told(n)+"\n"))
		}
	}
	return nil
}

// keptText says why packages stay as they are loaded.
func keptText(err error) string {
	var refused *link.PackageError
	if errors.As(err, &refused) {
		return "a package that was edited does not compile, and the code of before stays in use:\n" + strings.TrimRight(refused.Text, "\n")
	}
	return err.Error()
}

// heldText names the variables that keep packages as they are loaded.
func heldText(changed []string, holders []compile.Holder) string {
	var list, names []string
	for _, h := range holders {
		verb := "holds"
		if h.May {
			verb = "may hold"
		}
		list = append(list, fmt.Sprintf("%s %s a %s", h.Name, verb, h.Type))
		names = append(names, h.Name)
	}
	return fmt.Sprintf("%s has changed on disk, and the code of before stays in use, because %s: %%forget %s, or restart the kernel",
		strings.Join(changed, ", "), strings.Join(list, ", "), strings.Join(names, " "))
}

// sayOnce writes a note unless it was the last one of its kind.
func (r *run) sayOnce(note string) {
	r.e.mu.Lock()
	news := note != r.e.stale
	r.e.stale = note
	r.e.mu.Unlock()
	if news {
		r.out.Stream("stderr", []byte("note: "+note+"\n"))
	}
}
