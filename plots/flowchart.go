package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// FlowBox is a box of a flowchart at a place of a grid. Column 0 is on the left, row 0 at the top.
type FlowBox struct {
	Text        string
	Column, Row int
	Question    bool // drawn hollow; other boxes are filled
	On          bool // on the way that was walked
}

// FlowArrow leads from a box to another, by their index. In one row or column it is straight; otherwise it goes down
// to just above the other box, sideways and down.
type FlowArrow struct {
	From, To int
	Label    string // such as an answer; may be empty
	Jump     bool   // not drawn: both ends carry the same letter instead
	On       bool   // on the way that was walked
}

// Flowchart shows questions, the ways that their answers open, and where these end.
type Flowchart struct {
	boxes  []FlowBox
	arrows []FlowArrow
}

// NewFlowchart makes a flowchart. It returns [ErrEmpty], or [ErrShape] for a box without text or where another
// one is, an arrow without ends, or one that leads up to another column.
func NewFlowchart(boxes []FlowBox, arrows []FlowArrow) (*Flowchart, error) {
	if len(boxes) == 0 {
		return nil, fmt.Errorf("flowchart: %w", ErrEmpty)
	}
	taken := map[[2]int]bool{}
	for _, b := range boxes {
		place := [2]int{b.Column, b.Row}
		if b.Text == "" || taken[place] || b.Column < 0 || b.Row < 0 {
			return nil, fmt.Errorf("flowchart: box %q at %v: %w", b.Text, place, ErrShape)
		}
		taken[place] = true
	}
	for _, a := range arrows {
		if min(a.From, a.To) < 0 || max(a.From, a.To) >= len(boxes) || a.From == a.To {
			return nil, fmt.Errorf("flowchart: arrow from %d to %d of %d boxes: %w", a.From, a.To, len(boxes), ErrShape)
		}
		from, to := boxes[a.From], boxes[a.To]
		if !a.Jump && from.Column != to.Column && from.Row > to.Row {
			return nil, fmt.Errorf("flowchart: arrow from %q up to %q: %w", from.Text, to.Text, ErrShape)
		}
	}
	return &Flowchart{boxes: slices.Clone(boxes), arrows: slices.Clone(arrows)}, nil
}

// DataRange covers the grid; rows are at y = 0, -1, -2, ...
func (f *Flowchart) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, b := range f.boxes {
		xmax, ymin = max(xmax, float64(b.Column)), min(ymin, -float64(b.Row))
	}
	return -0.5, xmax + 0.5, ymin - 0.5, 0.5
}

// Layout hides the axes.
func (f *Flowchart) Layout(p *plot.Plot, t Theme) {
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.HideAxes()
}

// Draw draws arrows, then boxes with their texts.
func (f *Flowchart) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	xmin, xmax, ymin, ymax := f.DataRange()
	cell := vg.Point{X: (c.Max.X - c.Min.X) / vg.Length(xmax-xmin), Y: (c.Max.Y - c.Min.Y) / vg.Length(ymax-ymin)}
	half := vg.Point{X: cell.X * 0.43, Y: cell.Y * 0.33}
	place := func(b FlowBox) vg.Point {
		return vg.Point{X: c.Min.X + cell.X*(vg.Length(b.Column)+0.5), Y: c.Max.Y - cell.Y*(vg.Length(b.Row)+0.5)}
	}
	for _, on := range []bool{false, true} { // the way that was walked lies above the others
		for _, a := range f.arrows {
			if a.On == on && !a.Jump {
				f.arrow(c, t, a, place(f.boxes[a.From]), place(f.boxes[a.To]), cell, half)
			}
		}
	}
	for _, b := range f.boxes {
		f.box(c, t, b, place(b), half)
	}
	f.jumps(c, t, place, half)
}

// arrow draws one arrow with its label.
func (f *Flowchart) arrow(c draw.Canvas, t Theme, a FlowArrow, from, to, cell, half vg.Point) {
	style := draw.LineStyle{Color: dim, Width: px(t.Line * 0.6)}
	if a.On {
		style = draw.LineStyle{Color: orange, Width: px(t.Line * 1.4)}
	}
	var path []vg.Point
	label := vg.Point{}
	align := text.XCenter
	switch b, d := f.boxes[a.From], f.boxes[a.To]; {
	case b.Row == d.Row:
		side := vg.Length(1)
		if to.X < from.X {
			side = -1
		}
		path = []vg.Point{{X: from.X + side*half.X, Y: from.Y}, {X: to.X - side*half.X, Y: to.Y}}
		label = vg.Point{X: path[0].X + side*(cell.X/2-half.X), Y: from.Y + t.em(0.78)}
	case b.Column == d.Column:
		side := vg.Length(-1)
		if to.Y > from.Y {
			side = 1
		}
		path = []vg.Point{{X: from.X, Y: from.Y + side*half.Y}, {X: to.X, Y: to.Y - side*half.Y}}
		label, align = vg.Point{X: from.X + t.em(0.35), Y: path[0].Y + side*(cell.Y/2-half.Y) + t.em(0.08)}, text.XLeft
	default:
		gap := cell.Y - 2*half.Y
		turn := to.Y + half.Y + gap*0.86 // room for a label below the turn
		path = []vg.Point{{X: from.X, Y: from.Y - half.Y}, {X: from.X, Y: turn}, {X: to.X, Y: turn}, {X: to.X, Y: to.Y + half.Y}}
		label, align = vg.Point{X: to.X + t.em(0.35), Y: to.Y + half.Y + gap*0.44 + t.em(0.1)}, text.XLeft
		if from.X < to.X { // below the line that it belongs to
			label.X, align = to.X-t.em(0.35), text.XRight
		}
	}
	c.StrokeLines(style, path)
	tip, back := path[len(path)-1], path[len(path)-2]
	f.head(c, t, style, tip, back)
	if a.Label != "" {
		size := max(t.Tick*0.75, min(t.Tick*0.85, (cell.Y-2*half.Y).Points()/px(1).Points()*0.75)) // between two rows, if it can be read there
		style := at(t.letters(size, ink), align, text.YCenter)
		if align == text.XLeft && label.X+style.Width(a.Label) > c.Max.X {
			label.X -= t.em(0.7) // on the other side of the arrow
			style.XAlign = text.XRight
		}
		halo(c, style, label, a.Label)
	}
}

// head draws the point of an arrow.
func (f *Flowchart) head(c draw.Canvas, t Theme, style draw.LineStyle, tip, back vg.Point) {
	long, wide := t.em(0.5), t.em(0.24)
	dir := vg.Point{}
	switch {
	case tip.X > back.X:
		dir.X = 1
	case tip.X < back.X:
		dir.X = -1
	case tip.Y > back.Y:
		dir.Y = 1
	default:
		dir.Y = -1
	}
	base := tip.Sub(dir.Scale(long))
	side := vg.Point{X: -dir.Y, Y: dir.X}.Scale(wide)
	c.FillPolygon(style.Color, []vg.Point{tip, base.Add(side), base.Sub(side)})
}

// box draws a box with its text, whose letters shrink until it fits.
func (f *Flowchart) box(c draw.Canvas, t Theme, b FlowBox, p, half vg.Point) {
	fill, edge := blue, blue
	if b.Question {
		fill = white
	}
	if b.On {
		edge = orange
		if !b.Question {
			fill = orange
		}
	}
	box(c, fill, p.X-half.X, p.Y-half.Y, p.X+half.X, p.Y+half.Y)
	border := px(t.Line * map[bool]float64{true: 1.1, false: 0.7}[b.On])
	outline(c, draw.LineStyle{Color: edge, Width: border}, p.X-half.X, p.Y-half.Y, p.X+half.X, p.Y+half.Y)
	const line = 1.15 // from one line to the next
	room := half.X*2 - t.em(0.2)
	var style text.Style
	var lines []string
	for shrink := 1.0; shrink > 0.6; shrink -= 0.01 {
		style = at(t.letters(t.Tick*shrink, on(fill)), text.XCenter, text.YCenter)
		lines = wrap(style, b.Text, room)
		high := style.Font.Size * (line*vg.Length(len(lines)-1) + 0.94) // from the top of the first line to the tails of the last
		if high < half.Y*2-border && widest(style, lines) < room {
			break
		}
	}
	y := p.Y + style.Font.Size*line*vg.Length(len(lines)-1)/2
	for i, text := range lines {
		c.FillText(style, vg.Point{X: p.X, Y: y - style.Font.Size*line*vg.Length(i) + style.Font.Size*0.14}, text)
	}
}

// jumps writes a letter at both ends of every arrow that is not drawn; arrows to one box share it.
func (f *Flowchart) jumps(c draw.Canvas, t Theme, place func(FlowBox) vg.Point, half vg.Point) {
	var targets []int
	out := t.em(0.3) // off the text
	tag := func(p vg.Point, i int) {
		disc(c, ink, p, t.em(0.62))
		c.FillText(at(bold(t.letters(t.Tick*0.75, white)), text.XCenter, text.YCenter), p.Add(vg.Point{Y: t.em(0.05)}), letter(i))
	}
	for _, a := range f.arrows {
		if !a.Jump {
			continue
		}
		if !slices.Contains(targets, a.To) {
			targets = append(targets, a.To)
			tag(place(f.boxes[a.To]).Add(vg.Point{X: -half.X + out, Y: half.Y + out}), len(targets)-1)
		}
		tag(place(f.boxes[a.From]).Add(vg.Point{X: half.X + out, Y: -half.Y - out}), slices.Index(targets, a.To))
	}
}

// letter names the i-th place to jump to.
func letter(i int) string { return string(rune('A' + i%26)) }

func widest(style text.Style, lines []string) (w vg.Length) {
	for _, line := range lines {
		w = max(w, style.Width(line))
	}
	return w
}

// Keys explain the boxes.
func (f *Flowchart) Keys() []Key {
	keys := []Key{{"question", blue, Ring}, {"answer", blue, Area}}
	for _, b := range f.boxes {
		if b.On {
			return append(keys, Key{"the way walked", orange, Line})
		}
	}
	return keys
}

// Note counts the boxes, and explains the letters if there are any.
func (f *Flowchart) Note() string {
	questions := 0
	for _, b := range f.boxes {
		if b.Question {
			questions++
		}
	}
	note := fmt.Sprintf("%d questions, %d answers", questions, len(f.boxes)-questions)
	if slices.ContainsFunc(f.arrows, func(a FlowArrow) bool { return a.Jump }) {
		note += "; from a letter at the bottom of a box go on at the box with that letter on top"
	}
	return note
}

// Alt names every box and where it leads.
func (f *Flowchart) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Flowchart of %d boxes.", len(f.boxes))
	for i, x := range f.boxes {
		var ways []string
		for _, a := range f.arrows {
			if a.From == i {
				ways = append(ways, strings.TrimSpace(a.Label+" → "+f.boxes[a.To].Text))
			}
		}
		if len(ways) > 0 {
			fmt.Fprintf(&b, " %s %s.", x.Text, strings.Join(ways, "; "))
		}
	}
	return b.String()
}

// Table has one row per arrow, and one per box that leads nowhere.
func (f *Flowchart) Table() (header []string, rows [][]string) {
	mark := map[bool]string{true: "yes", false: "no"}
	for i, b := range f.boxes {
		leads := false
		for _, a := range f.arrows {
			if a.From == i {
				rows, leads = append(rows, []string{b.Text, a.Label, f.boxes[a.To].Text, mark[a.On]}), true
			}
		}
		if !leads {
			rows = append(rows, []string{b.Text, "", "", mark[b.On]})
		}
	}
	return []string{"box", "answer", "leads to", "walked"}, rows
}
