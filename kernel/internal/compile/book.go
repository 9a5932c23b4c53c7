package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// Book checks the cells of a notebook one after the other, runs none, and writes them as one program.
//
// The program means what the notebook means. A name that the notebook declares again has several editions: each use
// refers to the one that was live at its cell. Editions that can be one are one: a type to which a later cell adds a
// method is one type with that method, and a function that is declared again in the same words is one function.
// Only editions that are used are written; the last one has the plain name, earlier ones have a number behind it.
//
// Variables that functions, or cells in functions of their own, share stand at package level. The others are local
// variables of main.
type Book struct {
	c        *Checker
	st       *State
	cells    []*bookCell
	editions map[string][]*edition
	of       map[*State]map[string]*edition
	idents   map[string]bool // every identifier of the notebook
	texts    map[string]int  // the first cell, by its text's ID
}

// Placed says what is known of a cell besides its text.
type Placed struct {
	Number   int      // as in In[3]
	Headings []string // those above it
	Notes    []string // what main says above its statements
	MayFail  bool     // a panic in it does not end the program
}

// bookCell is a cell of the book. One that could not be taken has notes only.
type bookCell struct {
	Placed
	checked *checked
	tops    map[*top]*edition
	before  *State
	after   *State
	test    bool // a file of tests, which nothing else knows
	own     bool // in a function of its own
	call    bool // a whole program: its main runs
}

// edition is one meaning of a name.
type edition struct {
	name  string
	made  map[string]string // what it rests on, itself included, in the notebook's words
	at    *State            // the last state that has it
	cell  int               // the first cell that has it, an index
	v     *Var              // for variables; nil when its type cannot be written
	isVar bool

	obj *types.Var // a variable that is declared as this

	role
}

// role is what becomes of an edition in a program.
type role struct {
	used   bool
	global bool
	test   bool         // it belongs into a file of tests
	final  string       // its name in the program
	scopes map[int]bool // where statements use it: 0 is main, else the index of a cell, one higher
	named  int          // how often statements and declarations name it
}

// NewBook returns the book of an empty notebook.
func (c *Checker) NewBook() *Book {
	return &Book{c: c, st: NewState(), editions: map[string][]*edition{}, of: map[*State]map[string]*edition{}, idents: map[string]bool{}, texts: map[string]int{}}
}

// Add checks a cell and takes it, unless there are diagnostics.
func (b *Book) Add(ctx context.Context, syn *cell.Syntax, p Placed) ([]Diagnostic, error) {
	c, diags, err := b.take(ctx, syn, p)
	if c == nil {
		return diags, err
	}
	c.call = syn.Program
	c.own = p.MayFail || standsAlone(c.checked.run.stmts)
	b.st = c.after
	return nil, nil
}

// AddTests is Add for a cell of tests. The cells after it do not see what it declares.
func (b *Book) AddTests(ctx context.Context, syn *cell.Syntax, p Placed) ([]Diagnostic, error) {
	if _, diags, err := b.c.Program(ctx, b.st, syn, TestForm); err != nil || len(diags) > 0 {
		return diags, err
	}
	c, diags, err := b.take(ctx, syn, p)
	if c != nil {
		c.test = true
	}
	return diags, err
}

func (b *Book) take(ctx context.Context, syn *cell.Syntax, p Placed) (c *bookCell, diags []Diagnostic, err error) {
	j, u, diags, err := b.c.compile(ctx, b.st, syn)
	if err != nil || len(diags) > 0 {
		return nil, diags, err
	}
	c = &bookCell{Placed: p, checked: j, before: b.st, after: u.State}
	if _, known := b.texts[syn.Text.ID]; !known {
		b.texts[syn.Text.ID] = len(b.cells)
	}
	b.cells = append(b.cells, c)
	cell.Identifiers(syn.Code, func(name string) { b.idents[name] = true })
	c.tops = map[*top]*edition{}
	for _, t := range j.run.tops {
		if c.after.Vars[t.name] != t.v || t.v == nil {
			c.tops[t] = b.passing(c, t)
		}
	}
	b.register(u.State)
	for _, t := range j.run.tops {
		if c.tops[t] == nil {
			c.tops[t] = b.of[c.after][t.name]
		}
		e := c.tops[t]
		e.obj = t.obj
	}
	return c, nil, nil
}

// passing is the edition of a variable that the same cell declares again, or whose type cannot be written: then no
// other cell sees it.
func (b *Book) passing(c *bookCell, t *top) *edition {
	if t.v == nil {
		e := &edition{name: t.name, made: map[string]string{t.name: fmt.Sprint("of cell ", len(b.cells), " at ", t.offset)}, at: c.after,
			cell: len(b.cells) - 1, isVar: true}
		b.editions[t.name] = append(b.editions[t.name], e)
		return e
	}
	made := map[string]string{t.name: t.v.words()}
	for _, n := range t.v.refs() {
		maps.Copy(made, b.made(c.after, n))
	}
	made[t.name] = t.v.words()
	e := b.edition(t.name, made, c.after)
	e.isVar, e.v = true, t.v
	return e
}

// Note says something above the statements of the next cell, in the place of a cell that is not there.
func (b *Book) Note(p Placed) { b.cells = append(b.cells, &bookCell{Placed: p}) }

// State is what the cells so far have declared.
func (b *Book) State() *State { return b.st }

// Forget takes names out, as the command %forget does.
func (b *Book) Forget(names ...string) {
	st := b.st.Clone()
	for _, n := range names {
		st.Forget(n)
	}
	b.st = st
	b.register(st)
}

// Reset forgets everything, as %reset does.
func (b *Book) Reset() {
	b.st = NewState()
	b.register(b.st)
}

// register finds the editions of all names of a state.
func (b *Book) register(st *State) {
	b.of[st] = map[string]*edition{}
	for _, n := range slices.Sorted(maps.Keys(st.Decls)) {
		b.of[st][n] = b.edition(n, b.made(st, n), st)
	}
	for _, n := range slices.Sorted(maps.Keys(st.Vars)) {
		b.of[st][n] = b.edition(n, b.made(st, n), st)
		b.of[st][n].isVar, b.of[st][n].v = true, st.Vars[n]
	}
}

// edition is the one of a name that is made so, or does not contradict it.
func (b *Book) edition(name string, made map[string]string, st *State) *edition {
	for _, e := range slices.Backward(b.editions[name]) {
		if agree(e.made, made) {
			maps.Copy(e.made, made)
			if len(e.made) == len(made) { // not a state that has forgotten something
				e.at = st
			}
			return e
		}
	}
	e := &edition{name: name, made: made, at: st, cell: max(len(b.cells)-1, 0)}
	b.editions[name] = append(b.editions[name], e)
	return e
}

func agree(a, b map[string]string) bool {
	for k, v := range b {
		if w, ok := a[k]; ok && v != w {
			return false
		}
	}
	return true
}

// made is what a name rests on in a state.
func (b *Book) made(st *State, name string) map[string]string {
	out := map[string]string{}
	todo := []string{name}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if _, seen := out[n]; seen {
			continue
		}
		if v := st.Vars[n]; v != nil {
			out[n] = v.words()
			todo = append(todo, v.refs()...)
			continue
		}
		d := st.Decls[n]
		if d == nil {
			continue
		}
		out[n] = d.words()
		todo = append(todo, d.rests()...)
		for _, m := range st.ready(n) {
			out[n+"."+m.Names[0]] = m.words()
			todo = append(todo, m.rests()...)
		}
	}
	return out
}

// words are a declaration's text and the packages it means.
func (d *Decl) words() string {
	var b strings.Builder
	NewState().digest(d, b.Write) // of whatever revision the packages are
	return b.String()
}

// words are a variable's type.
func (v *Var) words() string {
	var b strings.Builder
	b.WriteString("var ")
	for _, p := range v.typ {
		b.WriteString(p.text)
		if p.ref != nil {
			fmt.Fprintf(&b, "\x00%d%s", p.ref.kind, meaning(p.ref))
		}
	}
	return b.String()
}

// rests are the names that a declaration refers to, those left out that it declares.
func (d *Decl) rests() []string {
	var out []string
	for _, h := range d.holes {
		if h.ref.kind == refName && (!h.def || h.embed) {
			out = append(out, h.ref.name)
		}
	}
	return out
}

// standsAlone reports whether statements need a function of their own: in one together with those of other cells a
// defer would run too late, a return or an endless loop would skip the cells below, and labels would clash.
func standsAlone(stmts []ast.Stmt) bool {
	alone := slices.ContainsFunc(stmts, terminates)
	for _, s := range stmts {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.DeferStmt, *ast.ReturnStmt, *ast.LabeledStmt:
				alone = true
			}
			return !alone
		})
	}
	return alone
}

// terminates is Go's rule for statements behind which nothing runs, but for switches, which are taken for such.
func terminates(s ast.Stmt) bool {
	switch t := s.(type) {
	case *ast.ExprStmt:
		call, ok := t.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == showName && len(call.Args) == 1 { // the last expression
			return terminates(&ast.ExprStmt{X: call.Args[0]})
		}
		id, ok := ast.Unparen(call.Fun).(*ast.Ident)
		return ok && id.Name == "panic"
	case *ast.BlockStmt:
		return len(t.List) > 0 && terminates(t.List[len(t.List)-1])
	case *ast.IfStmt:
		return t.Else != nil && terminates(t.Body) && terminates(t.Else)
	case *ast.ForStmt:
		return t.Cond == nil
	case *ast.SelectStmt:
		return true
	case *ast.SwitchStmt:
		return endsEach(t.Body)
	case *ast.TypeSwitchStmt:
		return endsEach(t.Body)
	}
	return false
}

func endsEach(body *ast.BlockStmt) bool {
	for _, s := range body.List {
		if c := s.(*ast.CaseClause); len(c.Body) == 0 || !terminates(c.Body[len(c.Body)-1]) {
			return false
		}
	}
	return len(body.List) > 0
}
