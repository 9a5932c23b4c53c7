package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"interleave/kernel/internal/cell"
)

// Sketch is a notebook and a cell that somebody is typing, as two files of an ordinary package, for tools that read
// such. Every name is the user's own, and of the notebook's functions there are the signatures only. The cell need
// not be complete: its statements stand in a function, its declarations before it, and brackets are closed.
type Sketch struct {
	Live string // the notebook's declarations and variables
	Cell string
	src  *source
}

// Sketch writes a cell whose directives are blanked out in code, as Go text that the offset cursor lies in. imports
// are the paths to import beside those in force, by name: what was found for qualifiers that are not declared. Paths
// in keep are imported in any case, so that they need not be read again. Of a notebook that has declared much the
// sketch has what the cell may mean, as those who read it read all of it for each letter that is typed.
func (c *Checker) Sketch(st *State, code string, cursor int, imports map[string]string, keep []string) *Sketch {
	w := &sketcher{
		c: c, names: c.importNames(), st: st, code: code, parts: cell.Outline(code), own: map[string]bool{}, methods: map[string]bool{},
	}
	w.readCell(cursor)
	w.choose(cursor)
	return w.write(cursor, imports, keep)
}

// sketcher writes one sketch.
type sketcher struct {
	c       *Checker
	names   *importNames
	st      *State
	code    string
	parts   []cell.Part
	own     map[string]bool // what the cell declares at package level in the sketch
	methods map[string]bool // likewise, "T.M"
	imports []cell.Import   // of the cell
	hoist   bool            // functions of the cell may use its variables
	only    map[string]bool // the names of the notebook that are written; nil: all
}

// small is how many names a notebook may have declared that are all written.
const small = 200

// choose finds the names that the cell may mean, of many: those it has, those that the word at the cursor may become,
// and what these rest on.
func (w *sketcher) choose(cursor int) {
	if len(w.st.Decls)+len(w.st.Vars) <= small {
		return
	}
	word := wordBefore(w.code, cursor)
	qualified := strings.HasSuffix(strings.TrimRight(w.code[:cursor-len(word)], " \t\n"), ".")
	if word == "" && !qualified {
		return // it may become anything
	}
	var roots []string
	cell.Identifiers(w.code, func(name string) { roots = append(roots, name) })
	if !qualified {
		for name := range w.st.Decls {
			if mayBecome(word, name) {
				roots = append(roots, name)
			}
		}
		for name := range w.st.Vars {
			if mayBecome(word, name) {
				roots = append(roots, name)
			}
		}
	}
	for name := range w.own { // methods that earlier cells gave to a type of the cell
		roots = append(roots, w.st.refsOf(name, false)...)
	}
	w.only = map[string]bool{}
	for _, name := range w.st.closure(roots, false) {
		w.only[name] = true
	}
}

// wordBefore is the part of a name that stands before an offset.
func wordBefore(code string, offset int) string {
	return code[len(strings.TrimRightFunc(code[:offset], func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) })):offset]
}

// mayBecome reports whether a name has the letters of a word in their order, in whatever case: so gopls matches names.
func mayBecome(word, name string) bool {
	letters := []rune(strings.ToLower(word))
	for _, r := range strings.ToLower(name) {
		if len(letters) > 0 && letters[0] == r {
			letters = letters[1:]
		}
	}
	return len(letters) == 0
}

// written reports whether the sketch has a name of the notebook.
func (w *sketcher) written(name string) bool { return w.only == nil || w.only[name] }

// readCell finds out what the cell declares.
func (w *sketcher) readCell(cursor int) {
	for _, p := range w.parts {
		if p.Kind == cell.FuncPart {
			w.hoist = true
		}
	}
	for _, p := range w.parts {
		typed := p.Start <= cursor && cursor <= p.End
		switch p.Kind {
		case cell.ImportPart:
			if !typed {
				w.imports = append(w.imports, p.Imports...)
			}
		case cell.FuncPart:
			if p.Recv != "" {
				for _, n := range p.Names {
					w.methods[p.Recv+"."+n] = true
				}
				continue
			}
			w.declare(p)
		case cell.TypePart, cell.ConstPart:
			w.declare(p)
		case cell.VarPart:
			if w.hoist {
				w.declare(p)
			}
		case cell.DefinePart:
			if w.hoist && !typed {
				w.declare(p)
			}
		}
	}
}

func (w *sketcher) declare(p cell.Part) {
	for _, n := range p.Names {
		if n != "_" {
			w.own[n] = true
		}
	}
}

func (w *sketcher) write(cursor int, imports map[string]string, keep []string) *Sketch {
	force := map[string]string{}
	maps.Copy(force, imports)
	maps.Copy(force, w.st.Imports)
	var blank []string
	dots := slices.Clone(w.st.Dots)
	for _, im := range w.imports {
		path := w.c.Canonical(im.Path)
		switch im.Name {
		case "_":
			blank = append(blank, path)
		case ".":
			dots = append(dots, path)
		case "":
			name, err := w.c.importName(path)
			if err != nil { // a package that is not loaded yet: its name may be another
				name = path[strings.LastIndexByte(path, '/')+1:]
			}
			force[name] = path
		default:
			force[im.Name] = path
		}
	}
	for name := range force {
		if w.own[name] || w.st.Vars[name] != nil || w.st.Decls[name] != nil {
			blank = append(blank, force[name])
			delete(force, name)
		}
	}
	w.reserveLive()
	for _, name := range slices.Sorted(maps.Keys(force)) {
		w.names.list = append(w.names.list, importName{force[name], name, name})
	}
	live := w.live()
	file := w.cellFile(cursor)
	clauses := w.names.clauses()
	paths := map[string]bool{}
	for _, im := range w.names.list {
		paths[im.path] = true
	}
	for _, p := range slices.Sorted(slices.Values(dots)) {
		if !paths[p] {
			paths[p] = true
		}
		clauses += fmt.Sprintf("import . %q\n", p)
	}
	for _, p := range slices.Sorted(slices.Values(append(blank, keep...))) {
		if !paths[p] {
			paths[p] = true
			clauses += fmt.Sprintf("import _ %q\n", p)
		}
	}
	header := "package notebook\n" + clauses
	whole := file.with(header)
	return &Sketch{Live: header + live, Cell: whole.buf.String(), src: whole}
}

// reserveLive keeps aliases of imports from the names of declarations.
func (w *sketcher) reserveLive() {
	for n := range w.st.Decls {
		w.names.taken[n] = true
	}
	for n := range w.st.Vars {
		w.names.taken[n] = true
	}
	for n := range w.own {
		w.names.taken[n] = true
	}
}

// live writes the notebook's declarations but for those the cell has anew.
func (w *sketcher) live() string {
	src, n := &source{}, w.naming()
	done := map[*Decl]bool{}
	write := func(d *Decl) {
		if !done[d] {
			done[d] = true
			n.decl(src, d, "{ panic(0) }")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.st.Decls)) {
		if !w.own[name] && w.written(name) {
			write(w.st.Decls[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.st.Methods)) {
		if !w.own[name] && !w.written(name) {
			continue
		}
		for _, m := range w.st.Methods[name] {
			if m.Broken == "" && (w.st.Decls[name] != nil || w.own[name]) && !w.methods[name+"."+m.Names[0]] {
				write(m)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.st.Vars)) {
		if v := w.st.Vars[name]; !w.own[name] && w.written(name) {
			src.gen(docAbove(v.Text.Source, v.Offset))
			n.variable(src, name, v)
		}
	}
	if w.st.Vars["Display"] == nil && w.st.Decls["Display"] == nil && !w.own["Display"] {
		src.gen("var Display func(", n.qualifier(DisplayPath, ""), ".Data) error\n")
	}
	return src.buf.String()
}

// naming is that of the notebook's declarations. Constants that the cell has anew are blank.
func (w *sketcher) naming() *naming {
	n := w.names.naming()
	n.alive = func(d *Decl, name string) bool { return !w.own[name] && w.st.declaredBy(d, name) }
	n.doc = func(d *Decl) string {
		if d.Kind != TypeKind && d.Kind != ConstKind {
			return "" // it is within the span of a function
		}
		return docAbove(d.Text.Source, d.Start)
	}
	return n
}

// docAbove is the comment right above a declaration whose name or text begins at an offset.
func docAbove(text string, at int) string {
	line := strings.LastIndexByte(text[:at], '\n') + 1
	switch strings.TrimSpace(text[line:at]) {
	case "", "type", "var", "const":
	default:
		return ""
	}
	from := line
	for from > 0 {
		above := strings.LastIndexByte(text[:from-1], '\n') + 1
		if !strings.HasPrefix(strings.TrimSpace(text[above:from]), "//") {
			break
		}
		from = above
	}
	return text[from:line]
}

// cellFile writes the cell: declarations, then a function with the statements.
func (w *sketcher) cellFile(cursor int) *source {
	src := &source{}
	text := &cell.Text{Source: w.code}
	rest := []byte(w.code)
	for _, p := range w.parts {
		switch {
		case p.Kind == cell.DefinePart:
			if w.hoist && !(p.Start <= cursor && cursor <= p.End) {
				statement := strings.TrimRight(w.code[p.Start:p.End], "; \t\r\n")
				_, value, _ := strings.Cut(statement, ":=")
				if cell.Closing(statement) == "" {
					src.gen("var ", strings.Join(p.Names, ", "), " = ", value, "\n")
				}
			}
			continue
		case p.Kind == cell.VarPart && !w.hoist:
			continue
		case p.Kind != cell.ImportPart && p.Kind != cell.PackagePart:
			src.copy(text, p.Start, p.End)
			src.gen(cell.Closing(w.code[p.Start:p.End]), "\n")
		}
		for i := p.Start; i < p.End; i++ {
			if rest[i] != '\n' {
				rest[i] = ' '
			}
		}
	}
	src.gen("func _() {\n")
	if len(rest) == 0 { // an empty cell has one offset too
		src.pieces = append(src.pieces, piece{src.buf.Len(), 0, 0, text})
	}
	src.copy(&cell.Text{Source: string(rest)}, 0, len(rest))
	src.gen("\n", cell.Closing(string(rest)), "\n}\n")
	return src
}

// Offset is where an offset of the cell lies in the file Cell.
func (s *Sketch) Offset(at int) int {
	for _, p := range s.src.pieces { // declarations come first
		if p.start <= at && at <= p.end {
			return p.at + at - p.start
		}
	}
	return len(s.Cell)
}

// Origin is where an offset of the file Cell lies in the cell; ok is false in what the sketch has added.
func (s *Sketch) Origin(offset int) (at int, ok bool) {
	_, at, ok = s.src.origin(offset)
	return at, ok
}
