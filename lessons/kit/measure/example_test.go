package measure_test

import (
	"bytes"
	"context"
	"fmt"

	"interleave/lessons/kit/measure"
)

// Two variants run in turn; the warm-up round is dropped. Run returns the value, here a count, so that the example
// has the same output on every machine.
func ExampleInterleave() {
	steps := func(name string, first float64) measure.Variant {
		n := first
		return measure.Variant{Name: name, Run: func(context.Context) (float64, error) { n++; return n, nil }}
	}
	result, err := measure.Interleave(context.Background(), measure.Plan{Rounds: 8, Unit: "steps"},
		steps("slow", 100), steps("fast", 10))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range result.Samples {
		sum, _ := s.Summary()
		fmt.Println(s.Name, sum, s.Unit)
	}
	comparisons, _ := result.Compare("slow")
	fmt.Println(comparisons[0])
	// Output:
	// slow 105.5 [102.0, 108.0] n=8 steps
	// fast 15.50 [12.00, 18.00] n=8 steps
	// fast vs slow: -85.3 % (p=0.0002, n=8+8)
}

// Five values have no 95 % interval, so none is claimed.
func ExampleSummarize() {
	five, _ := measure.Summarize([]float64{3, 1, 2, 5, 4})
	six, _ := measure.Summarize([]float64{3, 1, 2, 5, 4, 6})
	fmt.Println(five)
	fmt.Println(six)
	// Output:
	// 3.000 (no interval: n=5 < 6)
	// 3.500 [1.000, 6.000] n=6
}

// The more comparisons are made at once, the smaller a p-value must be.
func ExampleHolm() {
	fmt.Println(measure.Holm([]float64{0.02, 0.03, 0.5}))
	// Output:
	// [0.06 0.06 0.5]
}

// A card judges the run, and says why.
func ExampleCard_Verdict() {
	card := measure.Card{Uses: []measure.Use{{Variant: "spin", Used: 0.61, Expected: 1}}}
	fmt.Println(card.Verdict())
	// Output:
	// NOISY: spin used 0.61 CPUs instead of 1.000
}

func ExampleWriteCSV() {
	var out bytes.Buffer
	measure.WriteCSV(&out, nil, measure.Sample{Name: "spin", Unit: "ms", Values: []float64{5.1, 5.0}})
	fmt.Print(out.String())
	// Output:
	// run,variant,value,unit,wall_s,cpu_s
	// 1,spin,5.1,ms,,
	// 2,spin,5,ms,,
}

// The output is what benchstat reads.
func ExampleWriteBench() {
	var out bytes.Buffer
	measure.WriteBench(&out, "Spin", nil, measure.Sample{Name: "one core", Unit: "ms", Values: []float64{5.25, 5}})
	fmt.Print(out.String())
	// Output:
	// BenchmarkSpin/variant=one_core-1 1 0.00525 sec/op
	// BenchmarkSpin/variant=one_core-1 1 0.005 sec/op
}

// An exercise asks for a ratio, and accepts neither a lucky run nor a noisy machine.
func ExampleSummary_AtLeast() {
	one := measure.Sample{Name: "1 core", Values: []float64{7.2, 7.3, 7.1, 7.2, 7.4, 7.2}}
	two := measure.Sample{Name: "2 cores", Values: []float64{14.5, 14.4, 14.6, 13.9, 14.9, 14.3}}
	ratio, _ := measure.Ratios(one, two)
	quiet := measure.Card{}.Verdict()
	fmt.Println(ratio)
	fmt.Println("1.8 times:", ratio.AtLeast(1.8, quiet))
	fmt.Println("2 times:", ratio.AtLeast(2, quiet))
	// Output:
	// 2.000 [1.931, 2.056] n=6
	// 1.8 times: holds
	// 2 times: inconclusive
}
