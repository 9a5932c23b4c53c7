package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// Chan is a channel of integers, as Go's: first come, first served.
type Chan struct {
	name      string
	size      int
	buffer    []int
	senders   []parcel  // sleep with what they send
	receivers []*thread // sleep
	closed    bool
	mark      mark
	passed    int // what the last step sent or received
}

type parcel struct {
	from  *thread
	value int
}

// Chan declares a channel. Size 0 makes it unbuffered.
func (m *Machine) Chan(name string, size int) *Chan {
	c := &Chan{name: name, size: size}
	m.columns = append(m.columns, c)
	return c
}

func (c *Chan) title() string   { return c.name }
func (c *Chan) reset()          { c.mark = untouched }
func (c *Chan) arrow() mark     { return c.mark }
func (c *Chan) ready(kind) bool { return true }

func (c *Chan) cell(w Words) string {
	var parts []string
	if c.mark != untouched {
		parts = append(parts, strconv.Itoa(c.passed))
	}
	if c.size > 0 || len(c.buffer) > 0 {
		parts = append(parts, fmt.Sprint(c.buffer))
	}
	var who []*thread
	for _, p := range c.senders {
		who = append(who, p.from)
	}
	if who = append(who, c.receivers...); len(who) > 0 {
		parts = append(parts, queueCell(who, w))
	}
	if c.closed {
		parts = append(parts, w.Closed)
	}
	return strings.Join(parts, " ")
}

func (c *Chan) do(m *Machine, t *thread, o op) (int, bool) {
	switch o.kind {
	case opSend:
		return 0, c.send(m, t, o.a)
	case opRecv:
		return c.recv(m, t)
	}
	if c.closed {
		m.fail(t, "close of closed channel "+c.name)
		return 0, true
	}
	c.close(m, t)
	return 0, true
}

func (c *Chan) send(m *Machine, t *thread, value int) (done bool) {
	c.mark, c.passed = wrote, value
	switch {
	case c.closed:
		c.mark = untouched
		m.fail(t, "send on closed channel "+c.name)
	case len(c.receivers) > 0:
		r := c.receivers[0]
		c.receivers = c.receivers[1:]
		m.advance(r, value)
	case len(c.buffer) < c.size:
		c.buffer = append(c.buffer, value)
	default:
		c.mark, t.parked = untouched, true
		c.senders = append(c.senders, parcel{t, value})
		return false
	}
	return true
}

func (c *Chan) recv(m *Machine, t *thread) (value int, done bool) {
	c.mark = read
	switch {
	case len(c.buffer) > 0:
		value = c.buffer[0]
		c.buffer = c.buffer[1:]
		if len(c.senders) > 0 {
			c.buffer = append(c.buffer, c.release(m).value)
		}
	case len(c.senders) > 0:
		value = c.release(m).value
	case c.closed:
	default:
		c.mark, t.parked = untouched, true
		c.receivers = append(c.receivers, t)
		return 0, false
	}
	c.passed = value
	return value, true
}

// release lets the first sleeping sender go on.
func (c *Chan) release(m *Machine) parcel {
	p := c.senders[0]
	c.senders = c.senders[1:]
	m.advance(p.from, 0)
	return p
}

func (c *Chan) close(m *Machine, t *thread) {
	c.closed = true
	for _, r := range c.receivers {
		m.advance(r, 0)
	}
	c.receivers = nil
	if len(c.senders) > 0 {
		m.fail(c.senders[0].from, "send on closed channel "+c.name)
	}
}
