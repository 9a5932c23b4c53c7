package magic

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/address"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
)

// escapeMode shows what the compiler decided about each line of a cell, then runs the cell.
func escapeMode(ctx context.Context, h Host, in Input) *session.Fault {
	if err := none("%%escape", in.Line.Args); err != nil {
		return faults.Plain("CommandError", err.Error()+": write %%escape alone above the cell")
	}
	out, own, fault := explain(ctx, h, in.Text, in.Code, "-m=2", "-d=ssa/check_bce")
	if fault != nil {
		return fault
	}
	notes := decisions(string(out), own)
	var plain, markup strings.Builder
	markup.WriteString("<table><tbody>\n")
	for n := range strings.Count(in.Text.Source, "\n") + 1 {
		n++
		source := in.Text.Line(n)
		if n <= directiveLines(in.Text, in.Code) || strings.TrimSpace(source) == "" && len(notes[n]) == 0 {
			continue
		}
		fmt.Fprintf(&plain, "%3d  %s\n", n, source)
		var list []string
		for _, s := range notes[n] {
			fmt.Fprintf(&plain, "       → %s\n", s)
			list = append(list, html.EscapeString(s))
		}
		fmt.Fprintf(&markup, "<tr><td>%d</td><td style=\"text-align:left\"><pre>%s</pre></td><td style=\"text-align:left\">%s</td></tr>\n", n,
			html.EscapeString(source), strings.Join(list, "<br>"))
	}
	markup.WriteString("</tbody></table>")
	h.Out().Display(session.Bundle{Data: map[string]any{"text/plain": plain.String(), "text/html": markup.String()}})
	return ordinary(h, in.Text, in.Code)
}

// directiveLines is how many lines at the top are commands: those blank in code and not in the text.
func directiveLines(text *cell.Text, code string) (n int) {
	for i, l := range strings.Split(code, "\n") {
		if strings.TrimSpace(l) == "" && strings.TrimSpace(text.Line(i+1)) != "" {
			n = i + 1
		}
	}
	return n
}

// explain compiles a cell for what the compiler says. Functions that nothing in the cell uses are compiled all the
// same; own is the id under which the cell's lines appear.
func explain(ctx context.Context, h Host, text *cell.Text, code string, how ...string) (out []byte, own string, fault *session.Fault) {
	syn, fault := h.Parse(text, code)
	if fault != nil {
		return nil, "", fault
	}
	if _, fault := h.Check(syn); fault != nil { // for errors in the reader's own words
		return nil, "", fault
	}
	at, more := len(code), uses(syn)
	if n := len(syn.Stmts); more != "" && n > 0 && cell.IsExpression(syn.Stmts[n-1]) { // which is shown, and has to stay the last
		at, more = syn.Offset(syn.Stmts[n-1].Pos()), more+"; "
	} else {
		more = "\n" + more
	}
	code = code[:at] + more + code[at:]
	whole := cell.NewText(text.Source[:at] + more + text.Source[at:])
	h.Cells().Remember(whole, h.Cell().Count)
	if syn, fault = h.Parse(whole, code); fault != nil {
		return nil, "", fault
	}
	unit, fault := h.Check(syn)
	if fault != nil {
		return nil, "", fault
	}
	if unit.Source == nil {
		return nil, "", faults.Plain("CommandError", "there is nothing to compile in this cell: write a function or a statement below the command")
	}
	type explained struct {
		out []byte
		err error
	}
	x, fault := aside(h, "compiling", func() explained {
		out, err := h.Builder().Explain(ctx, link.Unit{Source: unit.Source, Imports: unit.Imports, Entry: unit.Entry, Key: strings.TrimPrefix(unit.Entry, "Run_")}, how...)
		return explained{out, err}
	})
	var refused *link.CompileError
	switch {
	case fault != nil:
		return nil, "", fault
	case x.err == nil:
		return x.out, whole.ID, nil
	case errors.As(x.err, &refused):
		return nil, "", h.Cells().Compiler(refused.Lines)
	}
	return nil, "", h.Cells().Internal(x.err)
}

// uses mentions every function and type that a cell declares, for declarations alone are not compiled.
func uses(syn *cell.Syntax) string {
	var out []string
	for _, f := range syn.Funcs {
		if d := f.Decl; d.Recv == nil && d.Type.TypeParams == nil && d.Body != nil && d.Name.Name != "init" && d.Name.Name != "_" {
			out = append(out, "_ = "+d.Name.Name)
		}
	}
	for _, s := range syn.Stmts {
		d, ok := s.(*ast.DeclStmt)
		if !ok {
			continue
		}
		if g, ok := d.Decl.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, s := range g.Specs {
				if t := s.(*ast.TypeSpec); t.TypeParams == nil {
					out = append(out, "_ = (*"+t.Name.Name+")(nil)")
				}
			}
		}
	}
	return strings.Join(out, "; ")
}

var (
	decision = regexp.MustCompile(`^` + address.FilePattern + `:(\d+)(?::\d+)?: (.*)$`)
	because  = regexp.MustCompile(`^\s+from (.*) \(([^()]*)\) at ` + address.FilePattern + `:(\d+)`)
	costOf   = regexp.MustCompile(`^can inline (\S+) with cost (\d+) as: .*`)
	inFunc   = regexp.MustCompile(` in (\S+):$`)
	unitName = regexp.MustCompile(`\bnb\.`)
)

// decisions reads -m=2 and check_bce: the notes by line of the cell.
func decisions(out, own string) map[int][]string {
	notes := map[int][]string{}
	why := map[string]string{} // of what escapes, the last step of the way out
	last := ""
	for line := range strings.SplitSeq(out, "\n") {
		m := decision.FindStringSubmatch(line)
		if m == nil || m[1] != own {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		what := strings.TrimRight(m[3], " ")
		at := m[2] + ":"
		if b := because.FindStringSubmatch(m[3]); b != nil {
			why[last] = fmt.Sprintf("%s, line %s", map[bool]string{true: "by " + b[2], false: b[2]}[!strings.Contains(b[2], " ")], b[4])
			continue
		}
		switch {
		case strings.HasPrefix(what, " "), strings.HasPrefix(what, "ignoring self"):
			continue
		case inFunc.MatchString(what): // the explanation of what comes again, shorter
			name := inFunc.ReplaceAllString(what, "")
			last = at + strings.TrimSuffix(name, " escapes to heap")
			continue
		case strings.HasPrefix(what, "parameter ") && strings.Contains(what, " leaks to "):
			continue
		}
		what = decided(what, func(name string) string { return why[at+name] })
		if what != "" && !slices.Contains(notes[n], what) {
			notes[n] = append(notes[n], what)
		}
	}
	return notes
}

// decided words one decision.
func decided(what string, why func(string) string) string {
	with := func(s, name string) string {
		if w := why(name); w != "" {
			return s + " (" + w + ")"
		}
		return s
	}
	name, moved := strings.CutPrefix(what, "moved to heap: ")
	thing, escapes := strings.CutSuffix(what, " escapes to heap")
	switch {
	case moved:
		what = with(what, name)
	case escapes:
		what = with(what, thing)
	case what == "Found IsInBounds":
		what = "bounds check of an index"
	case what == "Found IsSliceInBounds":
		what = "bounds check of a slice expression"
	case costOf.MatchString(what):
		what = costOf.ReplaceAllString(what, "can inline $1, cost $2 of 80")
	}
	if strings.Contains(what, "first"+compilePrime) || strings.Contains(what, "inline Run_") {
		return ""
	}
	return wording(what)
}

const compilePrime = "ʹ"

// wording removes what the reader did not write.
func wording(s string) string {
	return faults.InCell(unitName.ReplaceAllString(s, ""))
}

// asmMode shows the assembly of the cell's functions, then runs the cell.
func asmMode(ctx context.Context, h Host, in Input) *session.Fault {
	words, err := splitWords(in.Line.Args)
	if err == nil && len(words) > 1 {
		err = fmt.Errorf("it takes one function, and got %d: write %%%%asm %s", len(words), words[0])
	}
	if err != nil {
		return faults.Plain("CommandError", "%%asm: "+err.Error())
	}
	out, own, fault := explain(ctx, h, in.Text, in.Code, "-S")
	if fault != nil {
		return fault
	}
	funcs := assembly(h.Cells(), string(out), own, strings.Count(in.Text.Source, "\n")+1)
	var names []string
	for _, f := range funcs {
		names = append(names, f.name)
	}
	if len(words) > 0 {
		asked := words[0]
		funcs = slices.DeleteFunc(funcs, func(f asmFunc) bool { return f.name != asked && !strings.HasPrefix(f.name, asked+".") })
		if len(funcs) == 0 {
			return faults.Plain("CommandError", fmt.Sprintf("%%%%asm: the cell has no function %s; there are %s: write %%%%asm %s", asked,
				strings.Join(names, ", "), names[0]))
		}
	}
	var plain, markup strings.Builder
	for _, f := range funcs {
		fmt.Fprintf(&plain, "%s: %d bytes\n%s\n", f.name, f.size, strings.Join(f.lines, "\n"))
		fmt.Fprintf(&markup, "<details open><summary><b>%s</b>: %d bytes</summary><pre>%s</pre></details>\n", html.EscapeString(f.name), f.size,
			html.EscapeString(strings.Join(f.lines, "\n")))
	}
	h.Out().Display(session.Bundle{Data: map[string]any{"text/plain": plain.String(), "text/html": markup.String()}})
	return ordinary(h, in.Text, in.Code)
}

// asmFunc is one function in assembly.
type asmFunc struct {
	name  string
	size  int
	lines []string
}

// mostAssembly is how many instructions of a function are shown.
const mostAssembly = 400

var (
	asmHead = regexp.MustCompile(`^(\S.*) STEXT.* size=(\d+) `)
	asmLine = regexp.MustCompile(`^\t0x[0-9a-f]+ (\d+) \((?:` + address.FilePattern + `:(\d+))?[^)]*\)\t(\S+)(?:\t(.*))?$`)
)

// assembly reads -S: the functions that have one of the lines of the cell. The line of the cell stands above its instructions.
func assembly(cells *faults.Cells, out, own string, lines int) []asmFunc {
	var list []asmFunc
	var f *asmFunc
	at, more, mine := "", 0, false
	flush := func() {
		if f != nil && mine && len(f.lines) > 0 {
			if more > 0 {
				f.lines = append(f.lines, fmt.Sprintf("      … %d instructions more", more))
			}
			list = append(list, *f)
		}
		f, at, more, mine = nil, "", 0, false
	}
	for line := range strings.SplitSeq(out, "\n") {
		if m := asmHead.FindStringSubmatch(line); m != nil {
			flush()
			if name := wording(m[1]); !strings.HasPrefix(name, "type:") && !strings.Contains(m[1], "first"+compilePrime) {
				f = &asmFunc{name: name}
				f.size, _ = strconv.Atoi(m[2])
			}
			continue
		}
		m := asmLine.FindStringSubmatch(line)
		if f == nil || m == nil || slices.Contains([]string{"PCDATA", "FUNCDATA", "NOP", "TEXT"}, m[4]) || strings.HasPrefix(m[5], "nb.first"+compilePrime) {
			continue
		}
		if n, _ := strconv.Atoi(m[3]); m[2] == own && n <= lines {
			mine = true
		}
		if len(f.lines) >= mostAssembly {
			more++
			continue
		}
		if m[2] != "" && m[2]+m[3] != at {
			at = m[2] + m[3]
			where, source := cells.Place(m[2], m[3])
			if source != "" {
				f.lines = append(f.lines, where+"  "+strings.TrimSpace(source))
			}
		}
		f.lines = append(f.lines, strings.TrimRight(fmt.Sprintf("    %5s  %-10s %s", strings.TrimLeft(m[1][:len(m[1])-1], "0")+m[1][len(m[1])-1:], m[4],
			wording(strings.ReplaceAll(m[5], "\t", " "))), " "))
	}
	flush()
	return list
}
