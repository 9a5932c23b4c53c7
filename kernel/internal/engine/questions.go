package engine

import (
	"context"
	"unicode/utf8"

	"interleave/kernel/internal/assist"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/session"
)

// Complete implements session.Engine. Package magic completes commands, package assist Go.
func (e *Engine) Complete(ctx context.Context, code string, cursor int) session.Completion {
	at := byteOffset(code, cursor)
	text, c, done := magic.Complete(notebook{place{e}}, code, at)
	switch {
	case done:
	case e.isOpen():
		c = e.editor.Complete(ctx, text, at)
	default:
		c = session.Completion{Start: at, End: at}
	}
	c.Start, c.End = runeOffset(code, c.Start), runeOffset(code, c.End)
	return c
}

// Inspect implements session.Engine: what stands at the cursor, and the signature of the call it stands in.
func (e *Engine) Inspect(ctx context.Context, code string, cursor, detail int) session.Inspection {
	at := byteOffset(code, cursor)
	text, markdown, done := magic.Inspect(code, at)
	switch {
	case done && markdown != "":
		return assist.Markdown(markdown)
	case done:
		return session.Inspection{}
	case !e.isOpen():
		return session.Inspection{}
	}
	return e.editor.Inspect(ctx, text, at)
}

// explainName shows the documentation of a name in the front end's pager.
func (r *run) explainName(name string) *session.Fault {
	answer := r.e.Inspect(r.ctx, name, utf8.RuneCountInString(name), 0)
	if !answer.Found {
		return faults.Plain("CommandError", "nothing is known of "+name+": is it declared, or a package's (strings.ToUpper)?")
	}
	r.page(answer.Data)
	return nil
}

// notebook is what packages assist and magic see of an engine while somebody types.
type notebook struct{ place }

// IsOpen implements assist.Notebook.
func (n notebook) IsOpen() bool { return n.e.isOpen() }

// Running implements assist.Notebook.
func (n notebook) Running() bool {
	n.e.mu.Lock()
	defer n.e.mu.Unlock()
	return n.e.running != nil
}

// State implements assist.Notebook.
func (n notebook) State() *compile.State { return n.e.snapshot() }

// Linker implements assist.Notebook.
func (n notebook) Linker() *link.Builder { return n.e.linker() }

// Types implements assist.Notebook.
func (n notebook) Types() *compile.Checker { return n.e.types() }

func (e *Engine) isOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.opened:
		return e.openErr == nil
	default:
		return false
	}
}

// byteOffset turns a count of code points into a byte offset.
func byteOffset(text string, points int) int {
	for i := range text {
		if points <= 0 {
			return i
		}
		points--
	}
	return len(text)
}

// runeOffset turns a byte offset into a count of code points.
func runeOffset(text string, offset int) int {
	return len([]rune(text[:min(max(offset, 0), len(text))]))
}
