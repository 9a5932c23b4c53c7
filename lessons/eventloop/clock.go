package eventloop

import "time"

// Clock tells a loop the time and lets it pass.
type Clock interface {
	// Now is the time since the clock was made.
	Now() time.Duration
	// wait lets time pass until then, or until something comes from outside; then < 0 stands for ever. outside says
	// that something will come.
	wait(then time.Duration, outside bool, wake <-chan struct{})
	// block lets time pass on the loop's own goroutine.
	block(d time.Duration)
}

// Virtual is a clock that stands still while anything runs and jumps to the next timer when nothing does. Work
// that was given to another goroutine takes no time by it.
func Virtual() Clock { return &virtual{} }

type virtual struct{ now time.Duration }

func (c *virtual) Now() time.Duration    { return c.now }
func (c *virtual) block(d time.Duration) { c.now += max(0, d) }

func (c *virtual) wait(then time.Duration, outside bool, wake <-chan struct{}) {
	if outside {
		<-wake
		return
	}
	c.now = max(c.now, then)
}

// Real is the clock on the wall, which in a bubble of testing/synctest is the bubble's.
func Real() Clock { return &wall{time.Now()} }

type wall struct{ start time.Time }

func (c *wall) Now() time.Duration    { return time.Since(c.start) }
func (c *wall) block(d time.Duration) { time.Sleep(d) }

func (c *wall) wait(then time.Duration, _ bool, wake <-chan struct{}) {
	if then < 0 {
		<-wake
		return
	}
	t := time.NewTimer(then - c.Now())
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	}
}
