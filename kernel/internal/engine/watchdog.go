package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

// The watchdog looks at a cell that uses no processor. It cannot prove a deadlock: a goroutine in a channel receive
// may wait for a timer, a signal or another process. So it speaks only when
//
//   - the worker has used no processor time for a while, as /proc tells at next to no cost,
//   - every goroutine of the notebook is blocked on a channel, a lock, a wait group or a condition, in the same
//     place in two dumps; one that sleeps, waits for the network, for input or for a child, or is in a
//     system call, silences it,
//   - nobody has asked for signals, and
//   - the runtime has no timer: its last idle thread waits in epoll_pwait without a timeout. The worker's own timer is
//     held still for that moment.
//
// Where the last cannot be seen (another system, a /proc without syscall) it stays silent.
const (
	stillTick = 200 * time.Millisecond
	stillFor  = 1500 * time.Millisecond // between two equal dumps
	settle    = 40 * time.Millisecond   // longer than the worker's own timer
)

// watchStill watches a cell until stop.
func (r *run) watchStill(w *worker.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&watchdog{e: r.e, out: r.out, w: process{w}}).watch(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// watched is what the watchdog sees of a worker.
type watched interface {
	Dump(ctx context.Context) ([]byte, error)
	Still(ctx context.Context, on bool) error
	used() (ticks int64, ok bool)
	timer() (set, seen bool)
}

type process struct{ *worker.Worker }

func (p process) used() (int64, bool)     { return processorTime(p.PID()) }
func (p process) timer() (set, seen bool) { return timerSet(p.PID()) }

type watchdog struct {
	e    *Engine
	out  session.Output
	w    watched
	said bool

	used  int64     // clock ticks of the worker
	last  string    // what the first dump showed, "" before there is one
	began time.Time // when that was
	next  time.Time // no dump before
}

// watch looks until it has spoken or ctx ends.
func (d *watchdog) watch(ctx context.Context) {
	tick := time.NewTicker(stillTick)
	defer tick.Stop()
	d.used, _ = d.w.used()
	for !d.said {
		select {
		case <-tick.C:
			d.look(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// look is one tick. What is cheap comes first: a dump stops the world for as long as there are goroutines.
func (d *watchdog) look(ctx context.Context) {
	used, ok := d.w.used()
	quiet := ok && used-d.used <= 1
	d.used = used
	switch now := time.Now(); {
	case !quiet:
		d.last = ""
	case now.Before(d.next), d.last != "" && now.Sub(d.began) < stillFor:
	case !d.noTimer(ctx):
		d.last = ""
	default:
		d.compare(ctx)
	}
}

// compare takes a dump, and speaks when an earlier one said the same.
func (d *watchdog) compare(ctx context.Context) {
	ask, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	now := time.Now()
	dump, err := d.w.Dump(ask)
	if err != nil {
		return
	}
	mine, blocked := blockedAll(stack.Parse(string(dump)).Goroutines)
	d.used, _ = d.w.used() // a dump of many goroutines is no movement of theirs
	switch print := fingerprint(mine); {
	case !blocked:
		d.last, d.next = "", now.Add(max(time.Second, 100*time.Since(now)))
	case print != d.last:
		d.last, d.began = print, now
	default:
		d.said = true
		d.out.Stream("stderr", []byte(d.text(mine, now.Sub(d.began))))
	}
}

// blockedStates are those that only another goroutine ends, or a timer.
var blockedStates = []string{"chan receive", "chan send", "select", "chan receive (nil chan)", "chan send (nil chan)", "select (no cases)",
	"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "sync.WaitGroup.Wait", "sync.Cond.Wait", "semacquire"}

// blockedAll picks the notebook's goroutines and reports whether all of them are blocked on each other.
func blockedAll(list []stack.Goroutine) (mine []stack.Goroutine, all bool) {
	for _, g := range list {
		own, asking, signals := false, false, false
		for _, f := range g.Frames {
			own = own || strings.Contains(f.Func, "/worker/inmate.")
			asking = asking || strings.HasSuffix(f.Func, "/worker/inmate.(*host).emit")
			signals = signals || f.Func == "os/signal.signal_recv" || f.Func == "os/signal.loop"
		}
		switch {
		case signals, asking:
			return nil, false
		case own && !g.InCells(), strings.Contains(g.Created.Func, "/worker/inmate.") && !g.InCells():
			continue
		case !slices.Contains(blockedStates, g.State):
			return nil, false
		}
		mine = append(mine, g)
	}
	return mine, len(mine) > 0
}

// fingerprint changes when any goroutine has moved, come or gone.
func fingerprint(list []stack.Goroutine) string {
	var b strings.Builder
	for _, g := range list {
		fmt.Fprint(&b, g.ID, g.State)
		for _, f := range g.Frames {
			fmt.Fprint(&b, f.Func, f.Line, ";")
		}
	}
	return b.String()
}

// noTimer reports whether the worker certainly has no timer.
func (d *watchdog) noTimer(ctx context.Context) bool {
	ask, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := d.w.Still(ask, true); err != nil {
		return false
	}
	defer func() { // also when the cell has just ended: the worker must not stay still
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		d.w.Still(back, false)
	}()
	for range 3 {
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return false
		}
		if timer, seen := d.w.timer(); seen {
			return !timer
		}
	}
	return false
}

// epollWait is the number of the system call in which an idle Go process waits.
var epollWait = map[string]string{"amd64": "281", "arm64": "22"}

// timerSet looks at how long the process's idle thread will wait: for ever, when no timer is set.
func timerSet(pid int) (set, seen bool) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		f := strings.Fields(string(b))
		if len(f) < 5 || f[0] != epollWait[runtime.GOARCH] {
			continue
		}
		timeout, err := strconv.ParseUint(strings.TrimPrefix(f[4], "0x"), 16, 64)
		seen = true
		set = set || err != nil || int32(timeout) != -1
	}
	return set, seen
}

// processorTime is what the process has used, in clock ticks of 10 ms.
func processorTime(pid int) (int64, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	return user + system, err1 == nil && err2 == nil
}

// text says what is known: where everybody waits.
func (d *watchdog) text(mine []stack.Goroutine, still time.Duration) string {
	return fmt.Sprintf("nothing has moved for %.0f s: every goroutine of the notebook waits for another one\n%s"+
		"no timer, signal, network connection or input is due; the cell goes on waiting until it is interrupted\n",
		still.Seconds(), strings.Join(d.e.cells.Waits(mine), ""))
}
