package compile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
)

// naming is how one file names what the notebook's text refers to. Views, units, programs, exported notebooks and
// sketches all write declarations by one: they differ in their names, not in how they are written.
type naming struct {
	symbol      func(name string) string         // a name of the notebook
	qualifier   func(path, wanted string) string // an imported package; wanted is what the text calls it, or ""
	predeclared func(name string) string         // a predeclared type; nil: by its own name
	alive       func(d *Decl, name string) bool  // a name still means the group of constants that declares it
	state       *State                           // says which revision of a package is meant; nil: the package itself
	doc         func(d *Decl) string             // the comment above a declaration; nil: none
	lines       bool                             // write //line directives
	embeds      bool                             // name embedded types too, though that renames the fields
}

// itself is the symbol of a name that the file has as it is.
func itself(name string) string { return name }

// generated is the naming of a generated file: the names of a state, and numbers for packages.
func (a *aliases) generated(st *State) *naming {
	numbered := func(path, _ string) string { return a.name(path) }
	return &naming{state: st, symbol: itself, qualifier: numbered, alive: st.declaredBy}
}

// declaredBy reports whether a name means a declaration.
func (s *State) declaredBy(d *Decl, name string) bool { return s.Decls[name] == d }

// fill is what stands for a reference that the notebook's text writes as text.
func (n *naming) fill(r ref, text string) string {
	switch r.kind {
	case refImport:
		return n.qualifier(n.loaded(r.name), text)
	case refDot:
		return n.qualifier(n.loaded(r.name), "") + "." + text
	case refDisplay:
		return n.qualifier(DisplayPath, "") + ".Display"
	case refUniverse:
		if n.predeclared != nil {
			return n.predeclared(r.name)
		}
		return r.name
	}
	return n.symbol(r.name)
}

// loaded is the path under which a package is loaded.
func (n *naming) loaded(path string) string {
	if n.state == nil {
		return path
	}
	return n.state.real(path)
}

// edits fill the holes of a declaration.
func (n *naming) edits(d *Decl) []edit {
	var out []edit
	for _, h := range d.holes {
		if h.embed && !n.embeds {
			continue // an alias of the natural name stands in the unit, and the field keeps its name
		}
		text := d.Text.Source[h.start:h.end]
		with := "_"
		if !d.declaresConst(h) || n.alive(d, h.ref.name) {
			with = n.fill(h.ref, text)
		}
		if with != text {
			out = append(out, edit{h.start, h.end, with})
		}
	}
	return out
}

// declaresConst reports whether a hole is where a group of constants declares one.
func (d *Decl) declaresConst(h hole) bool {
	return d.Kind == ConstKind && h.def && h.ref.kind == refName && slices.Contains(d.Names, h.ref.name)
}

// fillAll are the edits that fill the holes of a text which declares no constants.
func (n *naming) fillAll(holes []hole, t *cell.Text) []edit {
	var out []edit
	for _, h := range holes {
		if h.embed && !n.embeds {
			continue
		}
		text := t.Source[h.start:h.end]
		if with := n.fill(h.ref, text); with != text {
			out = append(out, edit{h.start, h.end, with})
		}
	}
	return out
}

func (n *naming) line(src *source, t *cell.Text, offset int) {
	if n.lines {
		line, _ := t.Position(offset)
		src.gen("\n", address.Directive(t.ID, line), "\n")
	} else {
		src.gen("\n")
	}
}

// endless is the body of a function whose own is left out: one that returns nothing, whatever the results are.
const endless = "{ for {} }"

// decl writes a declaration. A function has the body stub, unless that is "", which stands for its own.
func (n *naming) decl(src *source, d *Decl, stub string) {
	n.line(src, d.Text, d.Start)
	if n.doc != nil {
		src.gen(n.doc(d))
	}
	if d.Kind == TypeKind {
		src.gen("type ")
	}
	end := d.End
	if d.body > 0 && stub != "" {
		end = d.body
	}
	src.copyEdited(d.Text, d.Start, end, append(n.edits(d), d.fixes...))
	if end < d.End {
		src.gen(stub)
	}
	src.gen("\n")
}

// initFunc writes an init function of a cell as an ordinary one.
func (n *naming) initFunc(src *source, d *Decl, name string) {
	n.line(src, d.Text, d.Start)
	edits := slices.Concat(n.edits(d), d.fixes, []edit{{d.name, d.name + len("init"), name}})
	src.copyEdited(d.Text, d.Start, d.End, edits)
	src.gen("\n")
}

func (n *naming) variable(src *source, symbol string, v *Var) {
	src.gen("var ", symbol, " ", n.typ(v.typ), "\n")
}

func (n *naming) typ(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		switch {
		case p.ref == nil:
		case p.embed && !n.embeds:
			b.WriteString(p.ref.name) // as in edits
		case p.ref.kind == refImport:
			b.WriteString(n.fill(*p.ref, ""))
		default:
			b.WriteString(n.fill(*p.ref, p.ref.name))
		}
	}
	return b.String()
}

// declarations writes live names. Bodies of functions are written for those in full (nil: all).
func (n *naming) declarations(src *source, st *State, names []string, full func(*Decl) bool) {
	done := map[*Decl]bool{}
	emit := func(d *Decl) {
		if d != nil && !done[d] {
			done[d] = true
			stub := ""
			if full != nil && !full(d) {
				stub = endless
			}
			n.decl(src, d, stub)
		}
	}
	for _, name := range names {
		if v := st.Vars[name]; v != nil {
			n.variable(src, n.symbol(name), v)
			continue
		}
		emit(st.Decls[name])
		for _, m := range st.ready(name) {
			emit(m)
		}
	}
}

// signaturesOnly leaves out the bodies of all functions.
func signaturesOnly(*Decl) bool { return false }

// aliasMark begins the names of imported packages in generated text. It has two marks, which no symbol has.
const aliasMark = "p" + prime + prime

// aliases numbers the packages that one generated file imports.
type aliases struct{ paths []string }

func (a *aliases) name(path string) string {
	i := slices.Index(a.paths, path)
	if i < 0 {
		i = len(a.paths)
		a.paths = append(a.paths, path)
	}
	return aliasMark + strconv.Itoa(i+1)
}

func (a *aliases) clauses() string {
	var b strings.Builder
	for i, p := range a.paths {
		fmt.Fprintf(&b, "import %s%d %q\n", aliasMark, i+1, p)
	}
	return b.String()
}

// importNames gives imports the names that the user's text has, unless the file means something else by one.
type importNames struct {
	c      *Checker
	taken  map[string]bool // names the file declares
	hidden map[string]bool // names that statements give to variables: generated text has to do without them
	list   []importName
	other  func(path, wanted string) string // a name instead of one that means something else
}

// importName is an import. What is wanted is "" for generated text that cannot have the package's own name.
type importName struct{ path, wanted, name string }

func (c *Checker) importNames() *importNames {
	n := &importNames{c: c, taken: map[string]bool{}, hidden: map[string]bool{}}
	n.other = func(_, wanted string) string { return fmt.Sprintf("%s%s%s%d", wanted, prime, prime, len(n.list)+1) }
	return n
}

// naming is that of a file in which every name is the user's own.
func (n *importNames) naming() *naming {
	return &naming{symbol: itself, qualifier: n.name, embeds: true}
}

// name is what a package is called. Where the user's text has no word for it, wanted is "": it has its own name.
func (n *importNames) name(path, wanted string) string {
	if path == cgoPath {
		return wanted
	}
	name := wanted
	if wanted == "" {
		name, _ = n.c.importName(path) // it has been imported before
		if !n.hidden[name] {
			wanted = name
		}
	}
	free := !n.taken[name] && wanted != ""
	for _, im := range n.list {
		if im.path == path && im.wanted == wanted {
			return im.name
		}
		free = free && im.name != name
	}
	if !free {
		name = n.other(path, name)
	}
	n.list = append(n.list, importName{path, wanted, name})
	return name
}

func (n *importNames) paths() []string {
	var out []string
	for _, im := range n.list {
		out = append(out, im.path)
	}
	return out
}

func (n *importNames) clauses() string {
	var b strings.Builder
	for _, im := range n.list {
		fmt.Fprintf(&b, "import %s %q\n", im.name, im.path)
	}
	return b.String()
}
