package assist

import (
	"context"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/session"
)

// Inspect tells what stands at a byte offset of Go text, and the signature of the call it stands in.
func (d *Editor) Inspect(ctx context.Context, text string, at int) session.Inspection {
	q := questionAt(text, at)
	if q == (question{}) {
		return session.Inspection{}
	}
	if markdown, ok := d.describe(ctx, text, q); ok && markdown != "" {
		return Markdown(markdown)
	}
	return d.inspectKnown(ctx, text, q)
}

// question is what is asked about a place: offsets of the word there, of the name of the function that is called, of the
// argument to it. -1 means none.
type question struct {
	word, function, argument int
	asked                    bool
}

// questionAt reads what a place is about: the word it touches, and the call it is in.
func questionAt(text string, at int) question {
	q := question{word: -1, function: -1, argument: -1}
	start, quoted := cell.Quoted(text, at)
	from, to := cell.WordStart(text, at), cell.WordEnd(text, at)
	if from < to && !quoted && !('0' <= text[from] && text[from] <= '9') {
		q.word, q.asked = from, true
	}
	if quoted {
		at = start
	}
	if name, argument, ok := cell.Call(text, at); ok {
		q.function, q.argument, q.asked = cell.WordStart(text, name), argument, true
	}
	if !q.asked {
		return question{}
	}
	return q
}

// inspectKnown is what the kernel knows itself.
func (d *Editor) inspectKnown(ctx context.Context, text string, q question) session.Inspection {
	for _, at := range []int{q.word, q.function} {
		if at < 0 {
			continue
		}
		list := Names(d.notebook.State())
		if at > 0 && text[at-1] == '.' {
			list = d.notebook.Types().Members(ctx, d.notebook.State(), text[cell.WordStart(text, at-1):at-1])
		}
		for _, m := range list {
			if m.Name == text[at:cell.WordEnd(text, at)] {
				return Markdown("```go\n" + compile.Plain(strings.TrimSpace(m.Kind+" "+m.Name+" "+m.Type)) + "\n```")
			}
		}
	}
	return session.Inspection{}
}

// Markdown is Markdown, and the same for those that show text only.
func Markdown(markdown string) session.Inspection {
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
