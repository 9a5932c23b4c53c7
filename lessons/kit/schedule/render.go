package schedule

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// String is the table as text, in columns.
func (t *Table) String() string {
	width := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, c := range row {
			l.WriteString(c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.Header)
	rule := make([]string, len(width))
	for i, w := range width {
		rule[i] = strings.Repeat("-", w)
	}
	line(rule)
	for _, row := range t.Rows {
		line(row)
	}
	if t.Caption != "" {
		b.WriteString(t.Caption + "\n")
	}
	return b.String()
}

// Markdown is the table as Markdown, without the caption.
func (t *Table) Markdown() string {
	var b strings.Builder
	line := func(row []string) {
		for _, c := range row {
			b.WriteString("| " + strings.ReplaceAll(c, "|", "\\|") + " ")
		}
		b.WriteString("|\n")
	}
	line(t.Header)
	b.WriteString(strings.Repeat("|---", len(t.Header)) + "|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return b.String()
}

// HTML is the whole table, without style or script; the last row of a failing run is strong.
func (t *Table) HTML() string {
	var b strings.Builder
	b.WriteString("<table>\n")
	if t.Caption != "" {
		fmt.Fprintf(&b, "<caption>%s</caption>\n", html.EscapeString(t.Caption))
	}
	b.WriteString("<thead>" + t.row("th", t.Header, false) + "</thead>\n<tbody>\n")
	for i, row := range t.Rows {
		b.WriteString(t.row("td", row, t.Failing && i == len(t.Rows)-1))
	}
	b.WriteString("</tbody>\n</table>\n")
	return b.String()
}

func (t *Table) row(tag string, cells []string, strong bool) string {
	var b strings.Builder
	b.WriteString("<tr>")
	for _, c := range cells {
		c = html.EscapeString(c)
		if strong && c != "" {
			c = "<strong>" + c + "</strong>"
		}
		fmt.Fprintf(&b, "<%s>%s</%s>", tag, c, tag)
	}
	b.WriteString("</tr>\n")
	return b.String()
}

// SimpleRender is what a notebook shows: HTML, with text for everything else.
func (t *Table) SimpleRender() map[string]any {
	return map[string]any{"text/html": t.HTML(), "text/plain": t.String()}
}

// Walk is a table that is opened one step at a time, for a reader who wants to say first what comes next.
type Walk struct{ table *Table }

// Walk makes the table one to step through: each step is a fold that holds the next. It needs no script and
// no widget. Print the [Table] instead for paper, where folds stay closed.
func (t *Table) Walk() *Walk { return &Walk{t} }

// HTML is the start, then the steps, one inside the other.
func (k *Walk) HTML() string {
	t := k.table
	var b strings.Builder
	for i, row := range t.Rows {
		if i > 0 {
			fmt.Fprintf(&b, "<details><summary>%s</summary>\n", html.EscapeString(t.teaser(i)))
		}
		b.WriteString("<table><thead>" + t.row("th", t.Header, false) + "</thead><tbody>")
		b.WriteString(t.row("td", row, t.Failing && i == len(t.Rows)-1) + "</tbody></table>\n")
	}
	fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(t.Caption))
	b.WriteString(strings.Repeat("</details>\n", len(t.Rows)-1))
	return b.String()
}

// teaser says who takes step i and which, but not what comes of it.
func (t *Table) teaser(i int) string {
	who := t.Who[i]
	if who == 0 {
		return t.words.End
	}
	return fmt.Sprintf("%d. %s: %s", i, t.Header[who-1], t.Rows[i][who-1])
}

// String is the whole table: text cannot be folded.
func (k *Walk) String() string { return k.table.String() }

// SimpleRender is what a notebook shows.
func (k *Walk) SimpleRender() map[string]any {
	return map[string]any{"text/html": k.HTML(), "text/plain": k.String()}
}
