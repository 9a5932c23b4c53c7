package compile

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
)

// cgoPath is the import path by which Go code uses C. Only programs of their own can: cgo makes C and Go files of a
// package and compiles them with the C compiler, which is the go command's work.
const cgoPath = "C"

// importC puts an import of C in force.
func (j *declared) importC(im cell.Import) {
	switch {
	case !j.program:
		j.fault(im.Offset, "only a program can import \"C\": write %%%%program above the cell, or put the cgo code into a package of the notebook's module and import that")
		return
	case im.Name != "":
		j.fault(im.Offset, "cannot rename import \"C\"")
		return
	}
	j.next.Forget(cgoPath)
	delete(j.next.Lost, cgoPath)
	j.next.Imports[cgoPath] = cgoPath
}

// usesC reports whether a cell imports C.
func usesC(syn *cell.Syntax) bool {
	return slices.ContainsFunc(syn.Imports, func(im cell.Import) bool { return im.Path == cgoPath })
}

// preambles writes the imports of C with the C source above them. A //line directive must not touch that comment, as
// cgo would take it for C.
func preambles(syn *cell.Syntax) string {
	var b strings.Builder
	for _, im := range syn.Imports {
		if im.Path != cgoPath {
			continue
		}
		if c := strings.TrimSpace(syn.Code[im.Doc[0]:im.Doc[1]]); c != "" {
			line, _ := syn.Text.Position(im.Doc[0])
			fmt.Fprintf(&b, "\n%s\n\n%s\n", address.Directive(syn.Text.ID, max(line-1, 1)), c)
		}
		b.WriteString("import \"C\"\n")
	}
	return b.String()
}

// typeOf is the type that the declaration of a variable names, nil if it names none.
func (w *programWriter) typeOf(t *top) (typ ast.Expr) {
	for _, s := range w.run.stmts {
		gen := genDecl(labelled(s))
		if gen == nil {
			continue
		}
		for _, spec := range gen.Specs {
			if vs, ok := spec.(*ast.ValueSpec); ok && slices.ContainsFunc(vs.Names, func(id *ast.Ident) bool { return w.run.topOf(id) == t }) {
				return vs.Type
			}
		}
	}
	return nil
}

// splitTest writes a test function into the file of its own that it has beside C, and returns what is left to write of
// it in the other: nothing, or the function itself under another name, when it uses C.
func (w *programWriter) splitTest(d *Decl) *Decl {
	if w.apart == nil || d.Kind != FuncKind || !slices.Contains(w.tests, d.Names[0]) {
		return d
	}
	if !slices.ContainsFunc(d.holes, func(h hole) bool { return h.ref == ref{refImport, cgoPath} }) {
		w.naming(w.apartNames).decl(w.apart, d, "")
		return nil
	}
	name := d.Names[0]
	inner := name + prime + prime
	if param := testParameter(name); param != "" {
		w.apart.gen("func ", name, "(t *", w.apartNames.name("testing", ""), ".", param, ") { ", inner, "(t) }\n")
	} else {
		w.apart.gen("func ", name, "() {\n", inner, "()\n", exampleOutput.FindString(d.Text.Source[d.body:d.End-1]), "\n}\n")
	}
	renamed := *d
	renamed.fixes = append(slices.Clone(d.fixes), edit{d.name, d.name + len(name), inner})
	return &renamed
}

// testParameter is the type of package testing that a test function takes, "" for an example.
func testParameter(name string) string {
	switch {
	case name == "TestMain":
		return "M"
	case strings.HasPrefix(name, "Test"):
		return "T"
	case strings.HasPrefix(name, "Benchmark"):
		return "B"
	case strings.HasPrefix(name, "Fuzz"):
		return "F"
	}
	return ""
}

// exampleOutput is the comment at the end of an example that says what it prints.
var exampleOutput = regexp.MustCompile(`(?is)//[ \t]*(unordered )?output:.*`)
