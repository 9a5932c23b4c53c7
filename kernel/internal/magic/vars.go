package magic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
)

// forget removes names; what is declared otherwise stays.
func forget(ctx context.Context, h Host, args string) error {
	words, err := splitWords(strings.ReplaceAll(args, ",", " "))
	if err != nil {
		return fmt.Errorf("%%forget: %w", err)
	}
	if len(words) == 0 {
		return errors.New("%forget takes names: %forget x y (%reset forgets everything)")
	}
	return h.Change(func(next *compile.State) error {
		for _, name := range words {
			if !next.Forget(name) {
				return fmt.Errorf("%%forget: there is no %s; nothing was forgotten", name)
			}
		}
		return nil
	})
}

// reset forgets everything, and tries again to open a kernel that could not be opened.
func reset(_ context.Context, h Host, args string) error {
	if err := none("%reset", args); err != nil {
		return err
	}
	if h.Kernel().IsOpen() {
		return h.Kernel().Reset()
	}
	if h.Kernel().Reopen() {
		notes(h.Out(), []string{"Go is prepared once more; the next cell waits for it"})
	}
	return nil
}

// vars lists variables.
func vars(ctx context.Context, h Host, args string) error {
	names, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%vars: %w", err)
	}
	s := h.State()
	for _, n := range names {
		if s.Vars[n] == nil {
			return fmt.Errorf("%%vars: there is no variable %s%s", n, whyLost(s, n))
		}
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(s.Vars))
	}
	if len(names) == 0 {
		h.Out().Stream("stdout", []byte("no variables\n"))
		return nil
	}
	items, fault := inventory(ctx, h, names)
	if fault != nil && fault.Name != "CompileError" { // without values the list is still of use
		return &faults.Error{Fault: fault}
	}
	rows := [][]string{{"name", "type", "size", "value"}}
	for i, n := range names {
		row := []string{n, clip(s.Vars[n].TypeString(), 40), "", ""}
		if i < len(items) {
			row[2], row[3] = items[i].Size, compile.Plain(items[i].Value)
		}
		rows = append(rows, row)
	}
	h.Out().Stream("stdout", []byte(columns(rows)))
	return nil
}

func whyLost(s *compile.State, name string) string {
	if why := s.Lost[name]; why != "" {
		return " (" + why + ")"
	}
	return ""
}

// who lists all names, by kind.
func who(ctx context.Context, h Host, args string) error {
	if err := none("%who", args); err != nil {
		return err
	}
	s := h.State()
	kinds := map[compile.Kind]string{compile.ConstKind: "constants", compile.TypeKind: "types", compile.FuncKind: "functions"}
	groups := map[string][]string{"variables": slices.Collect(maps.Keys(s.Vars)), "imports": slices.Collect(maps.Keys(s.Imports))}
	for n, d := range s.Decls {
		groups[kinds[d.Kind]] = append(groups[kinds[d.Kind]], n)
	}
	var rows [][]string
	for _, g := range []string{"variables", "functions", "types", "constants", "imports"} {
		if names := groups[g]; len(names) > 0 {
			slices.Sort(names)
			rows = append(rows, []string{g, strings.Join(names, " ")})
		}
	}
	if names := s.NotReady(); len(names) > 0 {
		rows = append(rows, []string{"not ready", strings.Join(names, " ")})
	}
	h.Out().Stream("stdout", []byte(columns(rows)))
	return nil
}

// item is what package inventory says of a variable.
type item struct{ Size, Value string }

// inventory asks the worker for the sizes and values of variables, by a cell nobody sees and the state never learns of.
func inventory(ctx context.Context, h Host, names []string) ([]item, *session.Fault) {
	var b strings.Builder
	b.WriteString("import interleaveInventory \"interleave/kernel/internal/inventory\"\ninterleaveInventory.Of(")
	for _, n := range names {
		b.WriteString("&" + n + ", ")
	}
	b.WriteString(")\n")
	text := cell.NewText(b.String())
	h.Cells().Remember(text, h.Cell().Count)
	syn, fault := h.Parse(text, text.Source)
	if fault != nil {
		return nil, fault
	}
	unit, fault := h.Check(syn)
	if fault != nil {
		return nil, fault
	}
	plugin, fault := h.Build(unit)
	if fault != nil {
		return nil, fault
	}
	result, fault := h.Value(plugin)
	if fault != nil {
		return nil, fault
	}
	var items []item
	said, _ := result.Data["text/plain"].(json.RawMessage)
	var list string
	if json.Unmarshal(said, &list) != nil || json.Unmarshal([]byte(list), &items) != nil {
		h.Cells().Log.Warn("inventory", "result", string(said))
		return nil, nil
	}
	return items, nil
}

// columns sets rows in columns, the last one ragged.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, c := range row {
			line += c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// clip cuts a text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
