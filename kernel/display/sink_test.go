package display

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// front is a front end that records what it is sent. The sink of package stage is one for the process, so
// tests that use it do not run in parallel.
type front struct {
	mu     sync.Mutex
	events []events.Event[any]
	reply  string
	refuse func(events.Event[any]) error
}

func connect(t *testing.T) *front {
	t.Helper()
	f := &front{}
	stage.Connect(f.take)
	return f
}

func (f *front) take(e events.Event[any]) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		if err := f.refuse(e); err != nil {
			return "", err
		}
	}
	f.events = append(f.events, e)
	return f.reply, nil
}

// taken returns the events so far and forgets them.
func (f *front) taken() []events.Event[any] {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.events
	f.events = nil
	return e
}

// TestOutsideOfANotebook runs in a process of its own: a sink cannot be taken away again.
func TestOutsideOfANotebook(t *testing.T) {
	if os.Getenv("DISPLAY_TEST_OUTSIDE") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOutsideOfANotebook$")
		cmd.Env = append(os.Environ(), "DISPLAY_TEST_OUTSIDE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	const want = "cannot display: connection with Jupyter not available"
	_, inputErr := Input("name?")
	_, passwordErr := Password("word?")
	_, openErr := OpenComm("target", nil)
	registerErr := RegisterComm("target", func(*Comm, CommMessage) {})
	for name, err := range map[string]error{
		"Display": Display(HTML("x")), "empty Display": Display(Data{}), "Show": Show(1), "Show nil": Show(nil),
		"ShowID": ShowID("a", 1), "Update": Update("a", 1), "Handle": New().Update(1), "ClearOutput": ClearOutput(false),
		"Input": inputErr, "Password": passwordErr,
		"OpenComm": openErr, "RegisterComm": registerErr,
	} {
		if err == nil || err.Error() != want || !errors.Is(err, stage.ErrNotConnected) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	Result(42) // must not panic
	n := 0
	for range Range(3) {
		n++
	}
	if n != 3 || Context().Err() != nil {
		t.Errorf("Range ran %d times, context: %v", n, Context().Err())
	}
}
