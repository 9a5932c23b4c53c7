package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// grownKernel has n types declared, a hundred a cell: each by itself, or each with a field of the type before.
func grownKernel(b *testing.B, n int, chain bool) *kerneltest.Kernel {
	k := withGopls(b)
	execute(b, k, "type T0 struct{ a, b int }")
	for from := 1; from < n; from += 100 {
		var text strings.Builder
		for i := from; i < min(from+100, n); i++ {
			before := "int"
			if chain {
				before = fmt.Sprintf("*T%d", i-1)
			}
			fmt.Fprintf(&text, "type T%d struct { a, b int; next %s }\nfunc (t T%[1]d) Sum() int { return t.a + t.b }\n", i, before)
		}
		execute(b, k, text.String())
	}
	execute(b, k, "func (t T0) Sum() int { return t.a + t.b }\nfmt.Println(T0{}.Sum())")
	complete(b, k, "strings.NewRea"+cursorMark)
	return k
}

// BenchmarkGrowth gives the median time of a cell in notebooks that have declared much, in turn: one that has nothing to do with it, one
// that uses the last type, one that declares the first type again, and a completion.
func BenchmarkGrowth(b *testing.B) {
	buildGopls(b)
	sizes := []int{2, 100, 1000, 3000}
	for _, shape := range []string{"apart", "chain"} {
		b.Run(shape, func(b *testing.B) {
			var kernels []*kerneltest.Kernel
			for _, n := range sizes {
				kernels = append(kernels, grownKernel(b, n, shape == "chain"))
			}
			seed := time.Now().UnixNano() % 1e6 * 1000
			times := map[string][]time.Duration{}
			took := func(name string, n int, d time.Duration) {
				key := fmt.Sprintf("%s-%d-ms", name, n)
				times[key] = append(times[key], d)
			}
			for range b.N + 1 { // the first warms up
				for i, k := range kernels {
					n := sizes[i]
					seed++
					took("unrelated", n, execute(b, k, fmt.Sprintf("fmt.Println(%d)", seed)))
					took("last", n, execute(b, k, fmt.Sprintf("T%d{a: %d}.Sum()", n-1, seed)))
					took("base", n, execute(b, k, fmt.Sprintf("type T0 struct{ a, b, c%d int }", seed)))
					from := time.Now()
					if len(complete(b, k, fmt.Sprintf("x := %d\nstrings.NewRea", seed)+cursorMark).Matches) == 0 {
						b.Fatal("no answer")
					}
					took("complete", n, time.Since(from))
				}
			}
			b.ReportMetric(0, "ns/op")
			for key, list := range times {
				b.ReportMetric(milliseconds(median(list[1:])), key)
			}
		})
	}
}
