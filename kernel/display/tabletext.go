package display

import (
	"fmt"
	"html"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// fieldOf is one value of a table. nil is empty.
func fieldOf(v reflect.Value) (f field) {
	if !v.IsValid() || ((v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil()) {
		return field{}
	}
	if v.CanInterface() {
		if h, ok := v.Interface().(HTMLer); ok {
			return htmlField(v, h)
		}
	}
	if v.Kind() == reflect.Interface {
		return fieldOf(v.Elem())
	}
	if s, ok := methodText(v); ok {
		return field{text: clip(s, cellLimit), number: v.Type() == reflect.TypeFor[time.Duration]()}
	}
	if v.CanFloat() {
		return field{text: decimal(v.Float()), number: true}
	}
	if v.Kind() == reflect.String {
		return field{text: clip(v.String(), cellLimit)}
	}
	s, ok := (&printer{}).oneLine(v, cellLimit, false)
	if !ok {
		s += "…"
	}
	return field{text: s, number: v.CanInt() || v.CanUint()}
}

func htmlField(v reflect.Value, h HTMLer) (f field) {
	defer func() {
		if r := recover(); r != nil {
			f = field{text: fmt.Sprintf("%s: panic in method HTML: %s", typeName(h), panicText(r))}
		}
	}()
	s, _ := (&printer{}).oneLine(v, cellLimit, false)
	return field{html: h.HTML(), text: s}
}

// decimal writes a number for a table: as short as it is exact, or with six digits that count.
func decimal(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	switch a := math.Abs(x); {
	case len(s) <= 9:
		return s
	case 1e6 <= a && a < 1e15:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// right reports whether a column is aligned at the right: something in it, and nothing but numbers.
func (t *table) right(column int) bool {
	any := false
	for _, row := range t.rows {
		f := row[column]
		if f.number {
			any = true
		} else if f.text != "" || f.html != "" {
			return false
		}
	}
	return any
}

// size says how large the table is where part of it is left out, and that it is empty where it is.
func (t *table) size() string {
	if t.gap == 0 && t.wide == 0 && t.total > 0 {
		return ""
	}
	columns := len(t.header) + t.wide
	s := fmt.Sprintf("%d %s, %d %s", t.total, plural(t.total, "row"), columns, plural(columns, "column"))
	if t.wide > 0 {
		s += fmt.Sprintf(" (%d not shown)", t.wide)
	}
	return s
}

// html writes the table with nothing but what front ends let through in a notebook that is not trusted:
// JupyterLab aligns every cell at the right unless its style says otherwise.
func (t *table) html() string {
	style := make([]string, len(t.header))
	for i := range style {
		style[i] = ` style="text-align: left"`
		if t.right(i) {
			style[i] = ` style="text-align: right"`
		}
	}
	var b strings.Builder
	b.WriteString("<table>\n<thead>\n<tr>")
	for i, h := range t.header {
		fmt.Fprintf(&b, "<th%s>%s</th>", style[i], html.EscapeString(h))
	}
	b.WriteString("</tr>\n</thead>\n<tbody>\n")
	gap := func(n int) {
		if t.gap > 0 && n == t.gapAt {
			fmt.Fprintf(&b, "<tr><td colspan=\"%d\" style=\"text-align: center\">… %d more %s …</td></tr>\n",
				max(len(t.header), 1), t.gap, plural(t.gap, "row"))
		}
	}
	for n, row := range t.rows {
		gap(n)
		b.WriteString("<tr>")
		for i, f := range row {
			s := f.html
			if s == "" {
				s = html.EscapeString(f.text)
			}
			fmt.Fprintf(&b, "<td%s>%s</td>", style[i], s)
		}
		b.WriteString("</tr>\n")
	}
	gap(len(t.rows))
	b.WriteString("</tbody>\n</table>")
	if s := t.size(); s != "" {
		b.WriteString("\n<p>" + s + "</p>")
	}
	return b.String()
}

// text writes the table in columns of characters.
func (t *table) text() string {
	lines := make([][]string, 0, len(t.rows)+1)
	lines = append(lines, t.header)
	for _, row := range t.rows {
		line := make([]string, len(row))
		for i, f := range row {
			line[i] = f.text
		}
		lines = append(lines, line)
	}
	widths := make([]int, len(t.header))
	for _, line := range lines {
		for i := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(oneRow(line[i])))
		}
	}
	var b strings.Builder
	gap := func(n int) {
		if t.gap > 0 && n == 1+t.gapAt {
			fmt.Fprintf(&b, "… %d more %s …\n", t.gap, plural(t.gap, "row"))
		}
	}
	for n, line := range lines {
		gap(n)
		var s strings.Builder
		for i := range line {
			cell := oneRow(line[i])
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right(i) {
				s.WriteString(pad + cell + "  ")
			} else {
				s.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(s.String(), " ") + "\n")
	}
	gap(len(lines))
	b.WriteString(t.size())
	return strings.TrimRight(b.String(), "\n")
}

// oneRow keeps a value with line breaks on its line.
func oneRow(s string) string { return strings.NewReplacer("\n", "↵", "\t", " ", "\r", "").Replace(s) }
