package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
)

// A dump may look like a deadlock only when every goroutine of the notebook waits for another one.
func TestBlockedAll(t *testing.T) {
	const (
		host = "goroutine 1 [IO wait]:\ninterleave/kernel/internal/worker/inmate.(*intake).serve()\n\t/w/pipe.go:5 +0x1\n\n" +
			"goroutine 9 [running]:\ninterleave/kernel/internal/worker/inmate.stacks()\n\t/w/main.go:5 +0x1\ncreated by interleave/kernel/internal/worker/inmate.(*host).obey in goroutine 1\n\t/w/main.go:9 +0x1\n\n"
		cell = "\nnb.Run_00()\n\t/In/aabbccddeeff:3 +0x1\ninterleave/kernel/internal/worker/inmate.(*host).run()\n\t/w/cell.go:5 +0x1\n\n"
		next = "\nnb.Run_00.func1()\n\t/In/aabbccddeeff:5 +0x1\ncreated by nb.Run_00 in goroutine 7\n\t/In/aabbccddeeff:4 +0x1\n\n"
	)
	for dump, want := range map[string]bool{
		host: false,
		host + "goroutine 7 [chan receive labels:{\"cell\": \"1\"}]:" + cell:                                                           true,
		host + "goroutine 7 [chan receive, 3 minutes]:" + cell + "goroutine 8 [sync.Mutex.Lock]:" + next:                               true,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [sleep]:" + next:                                                    false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [IO wait]:" + next:                                                  false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [syscall]:" + next:                                                  false,
		host + "goroutine 7 [running]:" + cell:                                                                                         false,
		host + "goroutine 7 [chan receive]:\ninterleave/kernel/internal/worker/inmate.(*host).emit()\n\t/w/main.go:3 +0x1" + cell:      false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [syscall]:\nos/signal.signal_recv()\n\t/r/sigqueue.go:152 +0x1\n\n": false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [select]:\nnet/http.(*Transport).loop()\n\t/h/t.go:1 +0x1\n\n":      true,
	} {
		if _, got := blockedAll(stack.Parse(dump).Goroutines); got != want {
			t.Errorf("%v, want %v, for\n%s", got, want, dump)
		}
	}
}

// patient is a worker as the watchdog sees it, by the time since it began.
type patient struct {
	dump  func(since time.Duration) string
	busy  func(since time.Duration) int64
	alarm bool // a timer is set
	blind bool // whether one is set cannot be seen

	mu    sync.Mutex
	began time.Time
	still bool
	dumps int
}

func (p *patient) Dump(context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dumps++
	return []byte(p.dump(time.Since(p.began))), nil
}

func (p *patient) Still(_ context.Context, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.still = on
	return nil
}

func (p *patient) used() (int64, bool) {
	if p.busy == nil {
		return 7, true
	}
	return p.busy(time.Since(p.began)), true
}

// timer shows the worker's own timer, which only Still takes away.
func (p *patient) timer() (set, seen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alarm || !p.still, !p.blind
}

// spoken keeps what the watchdog says, and when.
type spoken struct {
	session.Output
	began time.Time
	said  []string
	after time.Duration
}

func (s *spoken) Stream(_ string, b []byte) {
	s.said = append(s.said, string(b))
	s.after = time.Since(s.began)
}

const (
	receiving = "goroutine 7 [chan receive]:\nnb.Run_00()\n\t/In/aabbccddeeff:3 +0x1\ninterleave/kernel/internal/worker/inmate.(*host).run()\n\t/w/cell.go:5 +0x1\n\n"
)

// moving shows a goroutine that is somewhere else whenever one looks, until some time.
func moving(until time.Duration) func(time.Duration) string {
	return func(since time.Duration) string {
		return strings.Replace(receiving, "eeff:3", fmt.Sprintf("eeff:%d", min(since, until)/(400*time.Millisecond)), 1)
	}
}

func always(dump string) func(time.Duration) string {
	return func(time.Duration) string { return dump }
}

// TestWatchdogSpeaks has it look at a worker for an hour of virtual time.
func TestWatchdogSpeaks(t *testing.T) {
	second := func(since time.Duration) int64 { return int64(since / time.Second) }
	for name, tt := range map[string]struct {
		p             *patient
		soon, noLater time.Duration // when it speaks; 0 for never
		dumps         int           // at most
	}{
		"blocked from the start": {&patient{dump: always(receiving)}, 1500 * time.Millisecond, 2 * time.Second, 2},
		"blocked after a second of work": {&patient{dump: always(receiving), busy: func(since time.Duration) int64 {
			return min(int64(since/(10*time.Millisecond)), 100)
		}}, 2500 * time.Millisecond, 3 * time.Second, 2},
		"moves on":                 {&patient{dump: moving(time.Hour)}, 0, 0, 1 << 20},
		"moves for ten seconds":    {&patient{dump: moving(10 * time.Second)}, 11500 * time.Millisecond, 13500 * time.Millisecond, 10},
		"a timer is set":           {&patient{dump: always(receiving), alarm: true}, 0, 0, 0},
		"timers cannot be seen":    {&patient{dump: always(receiving), blind: true}, 0, 0, 0},
		"it computes all the time": {&patient{dump: always(receiving), busy: func(since time.Duration) int64 { return int64(since / (10 * time.Millisecond)) }}, 0, 0, 0},
		"it computes now and then": {&patient{dump: always(receiving), busy: second}, 1500 * time.Millisecond, 2 * time.Second, 2},
		"another one sleeps":       {&patient{dump: always(receiving + "goroutine 8 [sleep]:\nnb.f()\n\t/In/aabbccddeeff:9 +0x1\n\n")}, 0, 0, 1 << 20},
		"it waits for a signal":    {&patient{dump: always(receiving + "goroutine 8 [syscall]:\nos/signal.signal_recv()\n\t/r/sigqueue.go:152 +0x1\n\n")}, 0, 0, 1 << 20},
		"it waits for the network": {&patient{dump: always(receiving + "goroutine 8 [IO wait]:\nnb.f()\n\t/In/aabbccddeeff:9 +0x1\n\n")}, 0, 0, 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &spoken{began: time.Now()}
				tt.p.began = time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				(&watchdog{e: &Engine{cells: &faults.Cells{}}, out: out, w: tt.p}).watch(ctx)
				if tt.noLater == 0 && len(out.said) > 0 {
					t.Fatalf("after %v it said\n%s", out.after, out.said)
				}
				if tt.noLater > 0 && (len(out.said) != 1 || out.after < tt.soon || out.after > tt.noLater) {
					t.Errorf("it spoke %d times, after %v, want between %v and %v", len(out.said), out.after, tt.soon, tt.noLater)
				}
				if len(out.said) > 0 && !strings.HasPrefix(out.said[0], "nothing has moved for 2 s: ") {
					t.Errorf("it said\n%s", out.said[0])
				}
				if tt.p.dumps > tt.dumps || tt.p.still {
					t.Errorf("%d dumps, want at most %d; still: %v", tt.p.dumps, tt.dumps, tt.p.still)
				}
			})
		})
	}
}
