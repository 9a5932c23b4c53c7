package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	gover "go/version"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// needs is how the checker ends the fault of a feature that is newer than the language.
var needs = regexp.MustCompile(` requires (go1\.\d+) or later`)

// cure adds to the fault of a feature that the language is too old for who has decided that, and how to change it.
func (l Language) cure(message string) string {
	m := needs.FindStringSubmatch(message)
	if m == nil || l.By == "" || gover.Compare(gover.Lang(runtime.Version()), m[1]) < 0 {
		return message
	}
	wanted := strings.TrimPrefix(m[1], "go")
	command := "! go mod edit -go=" + wanted
	if filepath.Base(l.By) == "go.work" {
		command = "! go work edit -go=" + wanted
	}
	return fmt.Sprintf("%s; %s says go %s: run %s in a cell, then restart the kernel", message, l.By, strings.TrimPrefix(l.Version, "go"), command)
}

// newer adds to a fault that a later release of Go would not find which one it is. The checker of an older release
// does not know of it.
func (v *view) newer(e viewError) string {
	running := gover.Lang(runtime.Version())
	if gover.Compare(running, "go1.27") >= 0 {
		return e.message
	}
	older := func(format string, args ...any) string {
		return fmt.Sprintf("%s; %s needs Go 1.27, and this is Go %s", e.message, fmt.Sprintf(format, args...), strings.TrimPrefix(running, "go"))
	}
	switch {
	case strings.HasPrefix(e.message, "unknown field "):
		if lit, key := v.literalKey(e.pos); lit != nil {
			obj, index, _ := types.LookupFieldOrMethod(v.info.TypeOf(lit), false, v.pkg, key.Name)
			if f, ok := obj.(*types.Var); ok && f.IsField() && len(index) > 1 {
				return older("a promoted field as a key")
			}
		}
	case strings.HasPrefix(e.message, "cannot use generic function ") && v.assignsFunction(e.pos):
		return older("to leave its type arguments out here")
	}
	return e.message
}

// literalKey finds the key of a composite literal that stands at a place.
func (v *view) literalKey(pos token.Pos) (lit *ast.CompositeLit, key *ast.Ident) {
	ast.Inspect(v.file, func(n ast.Node) bool {
		l, ok := n.(*ast.CompositeLit)
		if !ok || lit != nil {
			return lit == nil
		}
		for _, e := range l.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.Pos() == pos {
				if id, ok := kv.Key.(*ast.Ident); ok && v.info.TypeOf(l) != nil {
					lit, key = l, id
				}
			}
		}
		return true
	})
	return lit, key
}

// assignsFunction reports whether what stands at a place is assigned to a function type by a literal, a conversion or a
// send statement.
func (v *view) assignsFunction(pos token.Pos) bool {
	found := false
	to := func(t types.Type, e ast.Expr) {
		if t != nil && e.Pos() == pos {
			_, isFunc := t.Underlying().(*types.Signature)
			found = found || isFunc
		}
	}
	ast.Inspect(v.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if tv := v.info.Types[n.Fun]; tv.IsType() && len(n.Args) == 1 {
				to(tv.Type, n.Args[0])
			}
		case *ast.SendStmt:
			if t := v.info.TypeOf(n.Chan); t != nil {
				if c, ok := t.Underlying().(*types.Chan); ok {
					to(c.Elem(), n.Value)
				}
			}
		case *ast.CompositeLit:
			for i, e := range n.Elts {
				value := e
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					value = kv.Value
				}
				to(v.elementType(n, e, i), value)
			}
		}
		return !found
	})
	return found
}

// elementType is the type that the i-th element of a literal is assigned to, nil when that is not known.
func (v *view) elementType(lit *ast.CompositeLit, element ast.Expr, i int) types.Type {
	t := v.info.TypeOf(lit)
	if t == nil {
		return nil
	}
	switch t := t.Underlying().(type) {
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	case *types.Map:
		return t.Elem()
	case *types.Struct:
		kv, keyed := element.(*ast.KeyValueExpr)
		if !keyed && i < t.NumFields() {
			return t.Field(i).Type()
		}
		if keyed {
			if id, ok := kv.Key.(*ast.Ident); ok && v.info.Uses[id] != nil {
				return v.info.Uses[id].Type()
			}
		}
	}
	return nil
}
