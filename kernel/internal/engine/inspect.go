package engine

import (
	"context"
	"strings"
	"unicode/utf8"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/session"
)

// Inspect implements session.Engine: what stands at the cursor, and the signature of the call it stands in.
func (e *Engine) Inspect(ctx context.Context, code string, cursor, detail int) session.Inspection {
	at := byteOffset(code, cursor)
	text, answer, done := e.inspectCommand(code, at)
	switch {
	case done:
		return answer
	case !e.isOpen():
		return session.Inspection{}
	}
	q := ask(text, at)
	if q == (question{}) {
		return session.Inspection{}
	}
	if markdown, ok := e.editor.describe(ctx, text, q); ok && markdown != "" {
		return inspection(markdown)
	}
	return e.inspectKnown(ctx, text, q)
}

// question is what is asked about a place: offsets of the word there, of the name of the function that is called, of the
// argument to it. -1 means none.
type question struct {
	word, function, argument int
	asked                    bool
}

// ask reads what a place is about: the word it touches, and the call it is in.
func ask(text string, at int) question {
	q := question{word: -1, function: -1, argument: -1}
	start, quoted := cell.Quoted(text, at)
	from, to := wordStart(text, at), wordEnd(text, at)
	if from < to && !quoted && !('0' <= text[from] && text[from] <= '9') {
		q.word, q.asked = from, true
	}
	if quoted {
		at = start
	}
	if name, argument, ok := cell.Call(text, at); ok {
		q.function, q.argument, q.asked = wordStart(text, name), argument, true
	}
	if !q.asked {
		return question{}
	}
	return q
}

// inspectKnown is what the kernel knows itself.
func (e *Engine) inspectKnown(ctx context.Context, text string, q question) session.Inspection {
	for _, at := range []int{q.word, q.function} {
		if at < 0 {
			continue
		}
		list := e.names()
		if at > 0 && text[at-1] == '.' {
			list = e.types().Members(ctx, e.snapshot(), text[wordStart(text, at-1):at-1])
		}
		for _, m := range list {
			if m.Name == text[at:wordEnd(text, at)] {
				return inspection("```go\n" + compile.Plain(strings.TrimSpace(m.Kind+" "+m.Name+" "+m.Type)) + "\n```")
			}
		}
	}
	return session.Inspection{}
}

// inspection is Markdown, and the same for those that show text only.
func inspection(markdown string) session.Inspection {
	return session.Inspection{Found: true, Data: map[string]any{"text/markdown": markdown, "text/plain": plainText(markdown)}}
}

// plainText takes the marks out of gopls's Markdown: fences, rules, links, escapes.
func plainText(markdown string) string {
	var out []string
	fenced := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			continue
		case !fenced && line == "---":
			continue
		case !fenced:
			line = unlink(line)
		}
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// unlink makes [text](address) text, and removes backslashes before punctuation and the marks of code.
func unlink(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case '\\':
			if i+1 < len(line) && strings.IndexByte("\\`*_{}[]()#+-.!<>|~\"", line[i+1]) >= 0 {
				i++
			}
			b.WriteByte(line[i])
		case '[':
			text, rest, ok := strings.Cut(line[i+1:], "](")
			end := strings.IndexByte(rest, ')')
			if !ok || end < 0 || strings.ContainsAny(text, "[]") {
				b.WriteByte(c)
				continue
			}
			b.WriteString(strings.ReplaceAll(text, "`", ""))
			i += 1 + len(text) + 2 + end
		case '`':
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// explainName shows the documentation of a name in the front end's pager.
func (e *Engine) explainName(r *run, name string) *session.Fault {
	answer := e.Inspect(r.ctx, name, utf8.RuneCountInString(name), 0)
	if !answer.Found {
		return plainFault("CommandError", "nothing is known of "+name+": is it declared, or a package's (strings.ToUpper)?")
	}
	r.pages = append(r.pages, map[string]any{"source": "page", "data": answer.Data, "start": 0})
	return nil
}
