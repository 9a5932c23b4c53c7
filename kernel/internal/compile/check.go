package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/revision"
)

// Diagnostic is one fault of the user's code at a place in a cell.
type Diagnostic struct {
	Text    *cell.Text
	Offset  int
	Message string
}

// Checker checks and compiles cells. It is safe for concurrent use.
type Checker struct {
	packages Packages
	importer *lockedImporter
	language Language
}

// Language is a version of Go's language, and what decides it.
type Language struct {
	Version string // "go1.26"
	By      string // the go.mod or go.work whose go line says so; "" when it is the toolchain's own
}

// NewChecker returns a checker for a language.
func NewChecker(p Packages, l Language) *Checker {
	return &Checker{packages: p, importer: newImporter(p), language: l}
}

// view is one checked source.
type view struct {
	ctx    context.Context
	src    *source
	file   *ast.File
	tokens *token.File
	pkg    *types.Package
	info   *types.Info
	errs   []viewError

	behind map[token.Pos]token.Pos // see afterDeclaration
	empty  map[token.Pos]bool      // starts of switches without cases

	selected *selectors // see there
}

// viewError is an error of the checker; text is nil when it lies in generated text.
type viewError struct {
	pos     token.Pos
	message string
	soft    bool
	text    *cell.Text
	offset  int
}

// unused reports whether an error is that of a local variable which nothing uses. The checker says it the other
// way round for the variable of a type switch.
func (e viewError) unused() (name string, ok bool) {
	const words = "declared and not used"
	if name, ok = strings.CutPrefix(e.message, words+": "); ok {
		return name, true
	}
	return strings.CutSuffix(e.message, " "+words)
}

// check parses and type-checks a source. Errors and imports are where the checker can be stopped.
func (c *Checker) check(ctx context.Context, src *source) (*view, error) {
	look(ctx)
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src.buf.String(), parser.SkipObjectResolution)
	if file == nil || err != nil {
		return nil, fmt.Errorf("generated source does not parse: %w", err)
	}
	v := &view{ctx: ctx, src: src, file: file, tokens: fset.File(file.FileStart), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	var conf types.Config
	conf = types.Config{
		GoVersion: c.language.Version, Importer: stoppable{ctx, c.importer}, Sizes: types.SizesFor("gc", runtime.GOARCH),
		DisableUnusedImportCheck: true,
		FakeImportC:              true, // what a program takes from C, only cgo knows; anything goes here
		Error: func(err error) {
			if ctx.Err() != nil {
				conf.Error = nil // without one, the checker ends at its next error
				return
			}
			if e, ok := err.(types.Error); ok {
				v.addError(e)
			}
		},
	}
	v.pkg, _ = conf.Check("notebook", fset, []*ast.File{file}, v.info)
	look(ctx)
	for i, e := range v.errs {
		v.errs[i].message = c.language.cure(v.newer(e))
	}
	return v, nil
}

// stoppable is an importer that looks at a context.
type stoppable struct {
	ctx context.Context
	types.Importer
}

func (s stoppable) Import(path string) (*types.Package, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	return s.Importer.Import(path)
}

func (v *view) addError(e types.Error) {
	ve := viewError{pos: e.Pos, message: Plain(v.unaliased(e.Msg)), soft: e.Soft}
	if e.Pos.IsValid() {
		if t, at, ok := v.src.origin(v.tokens.Offset(e.Pos)); ok {
			ve.text, ve.offset = t, at
		}
	}
	v.errs = append(v.errs, ve)
}

// unaliased is a message with the names of packages where the generated text has names of its own for them.
func (v *view) unaliased(message string) string {
	if !strings.Contains(message, aliasMark) {
		return message
	}
	for _, im := range slices.Backward(v.file.Imports) { // p12 before p1
		if im.Name != nil && strings.HasPrefix(im.Name.Name, aliasMark) {
			if p, err := strconv.Unquote(im.Path.Value); err == nil {
				message = strings.ReplaceAll(message, im.Name.Name, path.Base(revision.Plain(p)))
			}
		}
	}
	return message
}

// at maps a node position to the cell it came from.
func (v *view) at(p token.Pos) (t *cell.Text, offset int, ok bool) {
	if !p.IsValid() {
		return nil, 0, false
	}
	return v.src.origin(v.tokens.Offset(p))
}

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

// with puts a header in front of a source.
func (s *source) with(header string) *source {
	out := &source{}
	out.gen(header, s.buf.String())
	for _, p := range s.pieces {
		p.at += len(header)
		out.pieces = append(out.pieces, p)
	}
	return out
}

// naming says how holes are filled: how a notebook's name reads and whether bodies are wanted.
type naming struct {
	aliases *aliases
	symbol  func(name string) string
	state   *State                          // says which revision of a package is meant
	alive   func(d *Decl, name string) bool // does the name a group declares still mean this group
	lines   bool                            // write //line directives
	embeds  bool                            // fill embedded types too, though that renames the fields

	// shadowed tells of predeclared types whose names the notebook uses for something else (nil: there are none).
	shadowed func(name string) bool
}

func (n *naming) fill(r ref) string {
	switch r.kind {
	case refImport:
		return n.aliases.name(n.state.real(r.name))
	case refDisplay:
		return n.aliases.name(DisplayPath) + ".Display"
	case refDot:
		return n.aliases.name(n.state.real(r.name)) + "."
	case refUniverse:
		if n.shadowed != nil && n.shadowed(r.name) {
			return n.aliases.name(universePath) + "." + exported(r.name)
		}
		return r.name
	}
	return n.symbol(r.name)
}

func (n *naming) edits(d *Decl) []edit {
	var out []edit
	for _, h := range d.holes {
		with := ""
		switch {
		case h.embed && !n.embeds:
			continue // an alias of the natural name stands in the unit, and the field keeps its name
		case h.ref.kind == refName && d.Kind == ConstKind && h.def && slices.Contains(d.Names, h.ref.name) && !n.alive(d, h.ref.name):
			with = "_"
		case h.ref.kind == refDot:
			with = n.fill(h.ref) + d.Text.Source[h.start:h.end]
		default:
			with = n.fill(h.ref)
		}
		if with != d.Text.Source[h.start:h.end] {
			out = append(out, edit{h.start, h.end, with})
		}
	}
	return append(out, d.fixes...)
}

func (n *naming) line(src *source, t *cell.Text, offset int) {
	if n.lines {
		line, _ := t.Position(offset)
		src.gen("\n", address.Directive(t.ID, line), "\n")
	} else {
		src.gen("\n")
	}
}

// decl writes a declaration; a function without its body when stub is set.
func (n *naming) decl(src *source, d *Decl, stub bool) {
	n.line(src, d.Text, d.Start)
	if d.Kind == TypeKind {
		src.gen("type ")
	}
	if stub && (d.Kind == FuncKind || d.Kind == MethodKind) {
		src.copyEdited(d.Text, d.Start, d.body, n.edits(d))
		src.gen("{ for {} }\n")
		return
	}
	src.copyEdited(d.Text, d.Start, d.End, n.edits(d))
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
		default:
			b.WriteString(n.fill(*p.ref))
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
			n.decl(src, d, full != nil && !full(d))
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

// diagnostics orders errors by cell and offset and drops echoes: the same words at the same place.
func diagnostics(list []Diagnostic) []Diagnostic {
	sort.SliceStable(list, func(i, j int) bool { return list[i].Offset < list[j].Offset })
	var out []Diagnostic
	seen := map[Diagnostic]bool{}
	for _, d := range list {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}
