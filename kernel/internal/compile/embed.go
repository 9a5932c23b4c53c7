package compile

import (
	"go/ast"
	"go/token"
	"strings"

	"interleave/kernel/internal/cell"
)

// embedDirective begins the comment that has the go command put files into a variable. It stands above a variable of
// package level; its patterns are seen from the folder of the source file.
const embedDirective = "//go:embed"

// isEmbed reports whether a comment is such a directive.
func isEmbed(comment string) bool {
	rest, ok := strings.CutPrefix(comment, embedDirective)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t"))
}

// embedsOf calls f for each directive of a cell.
func embedsOf(code string, f func(at int, text string)) {
	if !strings.Contains(code, embedDirective) {
		return
	}
	cell.Comments(code, func(at int, text string) {
		if isEmbed(text) {
			f(at, text)
		}
	})
}

// refuseEmbeds faults directives in an ordinary cell: the go command has no part in it.
func (j *job) refuseEmbeds() {
	embedsOf(j.syn.Code, func(at int, _ string) {
		j.fault(at, "//go:embed works in programs only: write %%%%program above the cell, or read the file with os.ReadFile")
	})
}

// findEmbeds finds the variables below the directives of a program. Those within functions are left to the compiler.
func (w *programWriter) findEmbeds() {
	embedsOf(w.syn.Code, func(at int, text string) {
		if w.inDecl(at) {
			return
		}
		spec := specBelow(w.syn, at+len(text))
		switch {
		case spec == nil:
			w.fault(at, "//go:embed stands right above a var declaration of the cell's top level")
		case len(spec.Names) != 1 || len(spec.Values) > 0:
			w.fault(at, "//go:embed stands above one variable with a type and without a value")
		default:
			if w.embeds == nil {
				w.embeds = map[int][]int{}
			}
			name := w.syn.Offset(spec.Names[0].Pos())
			w.embeds[name] = append(w.embeds[name], at)
		}
	})
}

// specBelow is the variable declaration of the cell's top level that begins below an offset, with nothing but blanks
// and comments between.
func specBelow(syn *cell.Syntax, at int) *ast.ValueSpec {
	for _, s := range syn.Stmts {
		gen := genDecl(s)
		if gen == nil || gen.Tok != token.VAR {
			continue
		}
		for i, sp := range gen.Specs {
			start := syn.Offset(sp.Pos())
			if i == 0 && !gen.Lparen.IsValid() {
				start = syn.Offset(gen.Pos())
			}
			if start >= at && onlyComments(syn.Code[at:start]) {
				return sp.(*ast.ValueSpec)
			}
		}
	}
	return nil
}

// onlyComments reports whether text has blanks and comments of one line only, as the compiler wants it below a
// directive.
func onlyComments(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return false
		}
	}
	return true
}

// embedLines writes the directives of a variable above it.
func (w *programWriter) embedLines(src *source, t *top) {
	for _, at := range w.embeds[t.offset] {
		w.n.line(src, w.syn.Text, at)
		text, _, _ := strings.Cut(w.syn.Code[at:], "\n")
		src.gen(strings.TrimSpace(text), "\n")
	}
}
