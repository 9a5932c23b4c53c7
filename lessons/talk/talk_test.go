package talk

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"interleave/lessons/kit/measure"
)

func TestRuns(t *testing.T) {
	runs := Runs()
	if len(runs) != 81 {
		t.Fatalf("%d runs, want 81", len(runs))
	}
	for _, p := range Programs() {
		if n := len(Values(p)); n != 9 {
			t.Errorf("%s: %d runs", p, n)
		}
	}
	for i, r := range runs {
		if r.Number != i%9+1 {
			t.Errorf("run %d has number %d", i, r.Number)
		}
	}
	if Values(Program{CPU, Asyncio}) != nil {
		t.Error("a program that was not run has values")
	}
}

// The figures of the re-analysis, as they are printed there: three digits for CPU, two for I/O.
func TestMedians(t *testing.T) {
	want := []struct {
		min, median, lo, hi, max, cv float64
	}{
		{9.245, 9.754, 9.624, 9.854, 9.871, 1.9},
		{3.907, 6.789, 5.049, 8.303, 8.912, 22.8},
		{3.981, 8.222, 5.502, 8.604, 8.775, 20.7},
		{33.470, 36.233, 34.966, 36.480, 36.810, 2.8},
		{34.705, 36.381, 35.393, 36.766, 36.786, 1.8},
		{588.41, 603.15, 597.21, 630.80, 661.91, 3.4},
		{856.66, 924.05, 912.86, 968.80, 1008.54, 4.3},
		{578.92, 613.71, 602.97, 629.15, 759.39, 7.7},
		{955.55, 1008.75, 981.95, 1030.14, 1037.46, 2.5},
	}
	got, err := Medians()
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range got {
		w := want[i]
		cv := math.Round(1000*measure.CV(Values(m.Program))) / 10
		if m.Min != w.min || m.Median != w.median || m.Lo != w.lo || m.Hi != w.hi || m.Max != w.max || cv != w.cv {
			t.Errorf("%s: got %+v cv %v, want %+v", m.Program, m.Summary, cv, w)
		}
		if !m.Claimed || math.Abs(m.Confidence-0.961) > 0.0005 {
			t.Errorf("%s: confidence %v, want 96.1 %%", m.Program, m.Confidence)
		}
	}
}

func TestComparisons(t *testing.T) {
	want := map[Workload][]struct {
		model Model
		ratio float64 // printed with two or three digits
		p     string  // of this comparison alone
	}{
		CPU: {{ThreadingClass, 0.70, "p<0.0001"}, {ThreadingCallable, 0.84, "p<0.0001"},
			{MultiprocessingClass, 3.71, "p<0.0001"}, {MultiprocessingPool, 3.73, "p<0.0001"}},
		IO: {{Threading, 1.53, "p<0.0001"}, {Asyncio, 1.02, "p=0.30"}, {MultiprocessingPool, 1.67, "p<0.0001"}},
	}
	for w, rows := range want {
		samples := Samples(w)
		got, err := measure.CompareAll(samples[0], samples[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range got {
			if c.Other != string(rows[i].model) || math.Abs(c.Ratio-rows[i].ratio) > 0.005 || measure.FormatP(c.P) != rows[i].p {
				t.Errorf("%s: got %+v %s, want %+v", w, c, measure.FormatP(c.P), rows[i])
			}
			if c.Significant == (rows[i].model == Asyncio) {
				t.Errorf("%s %s: significant is %v", w, c.Other, c.Significant)
			}
		}
	}
	pool, err := measure.Compare(Sample(Program{CPU, MultiprocessingClass}), Sample(Program{CPU, MultiprocessingPool}))
	if err != nil || measure.FormatP(pool.P) != "p=0.67" {
		t.Errorf("pool against class: %v, %v", pool, err)
	}
}

// The deck's selection rule: the best of nine for six programs, the second best for two, one separate run.
func TestPrintedIsBest(t *testing.T) {
	rank := map[string]int{}
	for _, p := range Programs() {
		deck, ok := Printed(p)
		if !ok {
			t.Fatalf("%s: no number", p)
		}
		values := Values(p)
		slices.Sort(values)
		if p.Workload.MoreIsBetter() {
			slices.Reverse(values)
		}
		at := slices.Index(values, deck.Value) + 1
		if deck.Recorded != (at > 0) {
			t.Errorf("%s: recorded is %v, rank %d", p, deck.Recorded, at)
		}
		rank[fmt.Sprint(at)]++
	}
	if rank["1"] != 6 || rank["2"] != 2 || rank["0"] != 1 {
		t.Errorf("ranks %v", rank)
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{"h\n\"", "h\na,b\n", "h,h,h,h,h\ncpu,x,one,1,k ops/s\n", "h,h,h,h,h\ncpu,x,1,one,k ops/s\n", "h,h,h,h,h\ncpu,x,1,1,ms\n"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// The talk's headline: asyncio faster than sequential. Its own nine runs do not show it.
func Example() {
	sequential := Sample(Program{IO, Sequential})
	asyncio := Sample(Program{IO, Asyncio})
	for _, s := range []measure.Sample{sequential, asyncio} {
		sum, _ := s.Summary()
		fmt.Println(s.Name, sum, s.Unit)
	}
	c, _ := measure.Compare(sequential, asyncio)
	fmt.Println(c)
	// Output:
	// sequential 603.1 [597.2, 630.8] n=9 ms
	// asyncio 613.7 [603.0, 629.1] n=9 ms
	// asyncio vs sequential: ~ (p=0.30, n=9+9)
}
