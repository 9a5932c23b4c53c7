package worker

import (
	"os"
	"time"

	"interleave/kernel/internal/worker/frame"
)

const (
	chunk = 256 << 10 // most that one read takes
	// A writer of many short lines would wake us for each: after less than smallRead bytes the next are
	// left in the pipe for a moment. Events and the end of a cell do not wait for that.
	smallRead = 32 << 10
	gather    = 2 * time.Millisecond
)

// reader is the one goroutine that takes everything the worker says.
type reader struct {
	conn
	w       *Worker
	crash   *source
	errs    held
	started bool // Ready was seen
}

func newReader(w *Worker, stdout, stderr, reports, crash *os.File) *reader {
	r := &reader{w: w, crash: newSource(crash)}
	r.conn = newConn(w.config.Handler, r, chunk, stdout, stderr, reports)
	return r
}

func (r *reader) loop() {
	defer r.w.closed.Done()
	for r.reports.open {
		r.wait()
		r.readReports()
		r.readCrash()
		r.readStdout()
		r.readStderr()
	}
	r.bury()
}

// wait waits until there is something to do.
func (r *reader) wait() {
	now := time.Now()
	timeout := time.Duration(-1)
	earlier := func(d time.Duration) {
		if timeout < 0 || d < timeout {
			timeout = max(d, 0)
		}
	}
	readable := make([]*source, 0, 4)
	for _, s := range []*source{r.stdout, r.stderr, r.reports, r.crash} {
		switch {
		case !s.open:
		case s == r.stderr && r.errs.full():
		case s.after.After(now):
			earlier(s.after.Sub(now))
		default:
			readable = append(readable, s)
		}
	}
	if due, ok := r.errs.due(); ok {
		earlier(due.Sub(now))
	}
	await(timeout, readable...)
}

func (r *reader) readStdout() {
	now := time.Now()
	if r.stdout.after.After(now) {
		return
	}
	b := r.stdout.read(r.buf)
	if len(b) == 0 {
		return
	}
	r.text("stdout", b)
	if len(b) < smallRead {
		r.stdout.after = now.Add(gather)
	}
}

func (r *reader) readStderr() {
	now := time.Now()
	if !r.errs.full() && !r.stderr.after.After(now) {
		if b := r.stderr.read(r.errs.room(chunk)); len(b) > 0 {
			r.errs.add(len(b), now)
			if len(b) < smallRead {
				r.stderr.after = now.Add(gather)
			}
		}
	}
	if due, ok := r.errs.due(); ok && !due.After(now) {
		r.errs.turn(now, r.errText)
	}
}

func (r *reader) readCrash() {
	if b := r.crash.read(r.errs.crashRoom(chunk)); len(b) > 0 {
		r.errs.addCrash(len(b))
	}
}

// errText gives out stderr. Before the worker is ready it is kept: it may tell why it never was.
func (r *reader) errText(b []byte) {
	if r.started {
		r.text("stderr", b)
		return
	}
	const most = 16 << 10
	r.errs.early = append(r.errs.early, b...)
	if n := len(r.errs.early); n > most {
		r.errs.early = append(r.errs.early[:0], r.errs.early[n-most:]...)
	}
}

func (r *reader) drainStderr() {
	r.stderr.drain(func(n int) []byte { return r.errs.room(min(n, chunk)) }, func(b []byte) { r.errs.add(len(b), time.Now()) })
	if r.errs.suspicious() && r.crash.open {
		// The first words of a crash are on stderr some milliseconds before the rest is on both.
		await(crashGap, r.crash)
		r.readCrash()
	}
	r.errs.flush(r.errText)
}

func (r *reader) broken(err error) {
	r.w.kill(&Death{Reason: "something wrote into its control pipe (" + err.Error() + ")"})
}

func (r *reader) answer(seq uint64, line string, err error) { r.w.reply(seq, line, err) }

func (r *reader) ask(rep *report) {
	r.w.closed.Add(1)
	go r.w.askLine(rep)
}

func (r *reader) take(rep *report) {
	w := r.w
	switch rep.Op {
	case frame.Ready:
		if !r.started {
			r.started = true
			if len(r.errs.early) > 0 {
				r.text("stderr", r.errs.early)
				r.errs.early = nil
			}
			close(w.ready)
		}
	case frame.Answer:
		if rep.Behind {
			r.drain()
		}
		w.mu.Lock()
		answer := w.asked[rep.Seq]
		delete(w.asked, rep.Seq)
		w.mu.Unlock()
		if answer != nil {
			answer <- rep
		}
	case frame.Done:
		r.drain()
		res := result{ended: Ended{Panic: rep.Panic, Loading: rep.Loading, Running: rep.Running, Left: rep.Left, Stirring: rep.Stirring, Usage: rep.Usage}}
		if rep.LoadError != "" {
			res.err = &LoadError{Plugin: w.pluginOf(rep.Cell), Text: rep.LoadError}
		}
		w.finish(rep.Cell, res)
	default:
		w.log.Warn("worker sent an unknown report", "op", rep.Op)
	}
}

func (w *Worker) pluginOf(id uint64) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.runs[id]; r != nil {
		return r.plugin
	}
	return ""
}
