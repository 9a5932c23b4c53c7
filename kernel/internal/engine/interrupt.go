package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

const (
	// grace is how long a cell may take to heed its context.
	grace = 40 * time.Millisecond
	// dumpTime is how long an interrupted cell's worker may take to answer, and the stacks of its goroutines to come.
	dumpTime = 100 * time.Millisecond
	// answerTime is how long a worker with abandoned cells may be silent before a new cell.
	answerTime = 3 * time.Second
)

// Interrupt implements session.Engine. The first interrupt ends the running cell. One that comes when no cell
// runs, while an abandoned one still uses a core, replaces the worker.
func (e *Engine) Interrupt() {
	e.mu.Lock()
	r := e.running
	left := len(e.abandoned)
	w := e.worker
	if r != nil && !r.stopped {
		r.stopped = true
		close(r.interrupt)
		r.cancel()
	}
	var done chan struct{}
	if r == nil && left > 0 && w != nil && e.restarting == nil {
		done = make(chan struct{})
		e.restarting = done
	}
	e.mu.Unlock()
	if done != nil {
		go func() {
			defer close(done)
			e.endSpinning(w)
			e.mu.Lock()
			e.restarting = nil
			e.mu.Unlock()
		}()
	}
}

// endSpinning replaces a worker in which an interrupted cell still computes.
func (e *Engine) endSpinning(w *worker.Worker) {
	ctx, cancel := context.WithTimeout(e.ctx, time.Second)
	defer cancel()
	dump, err := w.Dump(ctx)
	if err == nil && len(spinning(stack.Parse(string(dump)).Goroutines)) == 0 {
		return // it waits, which costs nothing
	}
	e.replace(w, "the worker was restarted by a second interrupt")
	w.Close()
	lost := e.forgetValues("lost when a second interrupt restarted the worker")
	if out := e.out.current(); out != nil {
		out.Stream("stderr", []byte("note: the second interrupt ended what was still computing and restarted the worker"+faults.LostText(lost)+"\n"))
	}
	e.startWorker()
}

// spinning picks the goroutines of cells that use a core.
func spinning(list []stack.Goroutine) []stack.Goroutine {
	var out []stack.Goroutine
	for _, g := range list {
		if g.InCells() && g.Running() {
			out = append(out, g)
		}
	}
	return out
}

// endedInTime is the fault of a cell that ended within the grace period.
func (r *run) endedInTime(w *worker.Worker, id uint64, err error) *session.Fault {
	var death *worker.Death
	if errors.As(err, &death) {
		return r.e.died(r, w, death)
	}
	return faults.Plain("Interrupted", "the cell was interrupted and has ended; all variables are kept")
}

// abandon ends a cell for the front end while its goroutine goes on.
func (r *run) abandon(w *worker.Worker, id uint64) *session.Fault {
	dump, silent, err := dump(r.e.ctx, w)
	var death *worker.Death
	if errors.As(err, &death) {
		return r.e.died(r, w, death)
	}
	r.e.mu.Lock()
	r.e.abandoned[id] = true
	r.e.mu.Unlock()
	w.Abandon(id)
	value := "the cell was interrupted; all variables are kept, and its goroutine stays in the background"
	switch {
	case silent:
		return faults.Plain("Interrupted", fmt.Sprintf("the cell was interrupted, but the worker that holds the variables does not answer: it is stopped, or busy with something that cannot be "+
			"interrupted. The next cell waits %v for it. If it stays silent, running that cell again restarts it, which loses the variables", answerTime))
	case err != nil:
		return faults.Plain("Interrupted", value+"; it may use a core: interrupt once more to end it, which loses the variables ("+err.Error()+")")
	}
	all := stack.Parse(string(dump)).Goroutines
	if n := len(spinning(all)); n > 0 {
		value += ", using a core: interrupt once more to end it, which loses the variables"
	}
	f := &session.Fault{Name: "Interrupted", Value: value, Traceback: []string{faults.Heading("Interrupted", value)}}
	var mine []stack.Goroutine
	for _, g := range all {
		if g.InCells() {
			mine = append(mine, g)
		}
	}
	own := cell.NewText(r.cell.Code).ID // the interrupted cell's goroutines first, then the youngest
	slices.SortStableFunc(mine, func(a, b stack.Goroutine) int {
		if x, y := a.Touches(own), b.Touches(own); x != y {
			if x {
				return -1
			}
			return 1
		}
		return b.ID - a.ID
	})
	f.Traceback = append(f.Traceback, r.e.cells.Goroutines(mine)...)
	return f
}

// dump asks a worker for the stacks of its goroutines; silent says that it answers nothing at all, and not for want of
// a processor.
func dump(ctx context.Context, w *worker.Worker) (stacks []byte, silent bool, err error) {
	for _, d := range []time.Duration{dumpTime, dumpTime / 2} { // on a busy machine an answer may just have missed its time
		stacks, silent, err = dumpWithin(ctx, w, d)
		if silent && w.Runnable() {
			silent, err = false, context.DeadlineExceeded
		}
		if !silent {
			break
		}
	}
	if !silent && errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("its stack could not be had in time")
	}
	return stacks, silent, err
}

// dumpWithin asks for the stacks and for any answer at once: where all cores spin, each answer waits for a core.
func dumpWithin(ctx context.Context, w *worker.Worker, d time.Duration) (stacks []byte, silent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- w.Ping(ctx) }()
	stacks, err = w.Dump(ctx)
	if err == nil {
		return stacks, false, nil
	}
	if silence := <-answered; silence != nil {
		return nil, true, silence
	}
	return nil, false, err
}

// late is told that an abandoned cell has ended.
func (e *Engine) late(id uint64, ended worker.Ended) {
	e.mu.Lock()
	delete(e.abandoned, id)
	e.mu.Unlock()
	if ended.Panic == nil || ended.Panic.Goexit {
		return
	}
	if out := e.out.current(); out != nil {
		out.Stream("stderr", []byte("an interrupted cell ended in the background: "+strings.Join(e.cells.Panic(ended.Panic).Traceback, "\n")+"\n"))
	}
}

// revive makes sure that a worker answers before a cell is given to it.
func (e *Engine) revive(r *run) *session.Fault {
	e.mu.Lock()
	ending := e.restarting
	e.mu.Unlock()
	if ending != nil { // a second interrupt is at work
		select {
		case <-ending:
		case <-r.interrupt:
			return faults.Interrupted("restarting the worker")
		}
	}
	e.mu.Lock()
	w, left, ask := e.worker, len(e.abandoned), e.silentAsk
	e.silentAsk = false
	e.mu.Unlock()
	if w != nil && w.Death() != nil { // its watcher may not have come round
		e.buryIdle(w)
		return nil
	}
	if w == nil || left == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.ctx, answerTime)
	defer cancel()
	err := w.Ping(ctx)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if !ask {
		e.mu.Lock()
		e.silentAsk = true
		e.mu.Unlock()
		return faults.Plain("WorkerDied", fmt.Sprintf("the worker has not answered for %v: run the cell again to restart it, which loses the variables", answerTime))
	}
	e.replace(w, "the worker did not answer")
	w.Close()
	lost := e.forgetValues("lost when a silent worker was restarted")
	r.out.Stream("stderr", []byte("note: the worker did not answer and was restarted"+faults.LostText(lost)+"\n"))
	e.startWorker()
	return nil
}

// replace takes a worker out of service; its watcher then stays silent.
// It is false when that has been done.
func (e *Engine) replace(w *worker.Worker, why string) bool {
	e.mu.Lock()
	current := e.worker == w
	if current {
		e.worker = nil
		clear(e.abandoned)
	}
	e.mu.Unlock()
	if !current {
		return false
	}
	e.comms.workerEnded()
	e.log.Info("worker replaced", "why", why)
	return true
}

// forgetValues gives the state up that lived in a worker; declarations stay.
func (e *Engine) forgetValues(why string) (lost []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state, lost = e.state.Restarted(why)
	return lost
}

// died is the fault of a cell whose worker ended, and starts the next worker.
func (e *Engine) died(r *run, w *worker.Worker, d *worker.Death) *session.Fault {
	e.replace(w, d.Reason)
	lost := e.forgetValues(fmt.Sprintf("lost when the worker died in In[%d]", r.cell.Count))
	e.startWorker()
	if d.Excess != nil {
		here := *d
		here.Reason = d.Excess.Text(fmt.Sprintf("In[%d]: the notebook", r.cell.Count))
		d = &here
	}
	return e.cells.Death(d, lost)
}

// diedBefore buries a worker that had ended before it took the cell, as if that had been known in time.
func (e *Engine) diedBefore(w *worker.Worker, before *compile.State) *session.Fault {
	if before != nil {
		e.mu.Lock()
		e.state = before
		e.mu.Unlock()
	}
	e.buryIdle(w)
	return faults.Plain("WorkerDied", "the worker had ended before it took the cell: run it again")
}

// watch reports a death that no cell waits for.
func (e *Engine) watch(w *worker.Worker) {
	defer e.watchers.Done()
	<-w.Done()
	e.mu.Lock()
	idle := e.worker == w && e.running == nil && !e.closed
	e.mu.Unlock()
	if idle {
		e.buryIdle(w)
	}
}

// buryIdle replaces a worker that died while no cell ran, and says so.
func (e *Engine) buryIdle(w *worker.Worker) {
	if !e.replace(w, w.Death().Reason) {
		return
	}
	lost := e.forgetValues("lost when the worker died between two cells")
	if out := e.out.current(); out != nil {
		f := e.cells.Death(w.Death(), lost)
		out.Stream("stderr", []byte(strings.Join(f.Traceback, "\n")+"\n"))
	}
	e.startWorker()
}
