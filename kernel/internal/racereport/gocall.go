package racereport

import (
	"go/ast"
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
	lineOf := func(n ast.Node, end bool) int {
		p := n.Pos()
		if end {
			p = n.End()
		}
		l, _ := text.Position(syn.Offset(p))
		return l
	}
	around, named := 0, []int{}
	byName := map[string][]int{} // calls of Go with a name
	holders := map[string]bool{} // names of variables that hold the function literal around the line
	hold := func(name, value ast.Expr) {
		id, ok := name.(*ast.Ident)
		lit, isLit := ast.Unparen(value).(*ast.FuncLit)
		if ok && isLit && lineOf(lit, false) <= line && line <= lineOf(lit, true) {
			holders[id.Name] = true
		}
	}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i := range n.Lhs {
					hold(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			if len(n.Names) == len(n.Values) {
				for i := range n.Names {
					hold(n.Names[i], n.Values[i])
				}
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Go" {
			return true
		}
		switch arg := ast.Unparen(call.Args[0]).(type) {
		case *ast.FuncLit: // the innermost around the line is found last
			if lineOf(arg, false) <= line && line <= lineOf(arg, true) {
				around = lineOf(call, false)
			}
		case *ast.Ident:
			byName[arg.Name] = append(byName[arg.Name], lineOf(call, false))
			if name == arg.Name || strings.HasSuffix(name, "."+arg.Name) {
				named = append(named, lineOf(call, false))
			}
		case *ast.SelectorExpr:
			if strings.HasSuffix(strings.TrimSuffix(name, "-fm"), "."+arg.Sel.Name) {
				named = append(named, lineOf(call, false))
			}
		}
		return true
	}
	for _, st := range syn.Stmts {
		ast.Inspect(st, visit)
	}
	for _, fn := range syn.Funcs {
		ast.Inspect(fn.Decl, visit)
	}
	literal := strings.Contains(name, ".func")
	if literal && around == 0 {
		for holder := range holders {
			named = append(named, byName[holder]...)
		}
	}
	if literal && around > 0 && len(named) == 0 {
		return []int{around}
	}
	slices.Sort(named)
	return slices.Compact(named)
}
