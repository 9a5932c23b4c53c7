package plots_test

import (
	"fmt"

	"interleave/plots"
)

// One question, three leaves, and the way that was walked.
func ExampleNewFlowchart() {
	chart, err := plots.NewFlowchart(
		[]plots.FlowBox{
			{Text: "Is it mostly waiting?", Column: 1, Question: true, On: true},
			{Text: "As many workers as CPUs", Column: 2},
			{Text: "Is there a limit at the other side?", Column: 1, Row: 1, Question: true, On: true},
			{Text: "A goroutine per task", Column: 0, Row: 2},
			{Text: "Bounded workers", Column: 1, Row: 2, On: true},
			{Text: "Measure again", Column: 2, Row: 2},
		},
		[]plots.FlowArrow{
			{From: 0, To: 1, Label: "no"},
			{From: 0, To: 2, Label: "yes", On: true},
			{From: 2, To: 3, Label: "no"},
			{From: 2, To: 4, Label: "yes", On: true},
			{From: 1, To: 5},
			{From: 3, To: 5, Jump: true},
			{From: 4, To: 5},
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	gallery("flowchart", plots.Labels{Title: "How many goroutines?"}, chart)
	sentences(chart.Alt())
	// Output:
	// Flowchart of 6 boxes.
	// Is it mostly waiting? no → As many workers as CPUs; yes → Is there a limit at the other side?.
	// As many workers as CPUs → Measure again.
	// Is there a limit at the other side? no → A goroutine per task; yes → Bounded workers.
	// A goroutine per task → Measure again.
	// Bounded workers → Measure again.
}
