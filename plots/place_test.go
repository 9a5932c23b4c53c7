package plots

import (
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// words draws a chart and returns where each text begins, in points from the left and from the bottom.
func words(t *testing.T, theme Theme, kind Kind) map[string]vg.Point {
	t.Helper()
	c, err := NewChart(theme, Labels{}, kind)
	if err != nil {
		t.Fatal(err)
	}
	var r recorder.Canvas
	w, h := c.size()
	c.Draw(draw.NewCanvas(&r, w, h))
	found := map[string]vg.Point{}
	for _, a := range r.Actions {
		if s, ok := a.(*recorder.FillString); ok {
			found[s.String] = s.Point
		}
	}
	return found
}

// TestNumberBesideRow: the median of a flat row stands behind its interval, before it if there is no room, and on the
// name of the row never.
func TestNumberBesideRow(t *testing.T) {
	wide := []float64{1, 1, 1, 1, 5.5, 9, 9, 9, 9, 9}
	rows := []Group{{Name: "all over", Values: wide}, {Name: "low", Values: []float64{1, 1.1, 1.2}}, {Name: "high", Values: []float64{8.71, 8.82, 9}}}
	for _, theme := range []Theme{Notebook().Sized(480, 170), Slide().Sized(900, 360)} {
		strip, err := NewStrip("ms", rows...)
		if err != nil {
			t.Fatal(err)
		}
		dots, err := NewDots("ms", rows...)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []Kind{strip, dots} {
			unit := map[Kind]string{dots: " ms"}[kind]
			at := words(t, theme, kind)
			style := theme.letters(theme.Tick, ink)
			for i, g := range rows {
				name, label := at[g.Name], number(strip.sums[i].Median)+unit
				if got, ok := at[label]; !ok || got.X < name.X+style.Width(g.Name) {
					t.Errorf("%s %T: %q at %v, its row %q at %v", theme.Name, kind, label, got, g.Name, name)
				}
			}
			if at["1.1"+unit].X > at["8.82"+unit].X {
				t.Errorf("%s %T: numbers at %v", theme.Name, kind, at)
			}
		}
	}
}

// TestModelBelowZero: a model that falls below the axis is named above it, and apart from the others.
func TestModelBelowZero(t *testing.T) {
	falling := Model{"falling", func(n float64) float64 { return 2 - n }}
	low := Model{"low", func(float64) float64 { return 0.01 }}
	for _, theme := range []Theme{Notebook(), Slide()} {
		s, err := NewScaling([]Level{{N: 1, Values: []float64{1}}, {N: 2, Values: []float64{1}}}, 8, low, falling)
		if err != nil {
			t.Fatal(err)
		}
		at := words(t, theme, s)
		names := []string{"7", "falling (model), below 0", "low (model)", "ideal"} // 7 is a tick of the axis below
		for i, name := range names[1:] {
			if below := at[names[i]]; at[name].Y < below.Y+theme.em(0.9) {
				t.Errorf("%s: %q at %v, %q at %v", theme.Name, name, at[name], names[i], below)
			}
		}
	}
}

// TestEdges: break-even between names runs along the edges of cells, and round all that are below 1.
func TestEdges(t *testing.T) {
	h, err := NewHeat([]string{"1", "2", "3"}, []string{"x", "y"}, [][][]float64{{{2}, {0.5}, {2}}, {{2}, {1}, {0.5}}})
	if err != nil {
		t.Fatal(err)
	}
	h.Edges = true
	want := [][4]float64{{0.5, -0.5, 0.5, 0.5}, {1.5, -0.5, 1.5, 0.5}, {0.5, 0.5, 1.5, 0.5}, {1.5, 0.5, 1.5, 1.5}, {1.5, 0.5, 2.5, 0.5}}
	if got := h.breakEven(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("edges %v, want %v", got, want)
	}
}

// The line of break-even goes on to the edge of the map, on every side.
func TestContourReachesTheEdge(t *testing.T) {
	for _, c := range []struct {
		cells [][][]float64 // by row, then column
		edge  [4]float64
		want  int
	}{
		{[][][]float64{{{0.5}, {0.5}}, {{2}, {2}}}, [4]float64{-0.5, 0.5, 0, 0.5}, 3},
		{[][][]float64{{{0.5}, {0.5}}, {{2}, {2}}}, [4]float64{1.5, 0.5, 1, 0.5}, 3},
		{[][][]float64{{{0.5}, {2}}, {{0.5}, {2}}}, [4]float64{0.5, -0.5, 0.5, 0}, 3},
		{[][][]float64{{{0.5}, {2}}, {{0.5}, {2}}}, [4]float64{0.5, 1.5, 0.5, 1}, 3},
		{[][][]float64{{{2}, {2}}, {{2}, {2}}}, [4]float64{}, 0},
	} {
		h, err := NewHeat([]string{"a", "b"}, []string{"c", "d"}, c.cells)
		if err != nil {
			t.Fatal(err)
		}
		lines := h.breakEven()
		if len(lines) != c.want || c.want > 0 && !slices.Contains(lines, c.edge) {
			t.Errorf("%v: %v, want %d and %v among them", c.cells, lines, c.want, c.edge)
		}
	}
}
