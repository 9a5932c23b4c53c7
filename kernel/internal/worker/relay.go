package worker

import (
	"context"
	"encoding/json"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/stage"
	"interleave/kernel/internal/worker/frame"
)

// relay takes what a command says, as reader does for a worker and in the same order: before an event it hands on the
// text that lies in the pipes, and the program waits for the answer before it says more.
type relay struct {
	handler                 Handler
	stdout, stderr, reports *source
	over                    [2]*os.File
	stop                    func() // ends loop, whoever still holds the pipes
	frames                  frame.Decoder
	buf                     []byte
	ctx                     context.Context // ends with loop
	cancel                  context.CancelFunc
	inputs                  sync.WaitGroup

	mu      sync.Mutex
	replies *source // written to
}

func newRelay(h Handler, p *pipes) *relay {
	r := &relay{handler: h, stdout: newSource(p.stdout), stderr: newSource(p.stderr), reports: newSource(p.reports), replies: newSource(p.replies),
		buf: make([]byte, 64<<10)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	var err error
	if r.over[0], r.over[1], err = pipe(); err != nil { // then it ends only with the pipes
		r.stop = func() {}
		return r
	}
	r.stop = sync.OnceFunc(func() { r.over[1].Close() })
	return r
}

// close gives up what loop has left.
func (r *relay) close() {
	r.cancel()
	r.inputs.Wait()
	r.stop()
	r.over[0].Close()
	for _, s := range []*source{r.stdout, r.stderr, r.reports, r.replies} {
		s.close()
	}
}

// loop relays until nobody holds the other ends.
func (r *relay) loop() {
	for r.stdout.open || r.stderr.open || r.reports.open {
		if r.poll() {
			r.drain()
			return
		}
		r.readReports()
		r.text("stdout", r.stdout.read(r.buf))
		r.text("stderr", r.stderr.read(r.buf))
	}
}

func (r *relay) text(name string, b []byte) {
	if len(b) > 0 {
		r.handler.Text(name, b)
	}
}

// poll waits until there is something to read, or until stop.
func (r *relay) poll() (stopped bool) {
	fds := []unix.PollFd{{Fd: -1}}
	if r.over[0] != nil {
		fds[0].Fd = int32(r.over[0].Fd())
	}
	for _, s := range []*source{r.stdout, r.stderr, r.reports} {
		if s.open {
			fds = append(fds, unix.PollFd{Fd: int32(s.fd), Events: unix.POLLIN})
		}
	}
	unix.Poll(fds, -1) // whatever it says, every source is tried
	return fds[0].Revents != 0
}

// drain hands on what lies in the text pipes now, and no more.
func (r *relay) drain() {
	for i, s := range []*source{r.stdout, r.stderr} {
		for n := s.waiting(); n > 0; {
			b := s.read(r.buf[:min(n, len(r.buf))])
			if len(b) == 0 {
				break
			}
			n -= len(b)
			r.text([]string{"stdout", "stderr"}[i], b)
		}
	}
}

func (r *relay) readReports() {
	b := r.reports.read(r.buf)
	if len(b) == 0 {
		return
	}
	r.frames.Feed(b)
	for {
		var rep frame.Report[json.RawMessage]
		ok, err := r.frames.Next(&rep)
		if err != nil || ok && rep.Event == nil {
			r.reports.close() // something else writes there
			r.refuse()
			return
		}
		if !ok {
			return
		}
		r.drain()
		r.show(rep.Seq, rep.Event)
	}
}

// show passes an event on and lets the program go on.
func (r *relay) show(seq uint64, e *frame.Event[json.RawMessage]) {
	if stage.Kind(e.Kind) == stage.Input {
		r.inputs.Go(func() {
			line, err := r.handler.Input(r.ctx, e.Prompt, e.Password)
			r.reply(seq, line, err)
		})
		return
	}
	r.handler.Event(Event{Kind: stage.Kind(e.Kind), Data: e.Data, Metadata: e.Metadata, Transient: e.Transient, Wait: e.Wait})
	r.reply(seq, "", nil)
}

// reply answers the one event that waits. The pipe is empty then, so it need not block; to a program that waits for
// no answers, and to one that was given a line longer than the pipe, nobody listens any more.
func (r *relay) reply(seq uint64, line string, err error) {
	c := frame.Command{Op: frame.Reply, Seq: seq, Value: line}
	if err != nil {
		c.Error = err.Error()
	}
	b, err := frame.Marshal(c)
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

// refuse lets the program see that nobody listens.
func (r *relay) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replies.close()
}
