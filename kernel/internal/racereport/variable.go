package racereport

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// Site is the source line of an access.
type Site struct {
	Source string // of the whole cell
	Line   int
	Write  bool
	Map    bool // the access was made by the runtime's map functions
}

// Variable names what two accesses race on, as the source of their lines tells: an expression that stands on both
// lines, or on the first as the second writes it otherwise. Symbol is the package variable that the address lies in, or "". The name is
// "" when the lines do not tell.
func Variable(a, b Site, symbol string) (name, kind string) {
	ca, cb := candidates(a), candidates(b)
	var best, other candidate
	score := 0
	for i, x := range ca {
		for k, y := range cb {
			s := similar(x, y)
			if s == 0 {
				continue
			}
			if symbol != "" && x.base == symbol {
				s += 20
			}
			if s = s*100 - i - k; s > score {
				best, other, score = x, y, s
			}
		}
	}
	if symbol != "" && best.base != symbol {
		for _, x := range slices.Concat(ca, cb) {
			if x.base == symbol {
				return x.text, kindOf(x, symbol)
			}
		}
		return symbol, "package variable"
	}
	if score > 0 {
		if other.text != best.text {
			return best.text + ", elsewhere " + other.text, kindOf(best, symbol)
		}
		return best.text, kindOf(best, symbol)
	}
	first, second := ca, cb
	if b.Write && !a.Write {
		first, second = cb, ca
	}
	switch {
	case len(first) > 0 && len(second) > 0:
		return first[0].text + ", elsewhere " + second[0].text, kindOf(first[0], symbol)
	case len(first) > 0:
		return first[0].text, kindOf(first[0], symbol)
	case len(second) > 0:
		return second[0].text, kindOf(second[0], symbol)
	}
	return "", ""
}

func kindOf(c candidate, symbol string) string {
	switch {
	case c.kind == "variable" && symbol != "":
		return "package variable"
	case c.kind == "variable":
		return "local variable shared by goroutines"
	}
	return c.kind
}

// candidate is an expression that an access may have been made by.
type candidate struct {
	text, base, field, kind string
}

// similar says how surely two expressions mean the same memory.
func similar(a, b candidate) int {
	switch {
	case a.text == b.text && a.kind != "variable":
		return 4
	case a.text == b.text:
		return 3
	case a.field != "" && a.field == b.field:
		return 2
	case a.base == b.base && a.kind == b.kind && a.kind != "variable" && a.field == "":
		return 2
	}
	return 0
}

// finder collects the candidates of one line.
type finder struct {
	site    Site
	syn     *cell.Syntax
	maps    map[string]bool // names that are declared as maps
	writes  []candidate
	reads   []candidate
	skipped map[ast.Node]bool

	receivers []candidate // what methods are called on, or package names: the least likely

	loops map[string]bool // variables that a loop on the line declares: each iteration has its own
}

func candidates(s Site) []candidate {
	_, code := cell.Directives(s.Source)
	text := cell.NewText(s.Source)
	syn, _ := cell.Parse(text, code)
	f := &finder{site: s, syn: syn, maps: map[string]bool{}, skipped: map[ast.Node]bool{}, loops: map[string]bool{}}
	var roots []ast.Node
	for _, st := range syn.Stmts {
		roots = append(roots, st)
	}
	for _, fn := range syn.Funcs {
		roots = append(roots, fn.Decl)
	}
	for _, n := range roots {
		ast.Inspect(n, f.findMaps)
	}
	for _, n := range roots {
		ast.Inspect(n, f.visit)
	}
	list := f.writes
	if !s.Write {
		list = append(f.reads, f.receivers...)
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(f.own(a), f.own(b)) })
	return list
}

// own is 1 for a variable of an iteration's own, which is the least likely of all.
func (f *finder) own(c candidate) int {
	if c.kind == "variable" && f.loops[c.base] {
		return 1
	}
	return 0
}

// declares notes the variables of a loop.
func (f *finder) declares(tok token.Token, list ...ast.Expr) {
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok && tok == token.DEFINE && f.here(id) {
			f.loops[id.Name] = true
		}
	}
}

// findMaps notes what is declared as a map in so many words.
func (f *finder) findMaps(n ast.Node) bool {
	note := func(names []ast.Expr, values []ast.Expr) {
		for i, v := range values {
			if i < len(names) && isMap(v) {
				f.maps[show(names[i])] = true
			}
		}
	}
	switch t := n.(type) {
	case *ast.AssignStmt:
		note(t.Lhs, t.Rhs)
	case *ast.ValueSpec:
		for i, id := range t.Names {
			if _, ok := t.Type.(*ast.MapType); ok || i < len(t.Values) && isMap(t.Values[i]) {
				f.maps[id.Name] = true
			}
		}
	case *ast.Field:
		if _, ok := t.Type.(*ast.MapType); ok {
			for _, id := range t.Names {
				f.maps[id.Name] = true
			}
		}
	}
	return true
}

func isMap(e ast.Expr) bool {
	switch t := e.(type) {
	case *ast.CompositeLit:
		_, ok := t.Type.(*ast.MapType)
		return ok
	case *ast.CallExpr:
		if id, ok := t.Fun.(*ast.Ident); ok && id.Name == "make" && len(t.Args) > 0 {
			_, ok := t.Args[0].(*ast.MapType)
			return ok
		}
	}
	return false
}

func (f *finder) here(n ast.Node) bool {
	line, _ := f.syn.Text.Position(f.syn.Offset(n.Pos()))
	return line == f.site.Line
}

func (f *finder) visit(n ast.Node) bool {
	switch t := n.(type) {
	case *ast.ForStmt:
		if init, ok := t.Init.(*ast.AssignStmt); ok {
			f.declares(init.Tok, init.Lhs...)
		}
	case *ast.AssignStmt:
		f.assignment(t)
	case *ast.IncDecStmt:
		f.target(t.X, true)
	case *ast.ValueSpec:
		for _, id := range t.Names {
			f.target(id, false)
		}
	case *ast.RangeStmt:
		f.declares(t.Tok, t.Key, t.Value)
		if t.Key != nil {
			f.target(t.Key, false)
		}
		if t.Value != nil {
			f.target(t.Value, false)
		}
	case *ast.CallExpr:
		f.call(t)
	case *ast.KeyValueExpr:
		f.skipped[t.Key] = true
	case *ast.UnaryExpr:
		if t.Op == token.AND {
			f.skipped[t.X] = true
		}
	case ast.Expr:
		f.read(t)
	}
	return true
}

func (f *finder) assignment(a *ast.AssignStmt) {
	for _, e := range a.Lhs {
		f.target(e, a.Tok != token.ASSIGN && a.Tok != token.DEFINE)
	}
	for _, e := range a.Rhs { // s = append(s, x) writes elements as well
		if call, ok := e.(*ast.CallExpr); ok && called(call) == "append" && len(call.Args) > 0 && f.here(call) {
			f.writes = append(f.writes, candidate{show(call.Args[0]), base(call.Args[0]), "", "slice"})
		}
	}
}

func (f *finder) call(c *ast.CallExpr) {
	name := called(c)
	if (name == "delete" || name == "clear" || name == "copy") && len(c.Args) > 0 && f.here(c) {
		kind := "slice"
		if name == "delete" || f.isMap(c.Args[0]) {
			kind = "map"
		}
		f.writes = append(f.writes, candidate{show(c.Args[0]), base(c.Args[0]), "", kind})
	}
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		f.skipped[fun] = true
	case *ast.SelectorExpr: // x.M() reads x at most
		f.skipped[fun], f.skipped[fun.Sel], f.skipped[fun.X] = true, true, true
		if f.here(fun.X) {
			f.receivers = append(f.receivers, f.describe(fun.X)...)
		}
	}
}

func (f *finder) read(e ast.Expr) {
	if sel, ok := e.(*ast.SelectorExpr); ok {
		f.skipped[sel.Sel] = true
	}
	if !f.skipped[e] && f.here(e) {
		f.reads = append(f.reads, f.describe(e)...)
	}
}

// target is an expression that is assigned to.
func (f *finder) target(e ast.Expr, reads bool) {
	e = ast.Unparen(e)
	if !reads {
		f.skipped[e] = true
	}
	if f.here(e) {
		f.writes = append(f.writes, f.describe(e)...)
	}
}

func (f *finder) isMap(e ast.Expr) bool {
	name := show(e)
	if sel, ok := e.(*ast.SelectorExpr); ok {
		name = sel.Sel.Name
	}
	return f.site.Map || f.maps[name]
}

// describe makes candidates of an expression that stands for memory.
func (f *finder) describe(e ast.Expr) []candidate {
	switch t := ast.Unparen(e).(type) {
	case *ast.Ident:
		switch {
		case t.Name == "_" || t.Name == "nil" || t.Name == "true" || t.Name == "false":
			return nil
		case f.maps[t.Name] && !f.site.Write:
			return []candidate{{t.Name, t.Name, "", "map"}}
		}
		return []candidate{{t.Name, t.Name, "", "variable"}}
	case *ast.SelectorExpr:
		if f.isMap(t) && !f.site.Write {
			return []candidate{{show(t), base(t), t.Sel.Name, "map"}}
		}
		return []candidate{{show(t), base(t), t.Sel.Name, "struct field"}}
	case *ast.IndexExpr:
		if f.isMap(t.X) {
			return []candidate{{show(t.X), base(t), "", "map"}}
		}
		return []candidate{{show(t), base(t), "", "slice or array element"}}
	case *ast.StarExpr:
		return []candidate{{show(t), base(t), "", "memory behind a pointer"}}
	}
	return nil
}

func called(c *ast.CallExpr) string {
	if id, ok := c.Fun.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// base is the variable an expression starts from.
func base(e ast.Expr) string {
	for {
		switch t := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.StarExpr:
			e = t.X
		case *ast.SliceExpr:
			e = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// show writes an expression on one line.
func show(e ast.Expr) string {
	var b bytes.Buffer
	if err := format.Node(&b, token.NewFileSet(), e); err != nil {
		return ""
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
