package racereport

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
)

// GoCalls finds the calls of a method named Go, such as that of a sync.WaitGroup or an errgroup.Group, one of which
// started the goroutine whose outermost function is name and was seen at a line of a cell. Package sync is not
// instrumented, so the detector does not know who called it. The lines ascend.
func GoCalls(source string, line int, name string) []int {
	_, code := cell.Directives(source)
	text := cell.NewText(source)
	syn, _ := cell.Parse(text, code)
	f := goCallFinder{syn: syn, line: line, name: name, byName: map[string][]int{}, holders: map[string]bool{}}
	for _, st := range syn.Stmts {
		ast.Inspect(st, f.visit)
	}
	for _, fn := range syn.Funcs {
		ast.Inspect(fn.Decl, f.visit)
	}
	if strings.Contains(name, ".func") { // a function literal
		switch {
		case f.around == 0:
			for holder := range f.holders {
				f.named = append(f.named, f.byName[holder]...)
			}
		case len(f.named) == 0:
			return []int{f.around}
		}
	}
	slices.Sort(f.named)
	return slices.Compact(f.named)
}

// goCallFinder collects what GoCalls decides from.
type goCallFinder struct {
	syn  *cell.Syntax
	line int
	name string

	around  int              // the line of the innermost call of Go with a function literal around the line
	named   []int            // calls of Go whose argument has the name
	byName  map[string][]int // calls of Go with a variable
	holders map[string]bool  // variables that hold the function literal around the line
}

func (f *goCallFinder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if len(n.Lhs) == len(n.Rhs) {
			for i := range n.Lhs {
				f.hold(n.Lhs[i], n.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		if len(n.Names) == len(n.Values) {
			for i := range n.Names {
				f.hold(n.Names[i], n.Values[i])
			}
		}
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" && len(n.Args) == 1 {
			f.call(n)
		}
	}
	return true
}

// hold notes a variable that is given the function literal around the line.
func (f *goCallFinder) hold(name, value ast.Expr) {
	id, ok := name.(*ast.Ident)
	lit, isLit := ast.Unparen(value).(*ast.FuncLit)
	if ok && isLit && f.isAround(lit) {
		f.holders[id.Name] = true
	}
}

// call notes a call of a method Go.
func (f *goCallFinder) call(call *ast.CallExpr) {
	at := f.lineOf(call.Pos())
	switch arg := ast.Unparen(call.Args[0]).(type) {
	case *ast.FuncLit: // the innermost around the line is found last
		if f.isAround(arg) {
			f.around = at
		}
	case *ast.Ident:
		f.byName[arg.Name] = append(f.byName[arg.Name], at)
		if f.name == arg.Name || strings.HasSuffix(f.name, "."+arg.Name) {
			f.named = append(f.named, at)
		}
	case *ast.SelectorExpr:
		if strings.HasSuffix(strings.TrimSuffix(f.name, "-fm"), "."+arg.Sel.Name) {
			f.named = append(f.named, at)
		}
	}
}

// isAround tells whether the line lies in a function literal.
func (f *goCallFinder) isAround(lit *ast.FuncLit) bool {
	return f.lineOf(lit.Pos()) <= f.line && f.line <= f.lineOf(lit.End())
}

func (f *goCallFinder) lineOf(p token.Pos) int {
	line, _ := f.syn.Text.Position(f.syn.Offset(p))
	return line
}
