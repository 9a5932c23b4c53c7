package plots_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"interleave/plots"
)

// group, level and so on make the smallest data of each kind from a list of values.
func group(v ...float64) plots.Group { return plots.Group{Name: "g", Values: v} }

// Every New function refuses what its documentation says.
func TestRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	two := func(_ any, err error) error { return err }
	for name, tt := range map[string]struct{ got, want error }{
		"strip of nothing":     {two(plots.NewStrip("s")), plots.ErrEmpty},
		"strip without values": {two(plots.NewStrip("s", group())), plots.ErrEmpty},
		"strip NaN":            {two(plots.NewStrip("s", group(1, nan))), plots.ErrNotFinite},
		"strip Inf":            {two(plots.NewStrip("s", group(1), group(inf))), plots.ErrNotFinite},
		"strip ring NaN":       {two(plots.NewStrip("s", plots.Group{Values: []float64{1}, Rings: []float64{nan}})), plots.ErrNotFinite},
		"log strip zero":       {two(plots.NewLogStrip("s", group(0))), plots.ErrNotPositive},
		"ecdf":                 {two(plots.NewECDF("s")), plots.ErrEmpty},
		"ecdf Inf":             {two(plots.NewECDF("s", group(-inf))), plots.ErrNotFinite},
		"log ecdf":             {two(plots.NewLogECDF("s", group(-1))), plots.ErrNotPositive},
		"histogram":            {two(plots.NewHistogram("s", 5)), plots.ErrEmpty},
		"histogram NaN":        {two(plots.NewHistogram("s", 5, group(nan))), plots.ErrNotFinite},
		"histogram bins":       {two(plots.NewHistogram("s", 0, group(1))), plots.ErrShape},
		"scaling":              {two(plots.NewScaling(nil, 0)), plots.ErrEmpty},
		"scaling base":         {two(plots.NewScaling([]plots.Level{{N: 2, Values: []float64{1}}}, 0)), plots.ErrShape},
		"scaling twice":        {two(plots.NewScaling([]plots.Level{{N: 1, Values: []float64{1}}, {N: 1, Values: []float64{1}}}, 0)), plots.ErrShape},
		"scaling NaN":          {two(plots.NewScaling([]plots.Level{{N: 1, Values: []float64{nan}}}, 0)), plots.ErrNotFinite},
		"scaling zero":         {two(plots.NewScaling([]plots.Level{{N: 1, Values: []float64{0}}}, 0)), plots.ErrNotPositive},
		"scaling upto":         {two(plots.NewScaling([]plots.Level{{N: 1, Values: []float64{1}}}, inf)), plots.ErrNotFinite},
		"scaling model":        {two(plots.NewScaling([]plots.Level{{N: 1, Values: []float64{1}}}, 0, plots.Model{})), plots.ErrShape},
		"knee":                 {two(plots.NewKnee("r/s", 1, 2)), plots.ErrEmpty},
		"knee capacity":        {two(plots.NewKnee("r/s", 1, 0, plots.Level{N: 1, Values: []float64{1}})), plots.ErrNotPositive},
		"knee level":           {two(plots.NewKnee("r/s", 1, 1, plots.Level{N: 0, Values: []float64{1}})), plots.ErrNotPositive},
		"knee NaN":             {two(plots.NewKnee("r/s", 1, 1, plots.Level{N: 1, Values: []float64{nan}})), plots.ErrNotFinite},
		"heat":                 {two(plots.NewHeat(nil, nil, nil)), plots.ErrEmpty},
		"heat rows":            {two(plots.NewHeat([]string{"a"}, []string{"b"}, nil)), plots.ErrShape},
		"heat columns":         {two(plots.NewHeat([]string{"a"}, []string{"b"}, [][][]float64{{}})), plots.ErrShape},
		"heat cell":            {two(plots.NewHeat([]string{"a"}, []string{"b"}, [][][]float64{{{}}})), plots.ErrEmpty},
		"heat zero":            {two(plots.NewHeat([]string{"a"}, []string{"b"}, [][][]float64{{{0}}})), plots.ErrNotPositive},
		"heat NaN":             {two(plots.NewHeat([]string{"a"}, []string{"b"}, [][][]float64{{{nan}}})), plots.ErrNotFinite},
		"heat ring":            {two(plots.NewHeat([]string{"a"}, []string{"b"}, [][][]float64{{{1}}}, [2]int{1, 0})), plots.ErrShape},
		"lines":                {two(plots.NewLines("s")), plots.ErrEmpty},
		"lines levels":         {two(plots.NewLines("s", plots.Series{})), plots.ErrEmpty},
		"lines values":         {two(plots.NewLines("s", plots.Series{Levels: []plots.Level{{N: 1}}})), plots.ErrEmpty},
		"lines NaN":            {two(plots.NewLines("s", plots.Series{Levels: []plots.Level{{N: nan, Values: []float64{1}}}})), plots.ErrNotFinite},
		"log lines N":          {two(plots.NewLogLines("s", plots.Series{Levels: []plots.Level{{N: 0, Values: []float64{1}}}})), plots.ErrNotPositive},
		"log lines value":      {two(plots.NewLogLines("s", plots.Series{Levels: []plots.Level{{N: 1, Values: []float64{0}}}})), plots.ErrNotPositive},
		"gantt":                {two(plots.NewGantt(nil)), plots.ErrEmpty},
		"gantt backwards":      {two(plots.NewGantt([]plots.Interval{{Lane: "a", Start: 2, End: 1}})), plots.ErrShape},
		"gantt overlap":        {two(plots.NewGantt([]plots.Interval{{Lane: "a", End: 2}, {Lane: "a", Start: 1, End: 3}})), plots.ErrShape},
		"zigzag":               {two(plots.NewZigZag()), plots.ErrEmpty},
		"zigzag order":         {two(plots.NewZigZag(plots.Order{Name: "x"})), plots.ErrEmpty},
		"zigzag task":          {two(plots.NewZigZag(plots.Order{Steps: []plots.Step{{Task: -1}}})), plots.ErrShape},
		"zigzag steps":         {two(plots.NewZigZag(plots.Order{Steps: make([]plots.Step, 13)})), plots.ErrShape},
		"dots":                 {two(plots.NewDots("s", group(0))), plots.ErrNotPositive},
		"dots NaN":             {two(plots.NewDots("s", group(nan))), plots.ErrNotFinite},
		"slices":               {two(plots.NewSlices(time.Millisecond)), plots.ErrEmpty},
		"slices slice":         {two(plots.NewSlices(0, group(1))), plots.ErrNotPositive},
		"slices zero":          {two(plots.NewSlices(time.Millisecond, group(0))), plots.ErrNotPositive},
		"slices NaN":           {two(plots.NewSlices(time.Millisecond, group(nan))), plots.ErrNotFinite},
		"slices too long":      {two(plots.NewSlices(time.Millisecond, group(2e6))), plots.ErrShape},
		"box":                  {two(plots.NewBox("s")), plots.ErrEmpty},
		"box Inf":              {two(plots.NewBox("s", group(inf))), plots.ErrNotFinite},
		"log box":              {two(plots.NewLogBox("s", group(0))), plots.ErrNotPositive},
		"stack":                {two(plots.NewStack("s", nil)), plots.ErrEmpty},
		"stack parts":          {two(plots.NewStack("s", []string{"a"}, plots.Bar{})), plots.ErrShape},
		"stack runs":           {two(plots.NewStack("s", []string{"a", "b"}, plots.Bar{Parts: [][]float64{{1}, {1, 2}}})), plots.ErrShape},
		"stack negative":       {two(plots.NewStack("s", []string{"a"}, plots.Bar{Parts: [][]float64{{-1}}})), plots.ErrShape},
		"stack NaN":            {two(plots.NewStack("s", []string{"a"}, plots.Bar{Parts: [][]float64{{nan}}})), plots.ErrNotFinite},
		"stack empty":          {two(plots.NewStack("s", []string{"a"}, plots.Bar{Parts: [][]float64{{}}})), plots.ErrEmpty},
		"count":                {two(plots.NewCount("x")), plots.ErrEmpty},
		"count negative":       {two(plots.NewCount("x", plots.Outcome{Count: -1})), plots.ErrShape},
		"count zero":           {two(plots.NewCount("x", plots.Outcome{})), plots.ErrShape},
		"wait-for":             {two(plots.NewWaitFor()), plots.ErrEmpty},
		"wait-for end":         {two(plots.NewWaitFor(plots.Wait{From: "a"})), plots.ErrShape},
		"flowchart":            {two(plots.NewFlowchart(nil, nil)), plots.ErrEmpty},
		"flowchart text":       {two(plots.NewFlowchart([]plots.FlowBox{{}}, nil)), plots.ErrShape},
		"flowchart place":      {two(plots.NewFlowchart([]plots.FlowBox{{Text: "a"}, {Text: "b"}}, nil)), plots.ErrShape},
		"flowchart arrow":      {two(plots.NewFlowchart([]plots.FlowBox{{Text: "a"}}, []plots.FlowArrow{{To: 1}})), plots.ErrShape},
		"flowchart up":         {two(plots.NewFlowchart([]plots.FlowBox{{Text: "a", Row: 1}, {Text: "b", Column: 1}}, []plots.FlowArrow{{To: 1}})), plots.ErrShape},
		"interleaving":         {two(plots.NewInterleaving(nil, nil, 0, -1)), plots.ErrEmpty},
		"interleaving row":     {two(plots.NewInterleaving([]string{"a"}, [][]string{{}}, 0, -1)), plots.ErrShape},
		"interleaving threads": {two(plots.NewInterleaving([]string{"a"}, [][]string{{"x"}}, 2, -1)), plots.ErrShape},
		"interleaving marked":  {two(plots.NewInterleaving([]string{"a"}, [][]string{{"x"}}, 0, 1)), plots.ErrShape},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, tt.got, tt.want)
		}
	}
}

func must[K plots.Kind](t *testing.T) func(K, error) plots.Kind {
	return func(k K, err error) plots.Kind {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
}

// pairs holds, for each kind, two charts that differ only in that two series are exchanged, names staying in place.
func pairs(t *testing.T) map[string][2]plots.Kind {
	a, b := spread(9, 10, 0.3), spread(9, 14, 0.3)
	groups := func(x, y []float64) []plots.Group {
		return []plots.Group{{Name: "one", Values: x}, {Name: "two", Values: y}}
	}
	levels := func(x, y []float64) []plots.Level {
		return []plots.Level{{N: 1, Values: spread(9, 10, 0.1)}, {N: 2, Values: x}, {N: 4, Values: y}}
	}
	heat := func(x, y float64) [][][]float64 { return [][][]float64{{{x}, {y}}, {{2}, {0.5}}} }
	gantt := func(x, y string) []plots.Interval {
		return []plots.Interval{{Lane: "one"}, {Lane: "two"}, {Lane: x, End: 5 * time.Millisecond, State: plots.Running},
			{Lane: y, Start: 5 * time.Millisecond, End: 9 * time.Millisecond, State: plots.Running}}
	}
	lanes := func(x, y string) []plots.Interval {
		return append(plots.TwoLanes(gantt("one", "two"), x, "job 1"), plots.TwoLanes(gantt("one", "two"), y, "job 2")...)
	}
	byEdges := func(k plots.Kind) plots.Kind {
		k.(*plots.Heat).Edges = true
		return k
	}
	order := func(x, y int) []plots.Order {
		return []plots.Order{{Name: "o", Steps: []plots.Step{{Task: x}, {Task: x}, {Task: y}, {Task: y}}}}
	}
	table := func(x, y string) [][]string { return [][]string{{x, ""}, {"", y}} }
	strip, ecdf := must[*plots.Strip](t), must[*plots.ECDF](t)
	hist, scaling, knee := must[*plots.Histogram](t), must[*plots.Scaling](t), must[*plots.Knee](t)
	hm, ga, zz := must[*plots.Heat](t), must[*plots.Gantt](t), must[*plots.ZigZag](t)
	dots, bx, st := must[*plots.Dots](t), must[*plots.Box](t), must[*plots.Stack](t)
	co, wf, il := must[*plots.Count](t), must[*plots.WaitFor](t), must[*plots.Interleaving](t)
	li, fc, sl := must[*plots.Lines](t), must[*plots.Flowchart](t), must[*plots.Slices](t)
	flow := func(x, y string) ([]plots.FlowBox, []plots.FlowArrow) {
		return []plots.FlowBox{{Text: "why?", Question: true}, {Text: x, Column: 1}, {Text: y, Row: 1}},
			[]plots.FlowArrow{{To: 1, Label: "yes"}, {To: 2, Label: "no"}}
	}
	return map[string][2]plots.Kind{
		"strip":     {strip(plots.NewStrip("ms", groups(a, b)...)), strip(plots.NewStrip("ms", groups(b, a)...))},
		"log strip": {strip(plots.NewLogStrip("ms", groups(a, b)...)), strip(plots.NewLogStrip("ms", groups(b, a)...))},
		"ecdf":      {ecdf(plots.NewECDF("ms", groups(a, b)...)), ecdf(plots.NewECDF("ms", groups(b, a)...))},
		"histogram": {hist(plots.NewHistogram("ms", 9, groups(a, b)...)), hist(plots.NewHistogram("ms", 9, groups(b, a)...))},
		"scaling":   {scaling(plots.NewScaling(levels(a, b), 4)), scaling(plots.NewScaling(levels(b, a), 4))},
		"knee":      {knee(plots.NewKnee("r/s", 8, 16, levels(a, b)...)), knee(plots.NewKnee("r/s", 8, 16, levels(b, a)...))},
		"heat": {hm(plots.NewHeat([]string{"1", "2"}, []string{"x", "y"}, heat(0.8, 3))),
			hm(plots.NewHeat([]string{"1", "2"}, []string{"x", "y"}, heat(3, 0.8)))},
		"lines": {li(plots.NewLines("ms", plots.Series{Name: "x", Levels: levels(a, b)}, plots.Series{Name: "y", Levels: levels(b, a)})),
			li(plots.NewLines("ms", plots.Series{Name: "x", Levels: levels(b, a)}, plots.Series{Name: "y", Levels: levels(a, b)}))},
		"gantt":     {ga(plots.NewGantt(gantt("one", "two"))), ga(plots.NewGantt(gantt("two", "one")))},
		"two lanes": {ga(plots.NewGantt(lanes("one", "two"))), ga(plots.NewGantt(lanes("two", "one")))},
		"heat by edges": {byEdges(hm(plots.NewHeat([]string{"1", "2"}, []string{"x", "y"}, heat(0.8, 3)))),
			byEdges(hm(plots.NewHeat([]string{"1", "2"}, []string{"x", "y"}, heat(3, 0.8))))},
		"zigzag": {zz(plots.NewZigZag(order(0, 1)...)), zz(plots.NewZigZag(order(1, 0)...))},
		"dots":   {dots(plots.NewDots("ms", groups(a, b)...)), dots(plots.NewDots("ms", groups(b, a)...))},
		"box":    {bx(plots.NewBox("ms", groups(a, b)...)), bx(plots.NewBox("ms", groups(b, a)...))},
		"stack": {st(plots.NewStack("ms", []string{"p", "q"}, plots.Bar{Name: "x", Parts: [][]float64{a, b}})),
			st(plots.NewStack("ms", []string{"p", "q"}, plots.Bar{Name: "x", Parts: [][]float64{b, a}}))},
		"slices": {sl(plots.NewSlices(time.Millisecond, groups(a, b)...)), sl(plots.NewSlices(time.Millisecond, groups(b, a)...))},
		"count": {co(plots.NewCount("n", plots.Outcome{Name: "x", Count: 18}, plots.Outcome{Name: "y", Count: 2})),
			co(plots.NewCount("n", plots.Outcome{Name: "x", Count: 2}, plots.Outcome{Name: "y", Count: 18}))},
		"wait-for": {wf(plots.NewWaitFor(plots.Wait{From: "a", To: "b", What: "left"}, plots.Wait{From: "b", To: "c", What: "right"})),
			wf(plots.NewWaitFor(plots.Wait{From: "a", To: "b", What: "right"}, plots.Wait{From: "b", To: "c", What: "left"}))},
		"flowchart": {fc(plots.NewFlowchart(flow("left", "right"))), fc(plots.NewFlowchart(flow("right", "left")))},
		"interleaving": {il(plots.NewInterleaving([]string{"T1", "T2"}, table("read", "write"), 2, -1)),
			il(plots.NewInterleaving([]string{"T1", "T2"}, table("write", "read"), 2, -1))},
	}
}
