package engine_test

import (
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
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

// TestStdinOfAClientThatIsGone ends the client's stdin connection while a cell waits for its line, and has cells read afterwards: they
// end with a clear error at once, and the next client is asked.
func TestStdinOfAClientThatIsGone(t *testing.T) {
	k := calm(t)
	ctx := within(t, 2*time.Minute)
	execute(t, k, "n := 1")
	opts := kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnInput: func(string, bool) string { select {} }}}
	call, err := k.StartExecute("fmt.Scan(&n)", opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.WaitInput(ctx, 1); err != nil {
		t.Fatal(err)
	}
	k.HangUp(wire.Stdin)
	r, err := call.Wait(ctx)
	if err != nil || r.EName != "InputError" || !strings.Contains(r.EValue, "the client that was asked is gone") {
		t.Errorf("while it waits: %+v %v", r, err)
	}
	r, err = k.Execute(ctx, "fmt.Scan(&n)", opts)
	if err != nil || r.EName != "InputError" || !strings.Contains(r.EValue, "cannot be asked for input (") {
		t.Errorf("afterwards: %+v %v", r, err)
	}
	r, err = k.Execute(ctx, "line, err := display.Input(\"?\")\nline == \"\" && err != nil", opts)
	if err != nil || kerneltest.Text(r, kerneltest.TextOptions{}) != "result: true\n" {
		t.Errorf("by display.Input: %s %v", kerneltest.Text(r, kerneltest.TextOptions{}), err)
	}
	next, err := client.Dial(ctx, k.Connection())
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	r, err = next.Execute(ctx, "fmt.Scan(&n)\nn", kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnInput: func(string, bool) string { return "42" }}})
	if err != nil || kerneltest.Text(r, kerneltest.TextOptions{}) != "input:\nresult: 42\n" {
		t.Errorf("of the next client: %s %v", kerneltest.Text(r, kerneltest.TextOptions{}), err)
	}
}
