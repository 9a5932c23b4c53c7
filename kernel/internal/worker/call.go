package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"interleave/kernel/internal/worker/frame"
)

// run is a cell that was started and has not said that it ended.
type run struct {
	ended     chan result // one result, buffered
	plugin    string
	abandoned bool  // guarded by Worker.mu, as is refused
	refused   error // why it got no input
}

type result struct {
	ended Ended
	err   error
}

// Run runs a cell and waits for its end. When it returns, everything the cell printed or showed has been
// given to the Handler. The error is *LoadError, *InputError, *Death (beside ErrNotTaken when the cell has not run at
// all), ErrAbandoned, or that of ctx, whose end abandons the cell; a cell that panics is no error. Several cells may run at a time, which is what happens after one
// was abandoned.
func (w *Worker) Run(ctx context.Context, c Call) (Ended, error) {
	r := &run{ended: make(chan result, 1), plugin: c.Plugin}
	w.mu.Lock()
	_, taken := w.runs[c.ID]
	if !taken {
		w.runs[c.ID] = r
	}
	w.mu.Unlock()
	if taken {
		return Ended{}, fmt.Errorf("run cell: id %d is running already", c.ID)
	}
	sent, err := w.sendCounted(frame.Command{Op: frame.Run, Cell: c.ID, Label: c.Cell, Plugin: c.Plugin, Symbol: c.Symbol, Stdin: w.reads != nil, Watch: c.Watch, Name: c.File, Repeat: c.Repeat})
	if err != nil {
		w.mu.Lock()
		delete(w.runs, c.ID)
		w.mu.Unlock()
		return Ended{}, w.notTaken(sent, w.orDeath(err))
	}
	w.config.Memory.wake()
	defer w.follow(c.ID, c.Cell)()
	select {
	case res := <-r.ended:
		return res.ended, w.refused(r, res.err)
	case <-ctx.Done():
		w.Abandon(c.ID)
		res := <-r.ended
		if errors.Is(res.err, ErrAbandoned) {
			res.err = context.Cause(ctx)
		}
		return res.ended, res.err
	case <-w.done:
		select {
		case res := <-r.ended: // it ended well just before
			return res.ended, res.err
		default:
			return Ended{}, w.notTaken(sent, w.Death())
		}
	}
}

// ErrNotTaken is wrapped by the error of a cell whose worker had ended before it read that it was to run the cell.
var ErrNotTaken = errors.New("the worker had ended before it took the cell")

// notTaken adds ErrNotTaken to a death when the worker has not read all of the first sent bytes.
func (w *Worker) notTaken(sent int64, err error) error {
	var death *Death
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.As(err, &death) && w.taken < sent {
		return fmt.Errorf("%w: %w", ErrNotTaken, death)
	}
	return err
}

// Cancel cancels the context of a running cell and whatever input it waits for. It does not wait.
func (w *Worker) Cancel(id uint64) {
	w.cancelInputs(id, false)
	w.sendSoon(frame.Command{Op: frame.Cancel, Cell: id})
}

// Abandon lets Run return at once, with ErrAbandoned, whatever the worker does. The cell is cancelled and
// otherwise goes on; Config.Late is told when it ends.
func (w *Worker) Abandon(id uint64) {
	w.mu.Lock()
	r := w.runs[id]
	if r != nil && !r.abandoned {
		r.abandoned = true
		r.ended <- result{err: ErrAbandoned}
	}
	w.mu.Unlock()
	w.Cancel(id)
}

// finish hands a cell's result to its Run, or to Late when it was abandoned. Only the reader calls it.
func (w *Worker) finish(id uint64, res result) {
	w.mu.Lock()
	r := w.runs[id]
	delete(w.runs, id)
	late := r != nil && r.abandoned
	if r != nil && !late {
		r.ended <- res
	}
	w.mu.Unlock()
	if late && w.config.Late != nil && res.err == nil {
		w.config.Late(id, res.ended)
	}
}

// Ping waits until the worker answers. An error that is that of ctx means that it does not.
func (w *Worker) Ping(ctx context.Context) error {
	_, err := w.ask(ctx, frame.Command{Op: frame.Ping})
	return err
}

// Runnable reports whether the worker computes, or would if it got a processor. A worker that does and is silent may
// only be short of processors.
func (w *Worker) Runnable() bool { return runnable(w.PID()) }

// Dump returns the stacks of all goroutines of the worker as runtime.Stack prints them, the worker's own
// among them. It works while every core spins; give ctx a deadline all the same.
func (w *Worker) Dump(ctx context.Context) ([]byte, error) {
	return w.ask(ctx, frame.Command{Op: frame.Stack})
}

// Leaks is Dump where the runtime first looks, from Go 1.27 on, which goroutines wait for what nothing can reach: their
// states say so. That takes a collection of the heap, so it is left out where the heap is large or goroutines are many.
func (w *Worker) Leaks(ctx context.Context) ([]byte, error) {
	return w.ask(ctx, frame.Command{Op: frame.Stack, Level: 1})
}

// Still has the worker set no timer of its own, so that a timer which is set is the user's; Still(false) ends
// that.
func (w *Worker) Still(ctx context.Context, on bool) error {
	_, err := w.ask(ctx, frame.Command{Op: frame.Still, Unset: !on})
	return err
}

// Profile returns a profile of runtime/pprof by name, written with that debug level.
func (w *Worker) Profile(ctx context.Context, name string, debug int) ([]byte, error) {
	return w.ask(ctx, frame.Command{Op: frame.Profile, Name: name, Level: debug})
}

// Goroutines returns the goroutine profile as text: equal stacks counted once, with the label "cell" of the
// cell that started them.
func (w *Worker) Goroutines(ctx context.Context) ([]byte, error) {
	return w.Profile(ctx, "goroutine", 1)
}

// Chdir changes the worker's working directory.
func (w *Worker) Chdir(ctx context.Context, dir string) error {
	_, err := w.ask(ctx, frame.Command{Op: frame.Chdir, Name: dir})
	return err
}

// Setenv sets a variable of the worker's environment, for its later children too.
func (w *Worker) Setenv(ctx context.Context, name, value string) error {
	_, err := w.ask(ctx, frame.Command{Op: frame.Setenv, Name: name, Value: value})
	return err
}

// Unsetenv removes a variable of the worker's environment.
func (w *Worker) Unsetenv(ctx context.Context, name string) error {
	_, err := w.ask(ctx, frame.Command{Op: frame.Setenv, Name: name, Unset: true})
	return err
}

// Environ returns the worker's environment as it is now, cells' changes included.
func (w *Worker) Environ(ctx context.Context) ([]string, error) {
	b, err := w.ask(ctx, frame.Command{Op: frame.Environ})
	if err != nil {
		return nil, err
	}
	return strings.Split(string(b), "\x00"), nil
}

// Stirring tells whether goroutines in the background run or wait for nothing but a processor. What they had printed
// before has been given to the Handler when it returns.
func (w *Worker) Stirring(ctx context.Context) (bool, error) {
	a, err := w.answer(ctx, frame.Command{Op: frame.Stirring})
	if err != nil {
		return false, err
	}
	return a.Stirring, nil
}

// ask sends a command and waits for the bytes of its answer.
func (w *Worker) ask(ctx context.Context, c frame.Command) ([]byte, error) {
	a, err := w.answer(ctx, c)
	if err != nil {
		return nil, err
	}
	return a.Bytes, nil
}

// answer sends a command and waits for its answer. An error the worker reports is returned as it is worded there.
func (w *Worker) answer(ctx context.Context, c frame.Command) (*report, error) {
	answer := make(chan *report, 1)
	w.mu.Lock()
	w.seq++
	c.Seq = w.seq
	w.asked[c.Seq] = answer
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.asked, c.Seq)
		w.mu.Unlock()
	}()
	if err := w.send(c); err != nil {
		return nil, w.orDeath(err)
	}
	select {
	case a := <-answer:
		if a.Error != "" {
			return nil, errors.New(a.Error)
		}
		return a, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-w.done:
		return nil, w.Death()
	}
}
