package compile

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// statement makes the edits of one statement of a cell.
func (s *bookStmts) statement(stmt ast.Stmt) {
	if s.w.hoisted(s.c, stmt) {
		above, behind := "", ""
		if names, _ := defined(stmt); len(names) == 1 {
			above, behind = commentsOf(s.c.checked.syn.Code, s.at(stmt.Pos()), s.at(stmt.End()), VarKind)
		}
		code := s.c.checked.syn.Code
		s.edits = append(s.edits, edit{lineStart(code, s.at(stmt.Pos()), above), endOf(code, s.at(stmt.End()), behind), ""})
		return
	}
	switch t := labelled(stmt).(type) {
	case *ast.AssignStmt:
		if t.Tok == token.DEFINE {
			s.define(t)
		}
	case *ast.DeclStmt:
		s.declare(t.Decl.(*ast.GenDecl))
	case *ast.ExprStmt:
		if show := s.c.checked.run.shown; show != nil {
			if call, ok := t.X.(*ast.CallExpr); ok && len(call.Args) == 1 && call.Args[0] == show {
				s.result(show)
			}
		}
	}
}

// variableOf is the edition that an identifier declares, nil for _.
func (s *bookStmts) variableOf(id *ast.Ident) *edition {
	if t := s.c.checked.run.topOf(id); t != nil {
		return s.c.tops[t]
	}
	return nil
}

// define writes x := e as an assignment if nothing on its left is new. What is new beside a variable of package level
// goes through a variable of its own.
func (s *bookStmts) define(t *ast.AssignStmt) {
	var ids []*ast.Ident
	for _, l := range t.Lhs {
		ids = append(ids, l.(*ast.Ident))
	}
	if s.assigns(ids, t.End()) {
		at := s.at(t.TokPos)
		s.edits = append(s.edits, edit{at, at + len(":="), "="})
	}
}

// assigns reports whether all variables of a declaration are there already, so that it is an assignment. If some are,
// and some are at package level, those get their values behind it.
func (s *bookStmts) assigns(ids []*ast.Ident, end token.Pos) bool {
	fresh := 0
	var global []*ast.Ident
	for _, id := range ids {
		e := s.variableOf(id)
		switch {
		case e == nil:
		case e.global:
			global = append(global, id)
		case s.fresh(e):
			fresh++
		}
	}
	if fresh == 0 {
		return true
	}
	for _, id := range global {
		from, temporary := s.at(id.Pos()), s.w.free(id.Name, 1)
		s.edits = append(s.edits, edit{from, from + len(id.Name), temporary}, edit{s.at(end), s.at(end), "\n" + s.variableOf(id).final + " = " + temporary})
	}
	return false
}

// declare writes var declarations, those of variables that are there already as assignments.
func (s *bookStmts) declare(gen *ast.GenDecl) {
	stays := true // as it is
	for _, sp := range gen.Specs {
		for _, id := range sp.(*ast.ValueSpec).Names {
			if e := s.variableOf(id); e != nil && (e.global || s.w.known[s.w.scope(s.i)][e]) {
				stays = false
			}
		}
	}
	if stays {
		for _, sp := range gen.Specs {
			for _, id := range sp.(*ast.ValueSpec).Names {
				if e := s.variableOf(id); e != nil {
					s.fresh(e)
				}
			}
		}
		return
	}
	first := gen.Specs[0].Pos()
	s.edits = append(s.edits, edit{s.at(gen.Pos()), s.at(first), ""})
	if gen.Rparen.IsValid() {
		s.edits = append(s.edits, edit{s.at(gen.Rparen), s.at(gen.Rparen) + 1, ""})
	}
	for _, sp := range gen.Specs {
		s.spec(sp.(*ast.ValueSpec))
	}
}

func (s *bookStmts) spec(sp *ast.ValueSpec) {
	from, last := s.at(sp.Pos()), sp.Names[len(sp.Names)-1]
	named := slices.ContainsFunc(sp.Names, func(id *ast.Ident) bool { return s.variableOf(id) != nil })
	if len(sp.Values) == 0 {
		var lines []string
		for _, id := range sp.Names {
			e := s.variableOf(id)
			switch {
			case e == nil:
			case s.fresh(e):
				lines = append(lines, "var "+e.final+" "+s.span(sp.Type))
			case !s.firstHere(e, id): // Go's own zero value does for the first
				lines = append(lines, e.final+" = "+s.w.zero(e))
			}
		}
		s.edits = append(s.edits, edit{from, s.at(sp.End()), strings.Join(lines, "\n")})
		return
	}
	fresh := slices.DeleteFunc(slices.Clone(sp.Names), func(id *ast.Ident) bool {
		e := s.variableOf(id)
		return e == nil || e.global || s.w.known[s.w.scope(s.i)][e]
	})
	if !named || len(fresh) == len(sp.Names) {
		for _, id := range fresh {
			s.fresh(s.variableOf(id))
		}
		s.edits = append(s.edits, edit{from, from, "var "})
		return
	}
	sign := " := "
	if s.assigns(sp.Names, sp.End()) {
		sign = " = "
	}
	s.edits = append(s.edits, edit{s.at(last.End()), s.at(sp.Values[0].Pos()), sign})
}

// firstHere reports whether a declaration is the first of a variable.
func (s *bookStmts) firstHere(e *edition, id *ast.Ident) bool {
	first := s.w.first[e]
	return first.cell == s.i && first.stmt.Pos() <= id.Pos() && id.Pos() < first.stmt.End()
}

// result has the value of the last expression printed, as the notebook shows it.
func (s *bookStmts) result(e ast.Expr) {
	tv := s.c.checked.run.info.Types[e]
	if tv.IsNil() {
		s.edits = append(s.edits, edit{s.at(e.Pos()), s.at(e.End()), ""})
		return
	}
	if tv.IsVoid() || printsIt(s.c.checked.run.info, e) {
		return
	}
	if t, ok := tv.Type.(*types.Tuple); ok && t.Len() == 0 {
		return
	}
	if s.shows(e, tv.Type) {
		return
	}
	before, behind := s.w.printing(tv, e)
	s.edits = append(s.edits, edit{s.at(e.Pos()), s.at(e.Pos()), before}, edit{s.at(e.End()), s.at(e.End()), behind})
}

// shows reports whether an expression is a call of package display that shows something: its error is nothing to print.
func (s *bookStmts) shows(e ast.Expr, t types.Type) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || !types.Identical(t, types.Universe.Lookup("error").Type()) {
		return false
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		fn, ok := s.c.checked.run.info.Uses[f.Sel].(*types.Func)
		return ok && fn.Pkg() != nil && fn.Pkg().Path() == DisplayPath
	case *ast.Ident:
		return s.c.checked.run.isPreloaded(f)
	}
	return false
}

// printing is what stands around an expression whose value is printed.
func (w *bookWriter) printing(tv types.TypeAndValue, e ast.Expr) (before, behind string) {
	call := func(path, name, first string) (string, string) {
		return w.names.name(path, "") + "." + name + "(" + first, ")"
	}
	if tv.Value != nil && tv.Value.Kind() == constant.String { // go vet looks into the text that is printed
		text := constant.StringVal(tv.Value)
		switch {
		case strings.Contains(text, "%"):
			return call("fmt", "Printf", `"%s\n", `)
		case strings.HasSuffix(text, "\n"):
			return call("fmt", "Printf", `"%s\n", `)
		}
		return call("fmt", "Println", "")
	}
	if list, ok := tv.Type.(*types.Tuple); ok {
		if renders(list) || w.shows {
			return call(DisplayPath, "Result", "")
		}
		if w.show == "" {
			w.show = w.free("show", 0)
		}
		return w.show + "(", ")"
	}
	if renders(tv.Type) {
		return call(DisplayPath, "Result", "")
	}
	switch t := tv.Type.Underlying().(type) {
	case *types.Interface:
		if w.shows {
			return call(DisplayPath, "Result", "")
		}
		if w.show == "" {
			w.show = w.free("show", 0)
		}
		return w.show + "(", ")"
	case *types.Signature, *types.Chan:
		return call("fmt", "Printf", `"%T\n", `)
	case *types.Basic:
		return call("fmt", "Println", "")
	default:
		if saysItself(tv.Type) {
			return call("fmt", "Println", "")
		}
		if w.shows {
			return call(DisplayPath, "Result", "")
		}
		if locks(t) && tv.Addressable() {
			b, a := call("fmt", "Printf", `"%+v\n", &`)
			return b, a
		}
		return w.verb(t)
	}
}

// verb prints a composite value: strings quoted, structs with the names of their fields.
func (w *bookWriter) verb(t types.Type) (before, behind string) {
	fmt := w.names.name("fmt", "")
	elem := t
	for {
		switch u := elem.Underlying().(type) {
		case *types.Slice:
			elem = u.Elem()
			continue
		case *types.Array:
			elem = u.Elem()
			continue
		case *types.Pointer:
			elem = u.Elem()
			continue
		}
		break
	}
	switch u := elem.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsString != 0 && elem != t && !saysItself(elem) {
			return fmt + `.Printf("%q\n", `, ")"
		}
	case *types.Struct:
		if !saysItself(elem) {
			return fmt + `.Printf("%+v\n", `, ")"
		}
	}
	return fmt + ".Println(", ")"
}

// saysItself reports whether a type has a method by which package fmt writes it.
func saysItself(t types.Type) bool {
	set := types.NewMethodSet(t)
	return set.Lookup(nil, "String") != nil || set.Lookup(nil, "Error") != nil || set.Lookup(nil, "Format") != nil
}

// locks reports whether values of a type must not be copied.
func locks(t types.Type) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if locks(f.Type()) {
			return true
		}
	}
	named, ok := t.(*types.Named)
	if !ok {
		return false
	}
	set := types.NewMethodSet(types.NewPointer(named))
	return set.Lookup(nil, "Lock") != nil && set.Lookup(nil, "Unlock") != nil || named.Obj().Name() == "noCopy"
}
