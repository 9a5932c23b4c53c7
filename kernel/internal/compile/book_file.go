package compile

import (
	"context"
	"fmt"
	"go/format"
	"go/types"
	"maps"
	"slices"
	"sort"
	"strings"

	"interleave/kernel/internal/cell"
)

// Files are a book as a program.
type Files struct {
	Main    []byte
	Tests   map[int][]byte // by the number of the cell; 0 is for tests of ordinary cells
	Imports []string       // paths
	Faults  []string       // why it does not compile, in the words of the checker: a fault of ours
}

// terminal is the function of package display that shows things without a notebook.
const terminal = "InTerminal"

// Write writes the notebook. The header is a comment for the top of the main file.
func (b *Book) Write(ctx context.Context, header string) (files *Files, err error) {
	defer rescue(&err)
	if files, err = b.write(ctx, header, true); err != nil || len(files.Faults) == 0 {
		return files, err
	}
	// What nothing uses may rest on what a later cell has declared as something else.
	if used, err := b.write(ctx, header, false); err != nil || len(used.Faults) == 0 {
		return used, err
	}
	return files, nil
}

// write is Write with or without what the notebook has declared and not used.
func (b *Book) write(ctx context.Context, header string, unused bool) (*Files, error) {
	w := &bookWriter{bookPlan: b.plan(unused), ctx: ctx, names: b.c.importNames(), known: map[int]map[*edition]bool{},
		funcs: map[int]string{}, inits: map[*Decl]string{}}
	w.names.taken = w.taken
	w.names.other = func(path, wanted string) string { return w.free(longName(path, wanted), 0) }
	for i, c := range b.cells {
		if c.checked == nil {
			continue
		}
		w.blanks = append(w.blanks, slices.DeleteFunc(slices.Clone(c.checked.blanks), func(p string) bool { return p == plotSupport })...)
		w.shows = w.shows || slices.ContainsFunc(w.uses[c], func(u bookUse) bool {
			return u.edition == nil && (u.ref.kind == refDisplay || strings.HasPrefix(u.ref.name, "interleave/"))
		})
		if c.own {
			w.funcs[i] = w.free("cell"+fmt.Sprint(c.Number), 0)
		}
		for n, d := range c.checked.inits() {
			w.inits[d] = w.free("initCell"+fmt.Sprint(c.Number), n)
		}
	}
	parts := []filePart{{0, w.mainText()}}
	tests := w.testTexts()
	for _, n := range slices.Sorted(maps.Keys(tests)) {
		parts = append(parts, filePart{n, tests[n]})
	}
	return w.finish(header, parts)
}

// filePart is a file without its package clause and imports: the main one is first, the others are tests.
type filePart struct {
	number int
	text   string
}

// mainText is the main file without imports.
func (w *bookWriter) mainText() string {
	decls := w.declarations()
	main, own := w.main()
	if w.mainIsMain() {
		if main != "" { // notes on cells that are not there
			decls += "\n" + strings.TrimSpace(main) + "\n"
		}
		return decls
	}
	start := ""
	if slices.ContainsFunc(w.names.list, func(im importName) bool { return strings.HasPrefix(im.path, DisplayPath) }) {
		start = "\n" + w.names.name(DisplayPath, "") + "." + terminal + "()\n"
	}
	return decls + "\nfunc main() {" + start + main + "}\n" + own + w.helpers()
}

// declarations are the pieces of the main file, below the names of their cells.
func (w *bookWriter) declarations() string {
	var b strings.Builder
	last := -1
	for _, p := range w.pieces(false) {
		if p.cell != last {
			last = p.cell
			fmt.Fprintf(&b, "\n// Cell %d\n", w.b.cells[p.cell].Number)
		}
		b.WriteString("\n" + p.text + "\n")
	}
	return b.String()
}

// main is the text of func main, and the functions of the cells that have one of their own.
func (w *bookWriter) main() (main, own string) {
	var b strings.Builder
	var headings []string // of cells that have nothing in main
	for i, c := range w.b.cells {
		if c.test {
			continue
		}
		text := w.cellText(i)
		headings = append(headings, c.Headings...)
		if text == "" && len(c.Notes) == 0 {
			continue
		}
		b.WriteString("\n" + comment(headings))
		if len(headings) > 0 {
			b.WriteString("\n")
		}
		headings = nil
		if !c.own || len(c.Notes) > 0 {
			b.WriteString(comment(append([]string{fmt.Sprintf("Cell %d", c.Number)}, c.Notes...)))
		}
		switch {
		case text == "":
		case c.own:
			b.WriteString(w.call(i))
			own += fmt.Sprintf("\n// %s runs cell %d.\nfunc %s() {\n%s\n}\n", w.funcs[i], c.Number, w.funcs[i], text)
		case strings.HasPrefix(text, "//"):
			b.WriteString("\n" + text + "\n")
		default:
			b.WriteString(text + "\n")
		}
	}
	return b.String(), own
}

// cellText is what runs for a cell. Where the notebook's main is the program's, nothing but that runs.
func (w *bookWriter) cellText(i int) string {
	c := w.b.cells[i]
	text := ""
	if c.checked != nil && !w.mainIsMain() {
		text = w.statements(i).write()
	}
	if c.call && !w.mainIsMain() {
		text = strings.TrimSpace(text + "\n" + w.b.of[c.after]["main"].final + "()")
	}
	return text
}

// call runs the function of a cell.
func (w *bookWriter) call(i int) string {
	c := w.b.cells[i]
	if !c.MayFail {
		return w.funcs[i] + "()\n"
	}
	if w.try == "" {
		w.try = w.free("mayFail", 0)
	}
	return fmt.Sprintf("%s(%q, %s)\n", w.try, fmt.Sprintf("cell %d", c.Number), w.funcs[i])
}

// helpers are the functions that the program needs besides those of the notebook.
func (w *bookWriter) helpers() string {
	out := ""
	if w.show != "" {
		out += fmt.Sprintf(`
// %s prints the results of a cell. A nil at the end is the error that did not happen.
func %s(values ...any) {
	for len(values) > 0 && values[len(values)-1] == nil {
		values = values[:len(values)-1]
	}
	if len(values) > 0 {
		%s.Println(values...)
	}
}
`, w.show, w.show, w.names.name("fmt", ""))
	}
	if w.try != "" {
		out += fmt.Sprintf(`
// %s runs a cell that is tagged raises-exception: it may panic, and the program goes on.
func %s(name string, cell func()) {
	defer func() {
		if p := recover(); p != nil {
			%s.Fprintln(%s.Stderr, name+" panicked, as its tag says:", p)
		}
	}()
	cell()
}
`, w.try, w.try, w.names.name("fmt", ""), w.names.name("os", ""))
	}
	return out
}

// testTexts are the files of tests, without imports.
func (w *bookWriter) testTexts() map[int]string {
	texts := map[int]*strings.Builder{}
	of := func(number int) *strings.Builder {
		if texts[number] == nil {
			texts[number] = &strings.Builder{}
		}
		return texts[number]
	}
	for _, p := range w.pieces(true) {
		c := w.b.cells[p.cell]
		number := 0
		if c.test {
			number = c.Number
		}
		fmt.Fprintf(of(number), "\n%s\n", p.text)
	}
	for i, c := range w.b.cells {
		if !c.test || c.checked == nil {
			continue
		}
		if text := w.statements(i).write(); text != "" {
			fmt.Fprintf(of(c.Number), "\nfunc init() {\n%s\n}\n", text)
		}
	}
	out := map[int]string{}
	for n, b := range texts {
		out[n] = b.String()
	}
	return out
}

// comment makes lines of a comment of texts that may have several lines.
func comment(texts []string) string {
	var b strings.Builder
	for _, t := range texts {
		for line := range strings.Lines(t) {
			b.WriteString(strings.TrimRight("// "+strings.TrimSpace(line), " ") + "\n")
		}
	}
	return b.String()
}

// finish checks all files together, uses variables that nothing uses, and puts the imports on top of each.
func (w *bookWriter) finish(header string, parts []filePart) (*Files, error) {
	f := &Files{Tests: map[int][]byte{}}
	for tries := 0; ; tries++ {
		v, starts, err := w.checkParts(parts)
		if err != nil {
			return nil, err
		}
		changed := false
		if tries < 5 {
			parts, changed = useUnused(v, starts, parts)
		}
		if changed {
			continue
		}
		for _, e := range v.errs {
			at := v.tokens.Position(e.pos)
			f.Faults = append(f.Faults, fmt.Sprintf("%s (near %q)", e.message, textOfLine(v.src.buf.String(), at.Line)))
		}
		used := importsOf(v, starts)
		for i, p := range parts {
			text := "package main\n\n" + w.clauses(used[i], i == 0) + p.text
			if i == 0 {
				text = header + text
			}
			formatted, err := format.Source([]byte(text))
			if err != nil {
				return nil, fmt.Errorf("format the program: %w", err)
			}
			if i == 0 {
				f.Main = formatted
			} else {
				f.Tests[p.number] = formatted
			}
			for path := range used[i] {
				f.Imports = append(f.Imports, path)
			}
		}
		f.Imports = append(f.Imports, w.blanks...)
		slices.Sort(f.Imports)
		f.Imports = slices.Compact(f.Imports)
		return f, nil
	}
}

func textOfLine(text string, n int) string {
	line := strings.Split(text, "\n")
	if n < 1 || n > len(line) {
		return ""
	}
	return strings.TrimSpace(line[n-1])
}

// checkParts checks the files as one; starts are the offsets where they begin.
func (w *bookWriter) checkParts(parts []filePart) (v *view, starts []int, err error) {
	src := &source{}
	src.gen("package main\n")
	for _, im := range w.names.list {
		src.gen(fmt.Sprintf("import %s %q\n", im.name, im.path))
	}
	for _, p := range parts {
		starts = append(starts, src.buf.Len())
		src.gen(p.text)
	}
	v, err = w.b.c.check(w.ctx, src)
	if err != nil {
		err = fmt.Errorf("check the program: %w\n%s", err, src.buf.String())
	}
	return v, starts, err
}

// useUnused adds uses of variables that nothing uses: notebooks declare more than they use.
func useUnused(v *view, starts []int, parts []filePart) (out []filePart, changed bool) {
	inserts, atDefault := map[int][]string{}, map[int]bool{}
	for _, e := range v.errs {
		name, unused := e.unused()
		if !unused {
			continue
		}
		if pos, ok := v.afterDeclaration(e.pos); ok {
			at := v.tokens.Offset(pos)
			if v.empty[pos] && inserts[at] == nil {
				inserts[at] = []string{"default:"}
				atDefault[at] = true
			}
			inserts[at] = append(inserts[at], "_ = "+name)
		}
	}
	if len(inserts) == 0 {
		return parts, false
	}
	text := v.src.buf.String()
	out = slices.Clone(parts)
	for i := range out {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		var edits []edit
		for at, lines := range inserts {
			if at < starts[i] || at >= end {
				continue
			}
			with := "; " + strings.Join(lines, "; ") + "; "
			if atDefault[at] {
				with = lines[0] + " " + strings.Join(lines[1:], "; ") + "; "
			}
			if rest, _, _ := strings.Cut(text[at:end], "\n"); strings.TrimSpace(rest) == "" || strings.HasPrefix(strings.TrimSpace(rest), "//") {
				at += len(rest)
				with = "\n" + strings.Join(lines, "\n")
			}
			edits = append(edits, edit{at, at, with})
		}
		out[i].text = edited(text, starts[i], end, edits)
	}
	return out, true
}

// importsOf lists which imports each file uses, by path, with the names they have there.
func importsOf(v *view, starts []int) []map[string][]string {
	out := make([]map[string][]string, len(starts))
	for i := range out {
		out[i] = map[string][]string{}
	}
	for id, obj := range v.info.Uses {
		p, ok := obj.(*types.PkgName)
		if !ok {
			continue
		}
		i := sort.SearchInts(starts, v.tokens.Offset(id.Pos())+1) - 1
		if i < 0 {
			continue
		}
		path := p.Imported().Path()
		if !slices.Contains(out[i][path], id.Name) {
			out[i][path] = append(out[i][path], id.Name)
		}
	}
	return out
}

// clauses are the imports of a file: those of the standard library, then the others.
func (w *bookWriter) clauses(used map[string][]string, isMain bool) string {
	var list []importName
	for path, names := range used {
		for _, n := range names {
			list = append(list, importName{path, "", n})
		}
	}
	if isMain {
		blanks := slices.Clone(w.blanks)
		if used[DisplayPath] != nil && slices.ContainsFunc(slices.Collect(maps.Keys(used)), drawsPlots) {
			blanks = append(blanks, plotSupport)
		}
		for _, p := range blanks {
			if !slices.ContainsFunc(list, func(im importName) bool { return im.path == p }) {
				list = append(list, importName{p, "", "_"})
			}
		}
		w.blanks = blanks
	}
	return w.b.c.importClauses(list)
}

// importClauses writes imports as a person does: sorted, the standard library first, names where they say something.
func (c *Checker) importClauses(list []importName) string {
	if len(list) == 0 {
		return ""
	}
	slices.SortFunc(list, func(a, b importName) int { return strings.Compare(a.path+"\x00"+a.name, b.path+"\x00"+b.name) })
	var std, others []string
	for _, im := range list {
		line := fmt.Sprintf("%q", im.path)
		if name, err := c.importName(im.path); err != nil || name != im.name {
			line = im.name + " " + line
		}
		first, _, _ := strings.Cut(im.path, "/")
		if strings.Contains(first, ".") || first == "interleave" {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	if len(list) == 1 {
		return "import " + strings.Join(append(std, others...), "") + "\n"
	}
	text := "import (\n" + strings.Join(std, "\n")
	if len(std) > 0 && len(others) > 0 {
		text += "\n\n"
	}
	return text + strings.Join(others, "\n") + "\n)\n"
}

// WriteProgram is the cell of a %%program as a file. Its imports are returned, too.
func (b *Book) WriteProgram(ctx context.Context, syn *cell.Syntax, header string) (text []byte, imports []string, diags []Diagnostic, err error) {
	p, diags, err := b.c.Program(ctx, b.st, syn, MainForm)
	if err != nil || len(diags) > 0 {
		return nil, nil, diags, err
	}
	var lines []string
	var list []importName
	inHeader := true
	for line := range strings.SplitSeq(string(p.Source), "\n") {
		var name, path string
		switch {
		case strings.HasPrefix(line, "//line "):
			continue
		case inHeader && strings.HasPrefix(line, "package "):
			continue
		case inHeader && isImport(line, &name, &path):
			list = append(list, importName{path, "", name})
			imports = append(imports, path)
			continue
		}
		inHeader = inHeader && strings.TrimSpace(line) == ""
		lines = append(lines, line)
	}
	text, err = format.Source([]byte(header + "package main\n\n" + b.c.importClauses(list) + strings.Join(lines, "\n")))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("format the program: %w", err)
	}
	return text, imports, nil, nil
}

func isImport(line string, name, path *string) bool {
	n, err := fmt.Sscanf(line, "import %s %q", name, path)
	return err == nil && n == 2
}
