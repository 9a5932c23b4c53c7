package check

import (
	"fmt"
	"html"
	"strings"
)

// group is a finding, or several in a row that say the same, such as that an answer is too short for any of them.
type group struct {
	Finding
	checks []string
}

func (r *Report) groups() []group {
	var out []group
	for _, f := range r.Findings {
		if n := len(out); n > 0 && f.says(out[n-1].Finding) {
			out[n-1].checks = append(out[n-1].checks, f.Check)
			continue
		}
		out = append(out, group{f, []string{f.Check}})
	}
	return out
}

// says reports whether two findings have the same words, and some.
func (f Finding) says(g Finding) bool {
	return f.Message != "" && f.Verdict == g.Verdict && f.Message == g.Message && text(f.Evidence) && text(g.Evidence) && f.Evidence == g.Evidence
}

// text reports whether evidence is nothing but text, or nothing.
func text(evidence any) bool {
	_, ok := evidence.(string)
	return ok || evidence == nil
}

// String lists the findings, with their evidence; its last line is "N passed, M failed".
func (r *Report) String() string {
	var b strings.Builder
	for _, g := range r.groups() {
		fmt.Fprintf(&b, "%-12s  %s\n", g.Verdict, strings.Join(g.checks, ", "))
		text := g.Message
		if g.Evidence != nil {
			text += "\n" + fmt.Sprint(g.Evidence)
		}
		for line := range strings.Lines(strings.TrimSpace(text)) {
			b.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	b.WriteString(r.summary() + "\n")
	return b.String()
}

// HTML is the same with the evidence as a notebook shows it.
func (r *Report) HTML() string {
	var b strings.Builder
	b.WriteString("<ul>\n")
	for _, g := range r.groups() {
		fmt.Fprintf(&b, "<li><strong>%s</strong>: %s", g.Verdict, html.EscapeString(strings.Join(g.checks, ", ")))
		if g.Message != "" {
			b.WriteString("<br>" + strings.ReplaceAll(html.EscapeString(g.Message), "\n", "<br>"))
		}
		switch e := g.Evidence.(type) {
		case nil:
		case interface{ HTML() string }:
			b.WriteString(e.HTML())
		default:
			b.WriteString("<pre>" + html.EscapeString(fmt.Sprint(e)) + "</pre>")
		}
		b.WriteString("</li>\n")
	}
	fmt.Fprintf(&b, "</ul>\n<p><strong>%s</strong></p>\n", r.summary())
	return b.String()
}

// SimpleRender is what a notebook shows.
func (r *Report) SimpleRender() map[string]any {
	return map[string]any{"text/html": r.HTML(), "text/plain": r.String()}
}
