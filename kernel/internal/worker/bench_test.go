package worker

import (
	"context"
	"testing"
)

// BenchmarkStart is from Start to a worker that takes commands, and its end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		w, err := Start(b.Context(), testConfig(newRecorder()))
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		w.Close()
		b.StartTimer()
	}
}

// BenchmarkClose is from a running worker to no process left.
func BenchmarkClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w, err := Start(b.Context(), testConfig(newRecorder()))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		w.Close()
	}
}

// BenchmarkRunLoaded is a cell that does nothing and is loaded already.
func BenchmarkRunLoaded(b *testing.B) {
	w, _ := start(b, nil)
	c := cell("Nothing")
	for b.Loop() {
		c.ID = calls()
		if _, err := w.Run(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad opens the tests' plugin, which was linked with the standard library in it.
func BenchmarkLoad(b *testing.B) {
	var loading float64
	n := 0
	for b.Loop() {
		b.StopTimer()
		w, err := Start(b.Context(), testConfig(newRecorder()))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		e, err := w.Run(b.Context(), cell("Nothing"))
		if err != nil {
			b.Fatal(err)
		}
		loading += float64(e.Loading.Microseconds())
		n++
		b.StopTimer()
		w.Close()
		b.StartTimer()
	}
	b.ReportMetric(loading/float64(n), "µs-loading/op")
}

// BenchmarkDisplay is one display event, there and back, in a cell of 400 with text in between.
func BenchmarkDisplay(b *testing.B) {
	rec := newRecorder()
	rec.reset(true)
	w, err := Start(context.Background(), testConfig(rec))
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	for b.Loop() {
		do(b, w, "Order")
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/400, "µs/event")
}
