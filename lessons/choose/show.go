package choose

import (
	"fmt"
	"html"
	"strings"
)

// HTML is the chart as questions that fold out, answer by answer, down to the leaves; plain markup that needs no
// script and no kernel. What several answers lead to is written out below each of them.
func (c Chart) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<p><strong>%s</strong></p>\n", html.EscapeString(c.Name))
	c.fold(&b, c.Start)
	return b.String()
}

func (c Chart) fold(b *strings.Builder, id string) {
	n, ok := c.Node(id)
	if !ok {
		return
	}
	if n.Leaf() {
		fmt.Fprintf(b, "<p>→ <strong>%s</strong>%s</p>\n", html.EscapeString(n.Text), links(n))
		c.fold(b, n.Then)
		return
	}
	fmt.Fprintf(b, "<p>%s</p>\n<ul>\n", html.EscapeString(n.Text))
	for _, a := range n.Answers {
		fmt.Fprintf(b, "<li><details><summary>%s</summary>\n", html.EscapeString(a.Text))
		c.fold(b, a.To)
		b.WriteString("</details></li>\n")
	}
	b.WriteString("</ul>\n")
}

// links are the cells that prove a leaf.
func links(n Node) string {
	var b strings.Builder
	for _, p := range n.Proofs {
		number, _, _ := strings.Cut(p.Notebook, "-")
		fmt.Fprintf(&b, ` <a href="%s">%s, %s</a>`, html.EscapeString(p.Link()), number, html.EscapeString(p.Cell))
	}
	return b.String()
}

// String lists the nodes and where they lead.
func (c Chart) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d questions, %d leaves\n", c.Name, len(c.Questions()), len(c.Leaves()))
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "%-16s %s", n.ID, n.Text)
		for _, a := range n.Answers {
			fmt.Fprintf(&b, " [%s: %s]", a.Text, a.To)
		}
		if n.Then != "" {
			fmt.Fprintf(&b, " [then: %s]", n.Then)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// SimpleRender is what a notebook shows.
func (c Chart) SimpleRender() map[string]any {
	return map[string]any{"text/html": c.HTML(), "text/plain": c.String()}
}

// HTML is the walk as a table, with links to the cells that prove its leaves.
func (p Path) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table>\n<thead><tr><th style=\"text-align: left\">%s</th><th style=\"text-align: left\">answer</th></tr></thead>\n<tbody>\n", html.EscapeString(p.Chart))
	for _, s := range p.Steps {
		if s.Node.Leaf() {
			fmt.Fprintf(&b, "<tr><td style=\"text-align: left\">→ <strong>%s</strong></td><td style=\"text-align: left\">%s</td></tr>\n",
				html.EscapeString(s.Node.Text), links(s.Node))
			continue
		}
		fmt.Fprintf(&b, "<tr><td style=\"text-align: left\">%s</td><td style=\"text-align: left\">%s</td></tr>\n",
			html.EscapeString(s.Node.Text), html.EscapeString(s.Answer))
	}
	return b.String() + "</tbody>\n</table>\n"
}

// String is the walk line by line.
func (p Path) String() string {
	var b strings.Builder
	for _, s := range p.Steps {
		if s.Node.Leaf() {
			fmt.Fprintf(&b, "→ %s\n", s.Node.Text)
			continue
		}
		fmt.Fprintf(&b, "%s %s\n", s.Node.Text, s.Answer)
	}
	return b.String()
}

// SimpleRender is what a notebook shows.
func (p Path) SimpleRender() map[string]any {
	return map[string]any{"text/html": p.HTML(), "text/plain": p.String()}
}

// Advice is the leaves of the walk in one line.
func (p Path) Advice() string {
	var texts []string
	for _, n := range p.Leaves() {
		texts = append(texts, n.Text)
	}
	return strings.Join(texts, " → ")
}

// Box is a node as a drawing places it, and Arrow what leads from box to box, by index.
type (
	Box struct {
		Text        string
		Column, Row int
		Question    bool
		On          bool // on the walk
	}
	Arrow struct {
		From, To int
		Label    string
		Jump     bool // the boxes lie too far apart to draw a line
		On       bool
	}
)

// Drawing is the chart as boxes on a grid and arrows, with a walk marked if it is one of this chart.
func (c Chart) Drawing(walk Path) (boxes []Box, arrows []Arrow) {
	index, at := map[string]int{}, map[string]int{}
	for i, s := range walk.Steps {
		at[s.Node.ID] = i + 1
	}
	on := func(id string) bool { return walk.Chart == c.Name && at[id] > 0 }
	for i, n := range c.Nodes {
		index[n.ID] = i
		boxes = append(boxes, Box{Text: n.Text, Column: n.Column, Row: n.Row, Question: !n.Leaf(), On: on(n.ID)})
	}
	for i, n := range c.Nodes {
		for _, a := range n.Answers {
			arrows = append(arrows, Arrow{From: i, To: index[a.To], Label: a.Text, On: on(n.ID) && at[a.To] == at[n.ID]+1})
		}
		if n.Then != "" {
			to := boxes[index[n.Then]]
			near := abs(to.Column-n.Column) <= 1 && to.Row-n.Row >= 0 && to.Row-n.Row <= 1
			arrows = append(arrows, Arrow{From: i, To: index[n.Then], Jump: !near, On: on(n.ID) && at[n.Then] == at[n.ID]+1})
		}
	}
	return boxes, arrows
}

func abs(n int) int { return max(n, -n) }
