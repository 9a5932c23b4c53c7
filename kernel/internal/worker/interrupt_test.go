package worker

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInterrupts(t *testing.T) {
	for _, c := range []struct{ symbol, frame string }{
		{"Spin", ".Spin("},
		{"SpinFunction", ".SpinFunction("},
		{"SpinAll", ".SpinAll("},
		{"SpinMany", ".SpinMany("},
		{"SpinManyLate", ".SpinMany("},
		{"Receive", ".Receive("},
		{"Mutex", ".Mutex("},
		{"Sleep", ".Sleep("},
		{"SystemCall", ".SystemCall("}, // syscall has a function Syscall of its own
	} {
		t.Run(c.symbol, func(t *testing.T) {
			for attempt := 1; ; attempt++ { // one of five, for others may use the machine
				dumped, took := interrupt(t, c.symbol, c.frame)
				t.Logf("dump %v, interrupt %v", dumped, took)
				if took <= 200*time.Millisecond && (dumped < dumpTime || strings.HasPrefix(c.symbol, "SpinMany")) {
					break
				}
				if attempt == 5 {
					t.Fatalf("of %d interrupts none was prompt: the last took %v, the dump %v of it", attempt, took, dumped)
				}
			}
		})
	}
}

// dumpTime is what a dump is waited for. With a hundred goroutines that spin there may be none by then.
const dumpTime = 190 * time.Millisecond

// interrupt does as the engine does to a cell that runs, and returns the times until the stacks and the prompt were there.
func interrupt(t *testing.T, symbol, frame string) (dumped, took time.Duration) {
	t.Helper()
	w, rec := start(t, nil)
	defer w.Close()
	do(t, w, "Count")
	call := cell(symbol)
	ended := make(chan error, 1)
	go func() {
		_, err := w.Run(deadline(t, 60*time.Second), call)
		ended <- err
	}()
	ctx := deadline(t, 30*time.Second)
	var dump []byte
	for !strings.Contains(string(dump), frame) { // until it runs
		b, err := w.Dump(ctx)
		if err != nil {
			t.Fatal(err)
		}
		dump = b
	}
	began := time.Now()
	w.Cancel(call.ID)
	dump, err := w.Dump(deadline(t, dumpTime))
	dumped = time.Since(began)
	if errors.Is(err, context.DeadlineExceeded) {
		dumped = max(dumped, dumpTime)
	} else if err != nil || !strings.Contains(string(dump), frame) {
		t.Errorf("dump: %v\n%s", err, dump)
	}
	w.Abandon(call.ID)
	if err := <-ended; err != ErrAbandoned {
		t.Errorf("run: %v", err)
	}
	took = time.Since(began)
	do(t, w, "Count") // the state is kept and the next cell runs, beside the one that spins
	if got := rec.stream("stdout"); got != "counter 1\ncounter 2\n" {
		t.Errorf("got %q", got)
	}
	return dumped, took
}

func TestCancelledContext(t *testing.T) {
	w, rec := start(t, nil)
	call := cell("Obedient")
	go func() {
		rec.await(t, func() bool { return rec.stream("stdout") == "waiting" })
		w.Cancel(call.ID)
	}()
	if _, err := w.Run(deadline(t, 10*time.Second), call); err != nil {
		t.Error(err)
	}
	if got := rec.stream("stdout"); got != "waiting cancelled" {
		t.Errorf("got %q", got)
	}
}

func TestAbandonedCellEndsLate(t *testing.T) {
	late := make(chan uint64, 1)
	w, rec := start(t, func(c *Config) { c.Late = func(id uint64, e Ended) { late <- id } })
	call := cell("Hold")
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("enough")
	ended := make(chan error)
	go func() {
		_, err := w.Run(ctx, call)
		ended <- err
	}()
	if err := w.Ping(deadline(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	cancel(reason)
	if err := <-ended; err != reason {
		t.Errorf("got %v", err)
	}
	do(t, w, "Unhold")
	if id := <-late; id != call.ID {
		t.Errorf("cell %d ended late", id)
	}
	rec.await(t, func() bool { return rec.stream("stdout") == "held cell goes on" })
}

func TestPing(t *testing.T) {
	w, _ := start(t, nil)
	if err := w.Ping(deadline(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	syscall.Kill(w.PID(), syscall.SIGSTOP)
	for s, err := readStat(w.PID()); s.state != 'T'; s, err = readStat(w.PID()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Ping(deadline(t, 50*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stopped worker: %v", err)
	}
	w.Close()
}
