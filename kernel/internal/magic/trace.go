package magic

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/picture"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/timeline"
)

// traceMode runs a cell under runtime/trace and draws what its goroutines did.
func traceMode(_ context.Context, h Host, in Input) *session.Fault {
	var file, variable string
	rest, err := parseFlags("%%trace", in.Line.Args, []flagSpec{
		{"-o", "run.trace", func(v string) error { file = v; return nil }},
		{"-var", "rec", func(v string) error {
			if !token.IsIdentifier(v) {
				return errors.New("is no name of a variable")
			}
			variable = v
			return nil
		}},
	})
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%%%%trace takes no argument %s: write %%%%trace, %%%%trace -o run.trace or %%%%trace -var rec", rest[0])
	}
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	if f := refuseTracing(h, in.Text, in.Code); f != nil {
		return f
	}
	return runWatched(h, "trace", in.Text, in.Code, func(w recorded) error {
		if u := w.ended.Usage; u != nil && u.Failed != "" {
			return fmt.Errorf("%%%%trace: the runtime did not trace (%s): it writes one trace at a time, and one was on already; call trace.Stop first", u.Failed)
		}
		if waitFile(w.file) != nil {
			return nil // the worker died, or the cell never ran
		}
		if err := showTrace(h, w); err != nil {
			return fmt.Errorf("%%%%trace: %w", err)
		}
		if variable != "" && w.ended.Usage != nil {
			if f := keepTrace(h, variable, w.file); f != nil {
				return &faults.Error{Fault: f}
			}
		}
		if file == "" {
			return nil
		}
		return copyFile(inDir(file, h.Process().Folder()), w.file)
	})
}

// waitFile waits a moment for a recording that an interrupt has ended.
func waitFile(name string) error {
	var err error
	for range 20 {
		if _, err = os.Stat(name); err == nil {
			return nil
		}
		if _, partly := os.Stat(name + ".part"); partly != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// showTrace decodes and draws a recording.
func showTrace(h Host, w recorded) error {
	f, err := os.Open(w.file)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := timeline.Read(f, h.Cells().Line)
	if errors.Is(err, timeline.ErrEmpty) {
		return errors.New("nothing ran in the trace")
	}
	if err != nil {
		return err
	}
	t.Cut = t.Cut || w.ended.Usage != nil && w.ended.Usage.Cut
	p, err := t.Draw()
	if err != nil {
		return err
	}
	text := t.Summary() + "\n" + t.Table()
	if t.Cut {
		text += fmt.Sprintf("shown: the first %v of %v (%d events)\n", t.Length.Round(time.Millisecond), max(w.ended.Running, t.Length).Round(time.Millisecond), t.Events)
	}
	h.Out().Display(pictureBundle(p, text))
	return nil
}

// pictureBundle shows a picture also where SVG is not trusted.
func pictureBundle(p picture.Picture, text string) session.Bundle {
	size := map[string]any{"width": p.Width, "height": p.Height}
	return session.Bundle{
		Data:     map[string]any{"image/png": p.PNG, "image/svg+xml": p.SVG, "text/plain": text},
		Metadata: map[string]any{"image/png": size},
	}
}

// refuseTracing refuses a cell that starts a trace of its own.
func refuseTracing(h Host, text *cell.Text, code string) *session.Fault {
	syn, fault := h.Parse(text, code)
	if fault != nil {
		return fault
	}
	st := h.State()
	// The import that would be added is that of runtime/trace, for no other package trace has a Start.
	names := map[string]bool{"trace": st.Vars["trace"] == nil && st.Decls["trace"] == nil && !names(syn, "trace")}
	for name, path := range st.Imports {
		names[name] = path == "runtime/trace"
	}
	for _, im := range syn.Imports {
		name := im.Name
		if name == "" {
			name = filepath.Base(im.Path)
		}
		names[name] = im.Path == "runtime/trace"
	}
	at := -1
	look := func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Start" && at < 0 {
			if id, ok := s.X.(*ast.Ident); ok && names[id.Name] {
				at = syn.Offset(s.Pos())
			}
		}
		return true
	}
	for _, s := range syn.Stmts {
		ast.Inspect(s, look)
	}
	for _, f := range syn.Funcs {
		ast.Inspect(f.Decl, look)
	}
	if at < 0 {
		return nil
	}
	line, _ := text.Position(at)
	return faults.Plain("CommandError", fmt.Sprintf(
		"%%%%trace: the cell calls trace.Start itself (%s:%d: %s), and the runtime writes one trace at a time: leave out that call, or %%%%trace",
		h.Cells().Name(text), line, text.Line(line)))
}

// names reports whether a cell gives a variable or a parameter a name.
func names(syn *cell.Syntax, name string) (found bool) {
	look := func(n ast.Node) bool {
		var list []*ast.Ident
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				if id, ok := x.(*ast.Ident); ok && n.Tok == token.DEFINE {
					list = append(list, id)
				}
			}
		case *ast.ValueSpec:
			list = n.Names
		case *ast.Field:
			list = n.Names
		}
		for _, id := range list {
			found = found || id.Name == name
		}
		return true
	}
	for _, s := range syn.Stmts {
		ast.Inspect(s, look)
	}
	for _, f := range syn.Funcs {
		ast.Inspect(f.Decl, look)
	}
	return found
}

// keepTrace declares a variable that holds the recording: the source of a cell nobody sees.
func keepTrace(h Host, name, file string) *session.Fault {
	source := "import interleaveRecording \"interleave/plots/trace\"\nimport interleaveOS \"os\"\nvar " + name + " *interleaveRecording.Recording\n" +
		"if f, err := interleaveOS.Open(" + strconv.Quote(file) + "); err != nil { panic(err) } else if " + name +
		", err = interleaveRecording.Read(f); err != nil { panic(err) } else { f.Close() }\n"
	text := cell.NewText(source)
	h.Cells().Remember(text, h.Cell().Count)
	_, fault := h.Run(text, source, Recording{})
	h.Change(func(next *compile.State) error {
		delete(next.Imports, "interleaveRecording")
		delete(next.Imports, "interleaveOS")
		return nil
	})
	return fault
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
