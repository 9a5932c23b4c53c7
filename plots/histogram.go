package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Histogram shows how often values fell into bins of equal width, one row per group over one value axis. All rows
// have the same scale; the highest count of each row is written over its bar.
type Histogram struct {
	unit   string
	groups []Group
	edges  []float64 // of the bins, one more than there are bins
	counts [][]int   // [group][bin]
}

// NewHistogram counts the values of all groups in the given number of bins between the smallest and the largest
// value. It returns [ErrEmpty], [ErrNotFinite], or [ErrShape] unless there are 1 to 200 bins.
func NewHistogram(unit string, bins int, groups ...Group) (*Histogram, error) {
	if err := checkGroups(false, groups); err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if bins < 1 || bins > 200 {
		return nil, fmt.Errorf("histogram: %d bins: %w", bins, ErrShape)
	}
	h := &Histogram{unit: unit, groups: cloneGroups(groups)}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, g := range groups {
		lo, hi = min(lo, slices.Min(g.Values)), max(hi, slices.Max(g.Values))
	}
	if lo == hi {
		d := max(0.5, math.Abs(lo)*0.05)
		lo, hi = lo-d, hi+d
	}
	for i := range bins + 1 {
		f := float64(i) / float64(bins)
		h.edges = append(h.edges, lo*(1-f)+hi*f)
	}
	for _, g := range groups {
		counts := make([]int, bins)
		for _, v := range g.Values {
			f := (v/2 - lo/2) / (hi/2 - lo/2) // halves: the difference of two large values must not overflow
			counts[min(bins-1, int(f*float64(bins)))]++
		}
		h.counts = append(h.counts, counts)
	}
	return h, nil
}

// DataRange covers the bins; rows are at y = 0, -1, -2, ...
func (h *Histogram) DataRange() (xmin, xmax, ymin, ymax float64) {
	return h.edges[0], h.edges[len(h.edges)-1], 0.5 - float64(len(h.groups)), 0.5
}

// Layout names the rows.
func (h *Histogram) Layout(p *plot.Plot, t Theme) {
	names := make([]string, len(h.groups))
	for i, g := range h.groups {
		names[i] = g.Name
	}
	lanes(&p.Y, names)
	widen(&p.X, 0.02)
	if p.X.Label.Text == "" {
		p.X.Label.Text = h.unit
	}
}

// Draw draws the bars.
func (h *Histogram) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	rulesX(c, p, t)
	highest := 0
	for _, counts := range h.counts {
		highest = max(highest, slices.Max(counts))
	}
	style := at(t.letters(t.Tick*0.9, ink), text.XCenter, text.YBottom)
	for i, counts := range h.counts {
		floor := -float64(i) - 0.42
		labelled := false
		for b, n := range counts {
			if n == 0 {
				continue
			}
			x0, x1 := c.X(p.X.Norm(h.edges[b])), c.X(p.X.Norm(h.edges[b+1]))
			top := c.Y(p.Y.Norm(floor + 0.68*float64(n)/float64(highest)))
			box(c, Color(i), x0, c.Y(p.Y.Norm(floor)), x1-min(px(1), (x1-x0)*0.2), top)
			if n == slices.Max(counts) && !labelled {
				label := fmt.Sprint(n)
				half := style.Width(label) / 2
				x := min(max((x0+x1)/2, c.Min.X+half), c.Max.X-half)
				c.FillText(style, vg.Point{X: x, Y: top + px(1)}, label)
				labelled = true
			}
		}
		c.StrokeLine2(draw.LineStyle{Color: dim, Width: px(t.Line / 2)}, c.Min.X, c.Y(p.Y.Norm(floor)), c.Max.X, c.Y(p.Y.Norm(floor)))
	}
}

// Keys are none: the rows are named.
func (h *Histogram) Keys() []Key { return nil }

// Note states n and the width of a bin.
func (h *Histogram) Note() string {
	var sizes []string
	for _, g := range h.groups {
		sizes = append(sizes, fmt.Sprint(len(g.Values)))
	}
	return fmt.Sprintf("n = %s; bins of %s %s; the number is the count of the highest bin",
		strings.Join(slices.Compact(sizes), ", "), number(h.edges[1]-h.edges[0]), h.unit)
}

// Alt gives range and fullest bin of each group.
func (h *Histogram) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Histogram of %d groups in %s.", len(h.groups), h.unit)
	for i, g := range h.groups {
		top := slices.Max(h.counts[i])
		bin := slices.Index(h.counts[i], top)
		fmt.Fprintf(&b, " %s: %d values from %s to %s, %d of them between %s and %s.", g.Name, len(g.Values),
			number(slices.Min(g.Values)), number(slices.Max(g.Values)), top, number(h.edges[bin]), number(h.edges[bin+1]))
	}
	return b.String()
}

// Table has one row per bin with the count of each group.
func (h *Histogram) Table() (header []string, rows [][]string) {
	header = []string{"from (" + h.unit + ")", "to"}
	for _, g := range h.groups {
		header = append(header, g.Name)
	}
	for b := range len(h.edges) - 1 {
		row := []string{number(h.edges[b]), number(h.edges[b+1])}
		for i := range h.groups {
			row = append(row, fmt.Sprint(h.counts[i][b]))
		}
		rows = append(rows, row)
	}
	return header, rows
}
