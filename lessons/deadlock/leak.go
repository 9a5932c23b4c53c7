package deadlock

import (
	"context"
	"fmt"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/timeline"
)

// Leak is how many goroutines were left behind after each request.
type Leak struct {
	Buffered bool
	Counts   []int  // of all goroutines that the requests started, those that have not come to their end, after each request
	Profile  string // the goroutineleak profile; "" where this Go has none
	Note     string // why there is no profile; "" otherwise
}

// Ask serves so many requests, each by asking two servers and taking the first answer. Without a buffer the slower
// server's goroutine can never send its answer and stays for ever; with a buffer of one for each it can end. The
// goroutines that leak are set free before Ask returns, so the process is as before. Goroutines of others, which come and go
// meanwhile, are not counted.
func Ask(requests int, buffered bool) Leak {
	l := Leak{Buffered: buffered}
	started, ended := 0, atomic.Int64{}
	var left []chan int
	var all sync.WaitGroup
	for range requests {
		size := 0
		if buffered {
			size = 2
		}
		answers, through := make(chan int, size), make(chan bool, 2)
		for server := range 2 {
			started++
			all.Go(func() {
				answers <- server
				ended.Add(1)
				through <- true
			})
		}
		<-answers
		left = append(left, answers)
		<-through // whose answer was taken; without this the count would depend on who is quick
		if buffered {
			<-through // nothing keeps the other one
		}
		l.Counts = append(l.Counts, started-int(ended.Load()))
	}
	l.profile()
	for _, answers := range left {
		<-answers
	}
	all.Wait()
	return l
}

// profile takes the leak profile where the runtime has one.
func (l *Leak) profile() {
	p := pprof.Lookup("goroutineleak")
	if p == nil {
		l.Note = "This Go has no goroutineleak profile: it is general since Go 1.27, and in Go 1.26 it needs " +
			"GOEXPERIMENT=goroutineleakprofile at build time. The count tells the same."
		return
	}
	var b limited
	if err := p.WriteTo(&b, 1); err != nil {
		l.Note = err.Error()
		return
	}
	l.Profile = string(b)
}

// limited keeps the first 16 KiB.
type limited []byte

func (b *limited) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), 16<<10-len(*b))]...)
	return len(p), nil
}

// Survivor is a worker and how long it lived after the cancel.
type Survivor struct {
	Name  string
	Heeds bool // it looks at its context
	After time.Duration
}

// Cancelled is a cancel and who lived on.
type Cancelled struct {
	At        time.Duration // when the cancel came
	Survivors []Survivor
	Timeline  *timeline.Timeline // lanes by the workers' names, and a mark "cancel"
}

// Cancel cancels workers after a time; 0 stands for 20 ms. Three look at their context between steps of 2 ms; the
// fourth does not, and works until it is through, three times as long: to cancel is to advise. Work is counted in steps,
// so that a machine which stops for a while does not make the fourth end before the cancel.
func Cancel(ctx context.Context, at time.Duration) (Cancelled, error) {
	if at == 0 {
		at = 20 * time.Millisecond
	}
	const step = 2 * time.Millisecond
	c := Cancelled{At: at, Survivors: make([]Survivor, 4)}
	var err error
	c.Timeline, err = timeline.Record(func() {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		ends := make([]time.Time, len(c.Survivors))
		for i := range c.Survivors {
			s := &c.Survivors[i]
			s.Name, s.Heeds = fmt.Sprint("worker ", i+1), i < 3
			wg.Go(func() {
				timeline.Name(s.Name)
				for left := 3 * at; left > 0 && (!s.Heeds || ctx.Err() == nil); left -= step {
					time.Sleep(step) // work that takes its time
				}
				ends[i] = time.Now()
			})
		}
		time.Sleep(at)
		cancelled := time.Now()
		timeline.Note("cancel")
		cancel()
		wg.Wait()
		for i := range c.Survivors {
			c.Survivors[i].After = ends[i].Sub(cancelled)
		}
	})
	if err != nil {
		return c, err
	}
	c.Timeline.SortByName()
	return c, nil
}
