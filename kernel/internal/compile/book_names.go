package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// bookUse is a place in a cell's statements that names an edition or a package.
type bookUse struct {
	start, end int
	edition    *edition
	ref        ref // when edition is nil
}

// uses are the places in a cell's statements that name something of the notebook, in no order.
func (b *Book) uses(c *bookCell) []bookUse {
	j := c.checked
	own := map[string]bool{}
	for _, t := range j.run.tops {
		own[t.name] = true
	}
	var out []bookUse
	for _, h := range j.run.uses {
		u := bookUse{start: h.start, end: h.end, ref: h.ref}
		switch h.ref.kind {
		case refUniverse:
			continue
		case refName:
			st := c.after
			if own[h.ref.name] { // read before the cell declares it again
				st = c.before
			}
			if u.edition = b.of[st][h.ref.name]; u.edition == nil {
				continue
			}
		}
		out = append(out, u)
	}
	inspect(j.ctx, j.run.body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		e := b.embedded(c, id)
		if t := j.run.topOf(id); t != nil {
			e = c.tops[t]
		}
		if e != nil {
			if _, at, ok := j.run.at(id.Pos()); ok {
				out = append(out, bookUse{start: at, end: at + len(id.Name), edition: e})
			}
		}
		return true
	})
	return out
}

// embedded is the type that gives a field its name, when an identifier is that of such a field: it has the name which
// the type has in the program.
func (b *Book) embedded(c *bookCell, id *ast.Ident) *edition {
	f, ok := c.checked.run.info.Uses[id].(*types.Var)
	if !ok || !f.Embedded() || f.Pkg() != c.checked.run.pkg {
		return nil
	}
	return b.of[c.after][f.Name()]
}

// bookPlan says which editions the program has, which of them are local variables, and what they are called.
type bookPlan struct {
	b      *Book
	unused bool // what the notebook has declared and not used is written as well
	uses   map[*bookCell][]bookUse
	first  map[*edition]firstDecl
	hoists map[*bookCell]map[ast.Stmt]bool // see hoisted
	asMain *bool                           // see mainIsMain
	taken  map[string]bool                 // names that mean something in the program
}

// firstDecl is where a variable is declared first.
type firstDecl struct {
	cell int
	stmt ast.Stmt
}

// plan decides what becomes of the editions in a program with or without what the notebook has declared and not used.
func (b *Book) plan(unused bool) *bookPlan {
	for _, list := range b.editions {
		for _, e := range list {
			e.role = role{scopes: map[int]bool{}}
		}
	}
	p := &bookPlan{b: b, unused: unused, uses: map[*bookCell][]bookUse{}, first: map[*edition]firstDecl{},
		hoists: map[*bookCell]map[ast.Stmt]bool{}, taken: map[string]bool{}}
	p.find()
	return p
}

func (p *bookPlan) find() {
	b := p.b
	for i, c := range b.cells {
		if c.checked == nil {
			continue
		}
		p.uses[c] = b.uses(c)
		for _, u := range p.uses[c] {
			if u.edition != nil {
				u.edition.scopes[p.scope(i)] = true
				p.use(u.edition)
			}
		}
		for _, e := range c.tops {
			e.scopes[p.scope(i)] = true
			p.use(e)
		}
		p.useDecls(i, c)
	}
	if p.unused {
		obstacles := b.st.obstacles(nil)
		for name, d := range b.st.Decls {
			if _, not := obstacles[d]; not {
				continue
			}
			if e := b.of[b.st][name]; e != nil && !e.isVar && b.sound(e) {
				p.use(e)
			}
		}
	}
	p.findTests()
	for _, list := range b.editions {
		for _, e := range list {
			if e.isVar && e.used && e.v != nil && len(e.scopes) > 1 {
				e.global = true
			}
		}
	}
	p.join()
	p.findFirst()
	p.name()
}

// useDecls has what a cell of tests declares written, and calls what a whole program begins with.
func (p *bookPlan) useDecls(i int, c *bookCell) {
	for _, d := range c.checked.decls {
		for _, r := range d.rests() {
			if e := p.b.of[c.after][r]; e != nil && (c.test || d.isFunc("init")) {
				p.seenByFunction(e)
			}
		}
		if !c.test {
			continue
		}
		for _, n := range d.Names {
			if e := p.b.of[c.after][n]; e != nil && d.Kind != MethodKind {
				e.test, e.cell = true, i
				p.use(e)
			}
		}
	}
	if c.test {
		for _, e := range c.tops {
			e.test, e.cell = true, i
			e.global = e.v != nil
		}
	}
	if main := p.b.of[c.after]["main"]; c.call && main != nil {
		p.use(main)
	}
}

// sound reports whether an edition, and all that it rests on, compiles.
func (b *Book) sound(e *edition) bool {
	for n := range e.made {
		if d := e.at.Decls[n]; d != nil && d.marked() {
			return false
		}
	}
	return e.at.Decls[e.name] != nil
}

// scope is the function in which a cell's statements stand; see edition.scopes.
func (p *bookPlan) scope(i int) int {
	if c := p.b.cells[i]; c.own || c.test {
		return i + 1
	}
	return 0
}

// use has an edition written, with all that its declaration names.
func (p *bookPlan) use(e *edition) {
	e.named++
	if e.used {
		return
	}
	e.used = true
	if e.isVar {
		if e.v != nil {
			for _, n := range e.v.refs() {
				p.use(p.b.of[e.at][n])
			}
		}
		return
	}
	for _, d := range p.b.written(e) {
		for _, n := range d.rests() {
			if other := p.b.of[e.at][n]; other != nil && other != e {
				p.seenByFunction(other)
			}
		}
	}
}

// seenByFunction is use for what a declaration names: a variable then stands at package level.
func (p *bookPlan) seenByFunction(e *edition) {
	p.use(e)
	if e.isVar {
		e.global = true
	}
}

// written are the declaration and the methods of an edition that is no variable.
func (b *Book) written(e *edition) []*Decl {
	d := e.at.Decls[e.name]
	if d == nil {
		return nil
	}
	return append([]*Decl{d}, e.at.ready(e.name)...)
}

// findTests moves tests that ordinary cells declare, and that no statement calls, to the files of tests.
func (p *bookPlan) findTests() {
	for name, list := range p.b.editions {
		for _, e := range list {
			if e.isVar || !e.used || !IsTest(name) || len(e.scopes) > 0 || e.named > 1 {
				continue
			}
			if d := e.at.Decls[name]; d != nil && d.Kind == FuncKind && (strings.HasPrefix(name, "Example") || strings.Contains(d.words(), "testing")) {
				e.test = true
			}
		}
	}
}

// join makes the variables of one := stand at one level, where their types allow it.
func (p *bookPlan) join() {
	for again := true; again; {
		again = false
		for _, c := range p.b.cells {
			if c.checked == nil {
				continue
			}
			for _, s := range c.checked.run.stmts {
				list := c.declared(s)
				if !slices.ContainsFunc(list, func(e *edition) bool { return e.global }) {
					continue
				}
				for _, e := range list {
					if !e.global && e.v != nil {
						e.global, again = true, true
					}
				}
			}
		}
	}
}

// declared are the editions that a := declares.
func (c *bookCell) declared(s ast.Stmt) []*edition {
	a, ok := labelled(s).(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE {
		return nil
	}
	var out []*edition
	for _, l := range a.Lhs {
		if id, ok := l.(*ast.Ident); ok {
			if t := c.checked.run.topOf(id); t != nil {
				out = append(out, c.tops[t])
			}
		}
	}
	return out
}

// name gives the editions names: the last of a name the plain one.
func (p *bookPlan) name() {
	for _, name := range slices.Sorted(maps.Keys(p.b.editions)) {
		list := slices.DeleteFunc(slices.Clone(p.b.editions[name]), func(e *edition) bool { return !e.used })
		for i, e := range list {
			e.final = name
			if name == "main" && !p.mainIsMain() {
				e.final = p.free("notebookMain", i)
			} else if i < len(list)-1 || types.Universe.Lookup(name) != nil {
				e.final = p.free(name, i+1)
			}
		}
	}
	for _, list := range p.b.editions {
		for _, e := range list {
			if e.used {
				p.taken[e.final] = true
			}
		}
	}
}

// free makes a name that the notebook does not use: that with the number behind it, if that is not 0.
func (p *bookPlan) free(name string, n int) string {
	for ; ; n++ {
		free := name
		if n > 0 {
			free = fmt.Sprint(name, n)
		}
		if !p.b.idents[free] && !p.taken[free] && types.Universe.Lookup(free) == nil {
			p.taken[free] = true
			return free
		}
	}
}

// mainIsMain reports whether the notebook comes to its function main, which nothing but a call of it stands beside.
func (p *bookPlan) mainIsMain() bool {
	if p.asMain != nil {
		return *p.asMain
	}
	var editions []*edition
	for _, e := range p.b.editions["main"] {
		if e.used {
			editions = append(editions, e)
		}
	}
	calls := 0
	is := len(editions) == 1 && !editions[0].isVar && !editions[0].test
	for _, c := range p.b.cells {
		if c.checked == nil || c.test {
			continue
		}
		if c.call {
			calls++
		}
		for _, s := range c.checked.run.stmts {
			switch {
			case c.callsMain(s):
				calls++
			case !p.hoisted(c, s):
				is = false
			}
		}
		is = is && len(c.checked.inits()) == 0 && !c.MayFail
	}
	is = is && calls <= 1 && editions[0].named <= calls+1
	p.asMain = &is
	return is
}

// callsMain reports whether a statement is main().
func (c *bookCell) callsMain(s ast.Stmt) bool {
	es, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	if show := c.checked.run.shown; show != nil {
		if call, ok := es.X.(*ast.CallExpr); ok && len(call.Args) == 1 && call.Args[0] == show {
			es = &ast.ExprStmt{X: show}
		}
	}
	call, ok := es.X.(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	return ok && id.Name == "main"
}
