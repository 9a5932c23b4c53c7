package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"interleave/kernel/internal/kerneltest"
)

// TestLateLines: what goroutines print just behind a cell's end comes before the cell is idle, whether the cell has started or
// woken them, and also while another one computes for ever.
func TestLateLines(t *testing.T) {
	k := start("thin")(t)
	run := func(code string) string {
		t.Helper()
		r, err := k.Execute(t.Context(), code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{})
	}
	run("jobs := make(chan int, 10)\nfor range 3 {\n\tgo func() {\n\t\tfor j := range jobs {\n\t\t\tfmt.Println(\"job\", j)\n\t\t\tdisplay.Show(display.Markdown(fmt.Sprint(\"shown \", j)))\n\t\t\tfmt.Println(\"done\", j)\n\t\t}\n\t}()\n}")
	for i := range 40 {
		if i == 30 {
			run("var stop atomic.Bool\ngo func() {\n\tfor !stop.Load() {\n\t}\n}()")
		}
		text := run(fmt.Sprintf("for j := range 3 {\n\tjobs <- 10*%d + j\n}", i))
		for j := range 3 {
			n := 10*i + j
			if !strings.Contains(text, fmt.Sprintf("job %d\n", n)) {
				t.Errorf("line of job %d is not there:\n%s", n, text)
			}
			if i < 30 && (!strings.Contains(text, fmt.Sprintf("shown %d", n)) || !strings.Contains(text, fmt.Sprintf("done %d", n))) {
				t.Errorf("not all of job %d is there:\n%s", n, text)
			}
		}
		if text := run(fmt.Sprintf("for j := range 3 {\n\tgo fmt.Println(\"started %d\", j)\n}", i)); strings.Count(text, "started") != 3 {
			t.Errorf("a line of a goroutine that the cell has started is not there:\n%s", text)
		}
	}
	run("stop.Store(true)")
}
