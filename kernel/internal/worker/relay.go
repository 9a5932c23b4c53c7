package worker

import (
	"context"
	"sync"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/worker/frame"
)

// relay takes what a command says, as reader does for a worker.
type relay struct {
	conn
	over   *source // ends loop by its end, whoever still holds the pipes
	stop   func()  // brings over to its end
	ctx    context.Context
	cancel context.CancelFunc // ends ctx, and so the inputs
	inputs sync.WaitGroup

	mu      sync.Mutex
	replies *source // written to
}

func newRelay(h Handler, p *pipes) *relay {
	r := &relay{replies: newSource(p.replies)}
	r.conn = newConn(h, r, 64<<10, p.stdout, p.stderr, p.reports)
	r.ctx, r.cancel = context.WithCancel(context.Background())
	over, end, err := pipe()
	if err != nil { // then loop ends only with the pipes
		r.over, r.stop = new(source), func() {}
		return r
	}
	r.over, r.stop = newSource(over), sync.OnceFunc(func() { end.Close() })
	return r
}

// close gives up what loop has left.
func (r *relay) close() {
	r.cancel()
	r.inputs.Wait()
	r.stop()
	for _, s := range []*source{r.over, r.stdout, r.stderr, r.reports, r.replies} {
		s.close()
	}
}

// loop relays until nobody holds the other ends.
func (r *relay) loop() {
	for r.stdout.open || r.stderr.open || r.reports.open {
		if r.wait() {
			r.drain()
			return
		}
		r.readReports()
		r.text("stdout", r.stdout.read(r.buf))
		r.text("stderr", r.stderr.read(r.buf))
	}
}

// wait waits until there is something to read, or until stop.
func (r *relay) wait() (stopped bool) {
	stoppable := r.over.open
	await(-1, r.over, r.stdout, r.stderr, r.reports)
	r.over.read(r.buf)
	return stoppable && !r.over.open
}

func (r *relay) drainStderr() { r.drainText("stderr", r.stderr) }

func (r *relay) ask(rep *report) {
	r.inputs.Go(func() {
		line, err := r.handler.Input(r.ctx, rep.Event.Prompt, rep.Event.Password)
		r.answer(rep.Seq, line, err)
	})
}

// answer answers the one event that waits. The pipe is empty then, so it need not block; to a program that waits for
// no answers, and to one that was given a line longer than the pipe, nobody listens any more.
func (r *relay) answer(seq uint64, line string, err error) {
	b, err := frame.Marshal(answerTo(seq, line, err))
	if err != nil {
		r.refuse()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.replies.open {
		return
	}
	if n, err := unix.Write(r.replies.fd, b); err != nil || n < len(b) {
		r.replies.close()
	}
}

// take takes a report that a program does not send by itself.
func (r *relay) take(*report) {
	r.reports.close()
	r.refuse()
}

func (r *relay) broken(error) { r.refuse() }

// refuse lets the program see that nobody listens.
func (r *relay) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replies.close()
}
