package worker

import (
	"errors"
	"os"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/worker/frame"
)

// conn is our end of the pipes of a process that prints and shows things: the worker, or a command. It keeps the order:
// before an event it hands on the text that lies in the pipes, and the process waits for the answer before it says
// more. One goroutine reads it.
type conn struct {
	handler                 Handler
	stdout, stderr, reports *source
	peer                    peer
	frames                  frame.Decoder
	buf                     []byte
}

// peer is what differs between a worker and a command.
type peer interface {
	// drainStderr hands on what lies in stderr now, and no more.
	drainStderr()
	// ask asks the reader for a line and answers the event with it. It does not wait for the line.
	ask(rep *report)
	// answer answers an event, for which the process waits.
	answer(seq uint64, line string, err error)
	// take takes a report that is not an event.
	take(rep *report)
	// broken is told that something else has written into the reports, which are closed now.
	broken(err error)
}

func newConn(h Handler, p peer, buf int, stdout, stderr, reports *os.File) conn {
	return conn{
		handler: h, peer: p, buf: make([]byte, buf),
		stdout: newSource(stdout), stderr: newSource(stderr), reports: newSource(reports),
	}
}

// text hands on text.
func (c *conn) text(name string, b []byte) {
	if len(b) > 0 {
		c.handler.Text(name, b)
	}
}

// drain hands on what lies in the text pipes now, and no more.
func (c *conn) drain() {
	c.drainText("stdout", c.stdout)
	c.peer.drainStderr()
}

func (c *conn) drainText(name string, s *source) {
	s.drain(func(n int) []byte { return c.buf[:min(n, len(c.buf))] }, func(b []byte) { c.text(name, b) })
}

// readReports takes the reports that have come.
func (c *conn) readReports() {
	b := c.reports.read(c.buf)
	if len(b) == 0 {
		return
	}
	c.frames.Feed(b)
	for {
		rep := new(report)
		ok, err := c.frames.Next(rep)
		if err != nil {
			c.reports.close()
			c.peer.broken(err)
			return
		}
		if !ok {
			return
		}
		if rep.Op != frame.Emit {
			c.peer.take(rep)
			continue
		}
		c.drain()
		c.show(rep)
	}
}

// show passes an event on and lets the process go on.
func (c *conn) show(rep *report) {
	switch e := rep.Event; {
	case e == nil:
		c.peer.answer(rep.Seq, "", errors.New("cannot display: the event is empty"))
	case e.Kind == events.Input, e.Kind == events.Stdin:
		c.peer.ask(rep)
	default:
		c.handler.Event(*e)
		c.peer.answer(rep.Seq, "", nil)
	}
}

// answerTo is the command that answers an event.
func answerTo(seq uint64, line string, err error) frame.Command {
	c := frame.Command{Op: frame.Reply, Seq: seq, Value: line}
	if err != nil {
		c.Error = err.Error()
	}
	return c
}
