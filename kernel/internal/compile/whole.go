package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"

	"interleave/kernel/internal/cell"
)

// Whole is what a cell that is a program by itself has of a Program's properties.
func Whole(syn *cell.Syntax) *Program {
	p := &Program{UsesC: usesC(syn)}
	for _, im := range syn.Imports {
		if im.Path != cgoPath {
			p.Imports = append(p.Imports, im.Path)
		}
	}
	embedsOf(syn.Code, func(int, string) { p.Embeds = true })
	return p
}

// WithImports adds the imports that a whole program lacks, as goimports would, in the line of its package clause, so
// that all lines keep their numbers. A program that does not parse is left to the compiler.
func (c *Checker) WithImports(ctx context.Context, code string) (program string, err error) {
	defer rescue(&err)
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", code, 0)
	if err != nil {
		return code, nil
	}
	imported := map[string]bool{}
	for _, im := range f.Imports {
		if im.Name != nil {
			imported[im.Name.Name] = true
		} else if p, err := strconv.Unquote(im.Path.Value); err == nil {
			name, _ := c.importName(c.Canonical(p))
			imported[name] = true
		}
	}
	unresolved := map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		unresolved[id] = true
	}
	symbols := map[string][]string{}
	inspect(ctx, f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && unresolved[id] && !imported[id.Name] {
				symbols[id.Name] = append(symbols[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
	clauses := ""
	embedsOf(code, func(int, string) {
		if !slices.ContainsFunc(f.Imports, func(im *ast.ImportSpec) bool { return im.Path.Value == `"embed"` }) {
			clauses = `; import _ "embed"`
		}
	})
	for _, name := range slices.Sorted(maps.Keys(symbols)) {
		if p, ok := c.Suggest(ctx, name, symbols[name]); ok {
			clauses += fmt.Sprintf("; import %s %q", name, p)
		}
	}
	code = c.standIn(code, fset, f) // behind the clause
	at := fset.Position(f.Name.End()).Offset
	return code[:at] + clauses + code[at:], nil
}
