package worker

import (
	"bytes"
	"syscall"
	"time"

	"interleave/kernel/internal/worker/frame"
)

const (
	// lingerTime is what a worker gets to end after its report pipe has closed.
	lingerTime = 500 * time.Millisecond
	// buryTime bounds the wait for the guard, which bounds its own work to less.
	buryTime = 4 * time.Second
)

// bury takes the worker's last words, learns from the guard how it ended, and tells everyone.
func (r *reader) bury() {
	w := r.w
	var last guardReport
	ended, alone := w.ended, w.alone
	linger, bury := time.After(lingerTime), time.After(buryTime)
	for over := false; !over; {
		r.readCrash()
		busy := r.lastStdout()
		if b := r.stderr.read(r.errs.room(chunk)); len(b) > 0 {
			r.errs.add(len(b), time.Now())
			busy = true
		}
		if !r.errs.crashing && len(r.errs.new) > heldMost {
			r.errs.turn(time.Now(), r.errText)
		}
		// Not over while a pipe still holds text, but no longer than the guard lives.
		over = ended == nil && alone == nil && !busy
		if busy {
			continue
		}
		select {
		case last = <-ended:
			ended = nil
		case <-alone:
			alone = nil
		case <-linger:
			if ended != nil {
				w.kill(&Death{Reason: "it closed its control pipe"})
			}
		case <-bury:
			w.guard.Process.Kill()
			over = true
		case <-time.After(2 * time.Millisecond):
		}
	}
	for _, s := range []*source{r.stdout, r.stderr, r.crash} {
		s.close()
	}
	crash, text := r.errs.last()
	if len(text) > 0 {
		r.errText(text)
	}
	w.kill(nil) // lets go of the leash
	d := w.explainDeath(last, crash)
	d.Stderr = r.errs.early
	w.log.Info("worker ended", "pid", w.pid, "reason", d.Reason, "signal", int(d.Signal), "exit", d.ExitCode)
	taken := w.countTaken()
	w.mu.Lock()
	w.death, w.taken = d, taken
	w.mu.Unlock()
	w.end()
	close(w.done)
}

func (r *reader) lastStdout() bool {
	b := r.stdout.read(r.buf)
	if len(b) > 0 {
		r.text("stdout", b)
	}
	return len(b) > 0
}

// explainDeath puts together what we did, what the guard saw and what the runtime said.
func (w *Worker) explainDeath(last guardReport, crash []byte) *Death {
	status := syscall.WaitStatus(last.Status)
	d := &Death{ExitCode: -1, Crash: bytes.Trim(crash, "\n")}
	switch {
	case !last.Ended:
		d.Signal = syscall.SIGKILL
		d.Reason = "its guard ended and took it along"
	case status.Signaled():
		d.Signal = status.Signal()
		d.Reason = explain(crash, status)
	default:
		d.ExitCode = status.ExitStatus()
		d.Reason = explain(crash, status)
	}
	w.mu.Lock()
	cause := w.cause
	w.mu.Unlock()
	if d.Signal != syscall.SIGKILL {
		return d // it was quicker than whoever wanted to kill it
	}
	switch {
	case cause != nil:
		d.Reason, d.Excess, d.Closed = cause.Reason, cause.Excess, cause.Closed
	case w.ooms.grewTo(readOOMCounters("/")):
		d.OOM = true
		d.Reason = "the system ran out of memory and killed it"
	}
	return d
}

// sendSoon sends a command whose sender cannot wait.
func (w *Worker) sendSoon(c frame.Command) {
	go func() {
		if err := w.send(c); err != nil {
			w.log.Debug("command not sent", "op", c.Op, "err", err)
		}
	}()
}
