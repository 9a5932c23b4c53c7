package engine_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// BenchmarkCompletion gives the median and the 95th percentile of what a reader waits for in a notebook that has drawn a chart: for a
// completion, one key after the other, and for a signature with its documentation.
func BenchmarkCompletion(b *testing.B) {
	tool := buildGopls(b)
	k := withGopls(b)
	execute(b, k, declarations)
	lines := []string{"fmt.Printl", "points[0].No", "pl.Title.Te", "for _, q := range points { q.La", "x := byName[\"a\"]; x.Lab", "poin", "strings.NewRea", "s := \"äöü 😀\"; half(poi"}
	b.Run("complete", func(b *testing.B) {
		measure(b, func(i int) bool {
			line := lines[i%len(lines)]
			n := len(line) - 1 + i/len(lines)%2
			return len(complete(b, k, fmt.Sprintf("y%d := %d\n", i/2, i)+line[:n]+cursorMark).Matches) > 0
		})
	})
	b.Run("inspect", func(b *testing.B) {
		calls := []string{"fmt.Println(", "half(1, ", "pl.Save(", "points[0].Norm(", "strings.NewReader("}
		measure(b, func(i int) bool {
			plain, _ := inspect(b, k, fmt.Sprintf("y%d := %d\n", i, i)+calls[i%len(calls)]+cursorMark)
			return plain != ""
		})
		b.ReportMetric(residentMB(b, goplsOf(b, k, tool)), "gopls-MB")
	})
}

// residentMB is the memory of a process.
func residentMB(b *testing.B, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	var size, resident float64
	if err == nil {
		_, err = fmt.Sscan(string(text), &size, &resident)
	}
	if err != nil {
		b.Fatal(err)
	}
	return resident * float64(os.Getpagesize()) / 1e6
}

// measure asks and reports percentiles.
func measure(b *testing.B, ask func(i int) bool) {
	for i := range 16 { // what is read once
		ask(i)
	}
	var times []time.Duration
	for b.Loop() {
		from := time.Now()
		if !ask(len(times)) {
			b.Fatal("no answer")
		}
		times = append(times, time.Since(from))
	}
	slices.Sort(times)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(times[len(times)/2]), "p50-ms")
	b.ReportMetric(milliseconds(times[len(times)*95/100]), "p95-ms")
	b.ReportMetric(milliseconds(times[len(times)-1]), "max-ms")
}

// BenchmarkFirstCompletion gives the median time from the start of a kernel to its answer to kernel_info, to the first completion that
// gopls makes, asked for as soon as the kernel answers, and to the first result of a cell.
func BenchmarkFirstCompletion(b *testing.B) {
	buildGopls(b)
	prepare(b, "")
	var info, first, cell []time.Duration
	for b.Loop() {
		from := time.Now()
		k := start("")(b)
		info = append(info, time.Since(from))
		awaitGopls(b, k)
		first = append(first, time.Since(from))
		k.Stop(b.Context())

		from = time.Now()
		k = start("")(b)
		if _, err := k.Execute(b.Context(), "1", kerneltest.ExecuteOptions{}); err != nil {
			b.Fatal(err)
		}
		cell = append(cell, time.Since(from))
		k.Stop(b.Context())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(info)), "kernel-info-ms")
	b.ReportMetric(milliseconds(median(first)), "first-completion-ms")
	b.ReportMetric(milliseconds(median(cell)), "first-result-ms")
}
