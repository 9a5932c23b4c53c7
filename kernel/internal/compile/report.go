package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// report turns the errors of a view into faults of the cell; skip drops some.
func (j *typed) report(v *view, skip func(viewError) bool) {
	skipped, last := false, -1
	for _, e := range v.errs {
		look(j.ctx)
		message, more := strings.CutPrefix(declaredAt.ReplaceAllString(e.message, ""), "\t")
		if more && (skipped || last >= 0) { // a second place of the error before
			if !skipped && e.text == j.syn.Text {
				line, _ := e.text.Position(e.offset)
				j.diags[last].Message += fmt.Sprintf("; %s (line %d)", message, line)
			}
			continue
		}
		skipped, last = skip != nil && skip(e), -1
		if skipped {
			continue
		}
		at := e.offset
		if e.text != j.syn.Text {
			if e.text != nil || len(j.diags) > 0 {
				skipped = true
				continue // reported where the declaration is looked at, or an echo in generated text
			}
			at = 0
		}
		message, at = j.ofShown(e, message, at)
		if message == noNew {
			message, at = v.redefined(e, at)
		}
		m, faults := j.explain(v, e)
		if len(faults) > 0 {
			j.diags = append(j.diags, faults...)
			skipped = true
			continue
		}
		if m != "" {
			message = m
		}
		message = j.ofUndefined(message)
		last = len(j.diags)
		j.diags = append(j.diags, Diagnostic{j.syn.Text, at, message + j.hides(message)})
	}
}

// ofShown words an error in the last expression of the cell, which the view has as an argument.
func (j *typed) ofShown(e viewError, message string, at int) (string, int) {
	show := j.run.shown
	switch {
	case show == nil:
	case e.text == nil && strings.HasPrefix(message, "in call to "+Plain(showName)+", cannot infer "):
		_, at, _ = j.run.at(show.Pos())
		message = fmt.Sprintf("cannot use generic function %s without instantiation", Plain(types.ExprString(show)))
	case e.pos >= show.Pos() && e.pos < show.End(): // a constant that no int holds
		message = strings.Replace(message, " in argument to "+Plain(showName)+" (", " (", 1)
	}
	return message, at
}

// ofUndefined adds to the error that a name is undefined what may be meant, and why it is not there.
func (j *typed) ofUndefined(message string) string {
	name, ok := strings.CutPrefix(message, "undefined: ")
	if !ok {
		return message
	}
	if why := j.whyUndefined(name); why != "" {
		return fmt.Sprintf("undefined: %s (%s)", name, why)
	}
	if near := j.nearSymbol(name); near != "" {
		return message + " (but have " + near + ")"
	}
	return message
}

// hides says which package, predeclared function or type a fault is about when a name of the notebook stands before it.
func (j *typed) hides(message string) string {
	name, what := "", ""
	if m := noMember.FindStringSubmatch(message); m != nil {
		name = m[1]
		if slices.ContainsFunc(j.c.named(name), func(p *types.Package) bool { return token.IsExported(m[2]) && p.Scope().Lookup(m[2]) != nil }) {
			path, _ := j.c.Suggest(j.ctx, name, m[2:])
			what = "package " + path
		}
	} else if m := noFunction.FindStringSubmatch(message); m != nil {
		name, what = m[1], predeclared(m[1])
	} else if m := noType.FindStringSubmatch(message); m != nil {
		name, what = m[1], predeclared(m[1])
	}
	if what == "" {
		return ""
	}
	cure := "give it another name"
	before := j.old.Vars[name] != nil || j.old.Decls[name] != nil
	if before && !j.own[name] && !j.run.declares(name) {
		cure = "%forget " + name + " ends that"
	}
	return fmt.Sprintf("; %s hides %s: %s", name, what, cure)
}

// predeclared says what the language means by a name that can be called or is a type, "" if nothing of the kind.
func predeclared(name string) string {
	switch types.Universe.Lookup(name).(type) {
	case *types.Builtin:
		return "the predeclared function"
	case *types.TypeName:
		return "the predeclared type"
	}
	return ""
}

var (
	noMember   = regexp.MustCompile(`^(\w+)\.(\w+) undefined \(type .* has no field or method`)
	noFunction = regexp.MustCompile(`^invalid operation: cannot call (\w+) \(`)
	noType     = regexp.MustCompile(`^(\w+) (?:\(.*\) )?is not a type`)
)

// noNew is what the checker says of a := without a variable of its own, at the :=.
const noNew = "no new variables on left side of :="

// redefined adds to that error which variables are there already, and points at the first.
func (v *view) redefined(e viewError, at int) (message string, offset int) {
	message, offset = e.message, at
	inspect(v.ctx, v.file, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.TokPos != e.pos {
			return true
		}
		var names []string
		for _, x := range a.Lhs {
			if id, ok := x.(*ast.Ident); ok && id.Name != "_" {
				names = append(names, id.Name)
			}
		}
		if len(names) > 0 {
			message = fmt.Sprintf("%s (%s declared already; assign with =)", e.message, theyAre(names))
			if _, start, ok := v.at(a.Pos()); ok {
				offset = start
			}
		}
		return false
	})
	return message, offset
}

// theyAre lists names before what is said of them.
func theyAre(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last] + " are"
	}
	return names[0] + " is"
}

// declaredAt is a place in the view, which says nothing to a reader.
var declaredAt = regexp.MustCompile(` \(declared at \d+:\d+\)`)

// nearSymbol is what a misspelt symbol of a package most likely means; the checker itself tells of other capitals.
func (j *typed) nearSymbol(name string) string {
	qualifier, symbol, ok := strings.Cut(name, ".")
	if !ok || strings.ContainsRune(symbol, ' ') {
		return ""
	}
	pkg, err := j.c.importer.Import(j.next.Imports[qualifier])
	if err != nil {
		return ""
	}
	return nearest(pkg, symbol)
}

// whyUndefined explains what the checker does not know of.
func (j *typed) whyUndefined(name string) string {
	if why := j.whyGone(name); why != "" {
		return why
	}
	if d, ok := j.c.packages.(Declarer); ok {
		return d.Declared(name)
	}
	return ""
}

// whyGone tells of names that went, and of names that the cell itself has.
func (j *typed) whyGone(name string) string {
	if why := j.old.Lost[name]; why != "" {
		return why
	}
	for _, f := range j.syn.Funcs {
		if f.Decl.Body == nil && f.Decl.Recv == nil && f.Decl.Name.Name == name {
			return "it is declared without a body, which a cell keeps as documentation: assembly and go:linkname belong into a package of the notebook's module"
		}
	}
	if why := j.notStoodIn(name); why != "" {
		return why
	}
	if j.run.declares(name) {
		return "the cell declares it further down; statements run from top to bottom"
	}
	return j.cannot[name]
}
