package ops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"math"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"interleave/lessons/kit/check"
)

// Wait is a stack of the mutex profile: somebody held a lock that others waited for, and gave it back here.
type Wait struct {
	Stack       []string // innermost function first, such as "sync.(*Mutex).Unlock"
	Contentions int64
	Delay       time.Duration // waited by all others together
}

// Profile is the mutex profile of a program.
type Profile struct {
	Waits      []Wait // the longest first
	Goroutines int
	Wall       time.Duration
}

// Delay is the time that all goroutines together waited for locks.
func (p *Profile) Delay() time.Duration {
	var sum time.Duration
	for _, w := range p.Waits {
		sum += w.Delay
	}
	return sum
}

// Mystery runs a program that uses several locks, six goroutines on all Ps, and returns its mutex profile. It does
// not scale; the profile says why.
func Mystery(ctx context.Context) (*Profile, error) {
	const goroutines, operations = TalkWorkers, 60
	defer runtime.SetMutexProfileFraction(runtime.SetMutexProfileFraction(1)) // every contention
	before, err := mutexProfile()
	if err != nil {
		return nil, err
	}
	source, tally := &sampler{fill: Own(1)}, &ledger{}
	start := time.Now()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() { camera(ctx, operations, source, tally) })
	}
	wg.Wait()
	wall := time.Since(start)
	after, err := mutexProfile()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	before.Scale(-1)
	diff, err := profile.Merge([]*profile.Profile{before, after})
	if err != nil {
		return nil, fmt.Errorf("ops: subtract profiles: %w", err)
	}
	return &Profile{Waits: waits(diff), Goroutines: goroutines, Wall: wall}, nil
}

func mutexProfile() (*profile.Profile, error) {
	var b bytes.Buffer
	if err := pprof.Lookup("mutex").WriteTo(&b, 0); err != nil {
		return nil, fmt.Errorf("ops: mutex profile: %w", err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		return nil, fmt.Errorf("ops: mutex profile: %w", err)
	}
	return p, nil
}

// waits are the samples of this package's own program: other goroutines of the process may wait as well.
func waits(p *profile.Profile) []Wait {
	byStack := map[string]*Wait{}
	for _, s := range p.Sample {
		var stack []string
		for _, l := range s.Location {
			for _, line := range l.Line {
				if name := line.Function.Name; written(name) {
					stack = append(stack, name[strings.LastIndexByte(name, '/')+1:])
				}
			}
		}
		if s.Value[0] <= 0 || !slices.Contains(stack, "ops.camera") {
			continue
		}
		stack = stack[:slices.Index(stack, "ops.camera")+1]
		key := strings.Join(stack, "\n")
		if byStack[key] == nil {
			byStack[key] = &Wait{Stack: stack}
		}
		byStack[key].Contentions += s.Value[0]
		byStack[key].Delay += time.Duration(s.Value[1])
	}
	var list []Wait
	for _, w := range byStack {
		list = append(list, *w)
	}
	slices.SortFunc(list, func(a, b Wait) int { return int(b.Delay - a.Delay) })
	return list
}

// written tells the functions that somebody wrote from those that the compiler and the runtime put between them.
func written(name string) bool {
	return !strings.HasPrefix(name, "runtime.") && !strings.HasSuffix(name, "-fm") && !strings.Contains(name, ".deferwrap")
}

// camera is what one goroutine of the mystery does.
func camera(ctx context.Context, operations int, source *sampler, tally *ledger) {
	w := NewWorker(source.draw)
	for range operations {
		if ctx.Err() != nil {
			return
		}
		w.Do()
		tally.note()
	}
}

// sampler has the hidden lock.
type sampler struct {
	mu   sync.Mutex
	fill Fill // guarded by mu
}

// draw fills numbers in two halves and lets others run between them, so that the lock is met while it is held with one
// P too.
func (s *sampler) draw(numbers []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	half := len(numbers) / 2
	s.fill(numbers[:half])
	runtime.Gosched()
	s.fill(numbers[half:])
}

// ledger has a lock in plain sight, which costs next to nothing.
type ledger struct {
	mu  sync.Mutex
	ops int // guarded by mu
}

func (l *ledger) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops++
}

// String lists the stacks as pprof does, innermost function first.
func (p *Profile) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d goroutines, %v wall time\n", p.Goroutines, p.Wall.Round(time.Millisecond))
	for _, w := range p.Waits {
		fmt.Fprintf(&b, "waited %v, %d times, for a lock given back in\n", w.Delay.Round(time.Microsecond), w.Contentions)
		for _, f := range w.Stack {
			fmt.Fprintf(&b, "    %s\n", f)
		}
	}
	return b.String()
}

// HTML is the same as a table.
func (p *Profile) HTML() string {
	var b strings.Builder
	b.WriteString("<table>\n<tr><th>waited</th><th>times</th><th style=\"text-align:left\">for a lock given back in</th></tr>\n")
	for _, w := range p.Waits {
		fmt.Fprintf(&b, "<tr><td>%v</td><td>%d</td><td style=\"text-align:left\">%s</td></tr>\n", w.Delay.Round(time.Microsecond),
			w.Contentions, strings.ReplaceAll(html.EscapeString(strings.Join(w.Stack, "\n")), "\n", "<br>called by "))
	}
	fmt.Fprintf(&b, "</table>\n<p>%d goroutines, %v wall time</p>\n", p.Goroutines, p.Wall.Round(time.Millisecond))
	return b.String()
}

// SimpleRender is what a notebook shows.
func (p *Profile) SimpleRender() map[string]any {
	return map[string]any{"text/html": p.HTML(), "text/plain": p.String()}
}

// Suspect is an answer to [HiddenLock].
type Suspect struct {
	Holder string  // the function that holds the lock the others wait for, as the profile writes it
	Share  float64 // how much of the goroutines' time was spent waiting for locks, 0 to 1
}

// The checks of [HiddenLock].
const (
	Named  = "names the function that holds the lock"
	Shared = "knows what it costs"
)

// HiddenLock is the exercise to read a mutex profile.
func HiddenLock(p *Profile) check.Exercise[Suspect] {
	return check.Exercise[Suspect]{
		Name: "the hidden lock",
		Task: "Name the function that holds the lock which the others wait for, and the share of their time that goes into it.",
		Checks: []check.Check[Suspect]{
			{Name: Named, Kind: check.Value, Try: func(_ context.Context, s Suspect) error { return p.named(s.Holder) }},
			{Name: Shared, Kind: check.Value, Try: func(_ context.Context, s Suspect) error { return p.shared(s.Share) }},
		},
	}
}

func (p *Profile) named(holder string) error {
	if len(p.Waits) == 0 {
		return errors.New("the profile is empty")
	}
	worst := p.Waits[0]
	want := worst.Stack[1] // who called Unlock
	switch at := slices.Index(worst.Stack, holder); {
	case holder == want:
		return nil
	case at == 0:
		return check.Show(nil, "%s is how every lock is given back; which function does it there?", holder)
	case at > 1:
		return check.Show(nil, "%s waits, or calls somebody who does; the lock is given back further up in its stack", holder)
	case p.holds(holder) > 0:
		return check.Show(nil, "%s holds a lock, but for it the others waited %v of %v only", holder, p.holds(holder), p.Delay())
	}
	return check.Show(nil, "%q gives back no lock in this profile that others waited for long", holder)
}

// holds is the time waited for locks that the function gives back itself.
func (p *Profile) holds(function string) time.Duration {
	var sum time.Duration
	for _, w := range p.Waits {
		if len(w.Stack) > 1 && w.Stack[1] == function {
			sum += w.Delay
		}
	}
	return sum
}

func (p *Profile) shared(share float64) error {
	all := float64(p.Goroutines) * p.Wall.Seconds()
	want := p.Delay().Seconds() / all
	if math.Abs(share-want) <= 0.02 {
		return nil
	}
	return check.Show(nil, "the goroutines waited %.3f s of their %d x %.3f s, and you say %.2f",
		p.Delay().Seconds(), p.Goroutines, p.Wall.Seconds(), share)
}
