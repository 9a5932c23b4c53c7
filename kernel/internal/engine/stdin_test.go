package engine_test

import (
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// TestStdinInterrupted interrupts a cell that waits for the reader's line: it ends, keeps what it had, and the next
// cell gets its own answer.
func TestStdinInterrupted(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		execute(t, k, "n := 1")
		typed := make(chan string)
		opts := kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnInput: func(string, bool) string { return <-typed }}}
		call, err := k.StartExecute("fmt.Scan(&n)", opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := call.WaitInput(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := k.Interrupt(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := call.Wait(t.Context())
		if err != nil || r.EName != "Interrupted" {
			t.Fatalf("%+v %v", r, err)
		}
		t.Logf("interrupted a waiting read within %v", time.Since(began).Round(time.Millisecond))
		typed <- "too late"
		r, err = k.Execute(t.Context(), "fmt.Scan(&n)\nn", kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnInput: func(string, bool) string { return "42" }}})
		if err != nil || r.Status != "ok" || kerneltest.Text(r, kerneltest.TextOptions{}) != "input:\nresult: 42\n" {
			t.Errorf("%+v %v", kerneltest.Text(r, kerneltest.TextOptions{}), err)
		}
	})
}
