package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// turnPoll is how often a process that waits for its turn looks whether it has come.
const turnPoll = 100 * time.Millisecond

// turn takes the named lock for something long. While another process holds it, the steps of that process are told as if they
// were this one's: a notebook that is opened while lab builds the base shows how far it is. They are handed on in the lock's
// own file.
func (w *workshop) turn(ctx context.Context, name string) (unlock func(), err error) {
	fail := func(err error) (func(), error) { return nil, fmt.Errorf("lock %s: %w", name, err) }
	f, err := again(w.cache, func() (*os.File, error) { return os.OpenFile(w.cache.path("lock", name), os.O_CREATE|os.O_RDWR, 0o644) })
	if err != nil {
		return fail(err)
	}
	var last Step
	for {
		err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return fail(err)
		}
		if s, ok := readStep(f); ok && s != last {
			last = s
			w.step(s)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(turnPoll):
		}
	}
	outer := w.announce
	w.announce = func(s Step) {
		if outer != nil {
			outer(s)
		}
		writeStep(f, s)
	}
	return func() {
		w.announce = outer
		_ = f.Truncate(0) // who takes the lock next begins with steps of its own
		f.Close()
	}, nil
}

// writeStep replaces what is in f. Who reads it in between finds no JSON and looks again.
func writeStep(f *os.File, s Step) {
	text, err := json.Marshal(s)
	if err != nil {
		return
	}
	// Without it the others see no progress, and that is all.
	_ = f.Truncate(0)
	_, _ = f.WriteAt(text, 0)
}

func readStep(f *os.File) (s Step, ok bool) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 64<<10))
	return s, err == nil && json.Unmarshal(text, &s) == nil
}
