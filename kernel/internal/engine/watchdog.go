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

	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

// The watchdog looks at a cell that uses no processor. It cannot prove a deadlock: a goroutine in a channel receive
// may wait for a timer, a signal or another process. So it speaks only when
//
//   - the worker has used no processor time for a while, as /proc tells at next to no cost,
//   - every goroutine of the notebook is blocked on a channel, a lock, a wait group or a condition, in the same
//     place in each of several dumps; one that sleeps, waits for the network, for input or for a child, or is in a
//     system call, silences it,
//   - nobody has asked for signals, and
//   - the runtime has no timer: its last idle thread waits in epoll_pwait without a timeout. The worker's own timer is
//     held still for that moment.
//
// Where the last cannot be seen (another system, a /proc without syscall) it stays silent.
const (
	stillTick = 250 * time.Millisecond
	stillFor  = 1400 * time.Millisecond // between equal dumps
	settle    = 40 * time.Millisecond   // longer than the worker's own timer
)

// watchStill watches a cell until stop.
func (e *Engine) watchStill(r *run, w *worker.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d := &watchdog{e: e, r: r, w: w}
		tick := time.NewTicker(stillTick)
		defer tick.Stop()
		for !d.said {
			select {
			case <-tick.C:
				d.look(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

type watchdog struct {
	e    *Engine
	r    *run
	w    *worker.Worker
	said bool

	used  int64 // clock ticks of the worker
	last  string
	same  int
	began time.Time // when last was first seen
	next  time.Time // no dump before: dumps of many goroutines are spaced out
}

// look is one tick.
func (d *watchdog) look(ctx context.Context) {
	used, ok := processorTime(d.w.PID())
	quiet := ok && used-d.used <= 1
	d.used = used
	if !quiet {
		d.last, d.same = "", 0
		return
	}
	now := time.Now()
	if now.Before(d.next) {
		return
	}
	ask, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	dump, err := d.w.Dump(ask)
	if err != nil {
		return
	}
	list := stack.Parse(string(dump)).Goroutines
	d.next = now.Add(min(20*time.Since(now), time.Second))
	mine, blocked := blockedAll(list)
	if !blocked {
		d.last, d.same = "", 0
		return
	}
	if print := fingerprint(mine); print != d.last {
		d.last, d.same, d.began = print, 1, now
		return
	}
	if d.same++; d.same < 3 || now.Sub(d.began) < stillFor || !d.noTimer(ctx) {
		return
	}
	d.said = true
	d.r.out.Stream("stderr", []byte(d.text(mine, time.Since(d.began)+stillTick)))
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
		if timer, seen := timerSet(d.w.PID()); seen {
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
	own := strconv.Itoa(d.r.cell.Count)
	slices.SortStableFunc(mine, func(a, b stack.Goroutine) int { // the cell's own first
		if x, y := a.Label == own, b.Label == own; x != y {
			if x {
				return -1
			}
			return 1
		}
		return a.ID - b.ID
	})
	return fmt.Sprintf("nothing has moved for %.0f s: every goroutine of the notebook waits for another one\n%s"+
		"no timer, signal, network connection or input is due; the cell goes on waiting until it is interrupted\n",
		still.Seconds(), strings.Join(d.e.waits(mine), ""))
}

// waits is a line for each place where goroutines wait.
func (e *Engine) waits(list []stack.Goroutine) []string {
	const most = 12
	var lines []string
	count := map[string]int{}
	for _, g := range list {
		s := e.wait(g)
		if count[s]++; count[s] == 1 {
			lines = append(lines, s)
		}
	}
	var out []string
	for i, s := range lines {
		if i == most {
			return append(out, fmt.Sprintf("  … and %d places more\n", len(lines)-most))
		}
		out = append(out, fmt.Sprintf("  %d × %s\n", count[s], s))
	}
	return out
}

// wait tells where a goroutine stands and where it was started.
func (e *Engine) wait(g stack.Goroutine) string {
	s := g.State
	at := ""
	for _, f := range g.Frames {
		if id := f.Cell(); id != "" {
			line, source := e.place(id, strconv.Itoa(f.Line))
			at = fmt.Sprintf(" at %s   %s", line, strings.TrimSpace(source))
			break
		}
	}
	if at == "" {
		for _, f := range g.Frames {
			if !runtimeFrame(f.Func) {
				at = fmt.Sprintf(" in %s   %s:%d", f.Func, filepath.Base(f.File), f.Line)
				break
			}
		}
	}
	s += at
	if id := g.Created.Cell(); id != "" {
		line, _ := e.place(id, strconv.Itoa(g.Created.Line))
		s += fmt.Sprintf("   (started at %s)", line)
	}
	return s
}
