package racereport

import (
	"go/ast"
	"strings"

	"interleave/kernel/internal/cell"
)

// GoCall finds the call of a method named Go, such as that of a sync.WaitGroup or an errgroup.Group, that started
// the goroutine whose outermost function is name and was seen at a line of a cell. Package sync is not
// instrumented, so the detector does not know who called it. The line is 0 when there is no such call or there
// are several.
func GoCall(source string, line int, name string) int {
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
	visit := func(n ast.Node) bool {
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
	switch {
	case len(named) == 1:
		return named[0]
	case len(named) == 0 && strings.Contains(name, ".func"):
		return around
	}
	return 0
}
