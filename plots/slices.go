package plots

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// What the cartoon shows: how many slices, and the share of a slice that a switch takes.
const (
	cartoonCost = 0.35
	sliceCount  = 6
	half        = 0.31 // of the height of a bar, where rows are 1 apart
)

// Slices shows two tasks that take turns on a processor and what each switch between them costs: first as it is
// usually drawn, then to scale, then the time around one switch of each group, magnified.
type Slices struct {
	slice  time.Duration
	groups []Group
	sums   []summary
	dear   int // the group with the largest median
}

// NewSlices makes the picture from the length of a slice and groups of switch costs in ns. It returns [ErrEmpty],
// [ErrNotFinite] or [ErrNotPositive], or [ErrShape] when a switch takes longer than the slice.
func NewSlices(slice time.Duration, groups ...Group) (*Slices, error) {
	if err := positive("slices: the slice", float64(slice)); err != nil {
		return nil, err
	}
	if err := checkGroups(true, groups); err != nil {
		return nil, fmt.Errorf("slices: %w", err)
	}
	s := &Slices{slice: slice, groups: cloneGroups(groups)}
	for i, g := range groups {
		s.sums = append(s.sums, summarize(g.Values))
		if s.sums[i].Median > float64(slice) {
			return nil, fmt.Errorf("slices: %s takes longer than the slice of %v: %w", g.Name, slice, ErrShape)
		}
		if s.sums[i].Median > s.sums[s.dear].Median {
			s.dear = i
		}
	}
	return s, nil
}

// DataRange covers two rows, a gap, and a row for each group; x is a share of the width.
func (s *Slices) DataRange() (xmin, xmax, ymin, ymax float64) {
	return 0, 1, -float64(len(s.groups)) - 2.5, 0.5
}

// Layout names the rows. There is no X axis: each part of the picture has a scale of its own.
func (s *Slices) Layout(p *plot.Plot, t Theme) {
	names := []string{"cartoon", "to scale", ""}
	for _, g := range s.groups {
		names = append(names, g.Name)
	}
	lanes(&p.Y, names)
	p.HideX()
	p.X.Label.Text, p.Y.Label.Text = "", ""
	p.Y.LineStyle.Width = 0
}

// unit is the width of a slice as a share of the whole width, which the cartoon fills.
func unit() float64 { return 1 / (sliceCount + (sliceCount-1)*cartoonCost) }

// window is how many ns a magnified row shows, and before how many of them are before the switch.
func (s *Slices) window() (all, before float64) {
	top := 0.0
	for _, sum := range s.sums {
		top = max(top, sum.Median)
		if sum.Claimed {
			top = max(top, sum.Hi)
		}
	}
	return top * 2.1, top * 0.25
}

// zoom is by how much the lower rows are larger than the second.
func (s *Slices) zoom() float64 {
	all, _ := s.window()
	return float64(s.slice) / unit() / all
}

// share is the part of a slice that ns are.
func (s *Slices) share(ns float64) float64 { return ns / float64(s.slice) }

// length writes a time with a blank before its unit, as "10 ms".
func length(d time.Duration) string {
	return number(float64(d)/float64(time.Millisecond)) + " ms"
}

// percent writes a share, as "0.0113 %".
func percent(share float64) string { return fmt.Sprintf("%.2g %%", share*100) }

// Draw draws the rows from the top.
func (s *Slices) Draw(c draw.Canvas, p *plot.Plot, t Theme) {
	x := func(v float64) vg.Length { return c.X(p.X.Norm(v)) }
	y := func(v float64) vg.Length { return c.Y(p.Y.Norm(v)) }
	bar := func(row, from, to float64, key Key) {
		box(c, key.Color, x(from), y(row-half), x(to), y(row+half))
	}
	for row, cost := range []float64{cartoonCost, s.share(s.sums[s.dear].Median)} {
		s.turns(float64(-row), cost*unit(), bar, func(middle float64, name string) {
			c.FillText(bold(at(t.letters(t.Tick, white), text.XCenter, text.YCenter)), vg.Point{X: x(middle), Y: y(float64(-row)) + t.em(0.08)}, name)
		})
	}
	words := at(t.letters(t.Tick*0.95, ink), text.XLeft, text.YCenter)
	c.FillText(words, vg.Point{X: x((sliceCount+(sliceCount-1)*s.share(s.sums[s.dear].Median))*unit()) + t.em(0.6), Y: y(-1)},
		"5 switches: "+percent(s.share(5*s.sums[s.dear].Median)/sliceCount))

	all, before := s.window()
	edge := unit() // the first switch of the second row
	for _, side := range []float64{0, 1} {
		c.StrokeLine2(t.thin(), x(edge), y(-1-half), x(side), y(-3+half+0.07))
	}
	note := at(t.letters(t.Tick*0.95, dim), text.XCenter, text.YCenter)
	halo(c, note, vg.Point{X: x(0.42), Y: y(-2.36)}, "the time around one switch, "+number(rounded(s.zoom(), 2))+" times as large")
	for i, sum := range s.sums {
		s.magnified(c, t, float64(-3-i), sum, func(ns float64) vg.Length { return x((before + ns) / all) }, y)
	}
}

// turns draws slices of the two tasks in turn, with a cost between them.
func (s *Slices) turns(row, cost float64, bar func(row, from, to float64, k Key), label func(middle float64, name string)) {
	keys := s.Keys()
	left := 0.0
	for i := range sliceCount {
		bar(row, left, left+unit(), keys[i%2])
		label(left+unit()/2, fmt.Sprint(i%2+1))
		if left += unit(); i < sliceCount-1 {
			bar(row, left, left+cost, keys[2])
			left += cost
		}
	}
}

// magnified draws one switch and what is before and after it, with the interval of its median and the numbers.
func (s *Slices) magnified(c draw.Canvas, t Theme, row float64, sum summary, after func(ns float64) vg.Length, y func(float64) vg.Length) {
	keys := s.Keys()
	low, high := y(row-half), y(row+half)
	box(c, keys[0].Color, c.Min.X, low, after(0), high)
	box(c, keys[2].Color, after(0), low, after(sum.Median), high)
	box(c, keys[1].Color, after(sum.Median), low, c.Max.X, high)
	if sum.Claimed {
		c.StrokeLine2(t.line(ink), after(sum.Lo), y(row), after(sum.Hi), y(row))
	}
	style := bold(at(t.letters(t.Tick, white), text.XRight, text.YCenter))
	words := number(rounded(sum.Median, 3)) + " ns, " + percent(s.share(sum.Median)) + " of a slice"
	c.FillText(style, vg.Point{X: c.Max.X - t.em(0.5), Y: y(row) + t.em(0.08)}, words)
}

// rounded keeps so many significant digits.
func rounded(v float64, digits int) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-float64(digits-1))
	return math.Round(v/unit) * unit
}

// Keys name the two tasks and the switch.
func (s *Slices) Keys() []Key {
	return []Key{{"task 1", blue, Area}, {"task 2", green, Area}, {"switch", orange, Area}}
}

// Note says what is drawn and what is measured.
func (s *Slices) Note() string {
	return fmt.Sprintf("a slice is %s; drawn from measured costs, all to scale but the cartoon; %s", length(s.slice), note(s.sums))
}

// Alt says what share of a slice a switch takes, in the cartoon and by measurement.
func (s *Slices) Alt() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Six slices of %s of two tasks. In the cartoon a switch takes %.0f %% of a slice.", length(s.slice), cartoonCost*100)
	for i, g := range s.groups {
		fmt.Fprintf(&b, " %s: %v (ns), %s of a slice.", g.Name, s.sums[i], percent(s.share(s.sums[i].Median)))
	}
	return b.String()
}

// Table has one row per group.
func (s *Slices) Table() (header []string, rows [][]string) {
	for i, g := range s.groups {
		rows = append(rows, append(append([]string{g.Name}, s.sums[i].cells()...), percent(s.share(s.sums[i].Median))))
	}
	return []string{"switch", "n", "median (ns)", "low", "high", "share of a slice"}, rows
}
