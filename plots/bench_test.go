package plots_test

import (
	"math/rand/v2"
	"testing"

	"interleave/plots"
)

// BenchmarkNoisyLines draws and shows a chart of 30,000 values that jump, such as the latencies of so many requests.
func BenchmarkNoisyLines(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	levels := make([]plots.Level, 30_000)
	for i := range levels {
		levels[i] = plots.Level{N: float64(i), Values: []float64{r.ExpFloat64()}}
	}
	lines, err := plots.NewLines("ms", plots.Series{Name: "latency", Levels: levels})
	if err != nil {
		b.Fatal(err)
	}
	c, err := plots.NewChart(plots.Notebook(), plots.Labels{Title: "Noisy"}, lines)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("picture", func(b *testing.B) {
		for b.Loop() {
			c.Image(2)
		}
	})
	b.Run("shown", func(b *testing.B) {
		for b.Loop() {
			c.SimpleRender()
		}
	})
}
