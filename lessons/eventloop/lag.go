package eventloop

import (
	"context"
	"fmt"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
)

// Handlers is what shares the loop with a heartbeat.
type Handlers string

// The kinds of handlers.
const (
	Wait      Handlers = "handlers that await"
	Blocking  Handlers = "one of them blocks"
	Offloaded Handlers = "the same call, off the loop"
)

// LagSize is how much [Lags] does.
type LagSize struct {
	Runs  int           // of each kind
	Beats int           // of the heart, in a run
	Every time.Duration // from beat to beat
	Block time.Duration // how long the blocking call takes; it comes after a third of the beats
}

// DefaultLagSize is 6 runs of 60 beats every 5 ms, with a call that blocks for 100 ms; in fast mode 24 beats and 50 ms.
func DefaultLagSize() LagSize {
	return LagSize{Runs: pace.MinRuns, Beats: pace.Pick(60, 24), Every: 5 * time.Millisecond,
		Block: pace.Pick(100*time.Millisecond, 50*time.Millisecond)}
}

// Lag is how late the heart beat, in ms.
type Lag struct {
	Handlers Handlers
	Runs     [][]float64 // by run: of each beat
}

// All is every beat of every run.
func (l Lag) All() []float64 {
	var all []float64
	for _, r := range l.Runs {
		all = append(all, r...)
	}
	return all
}

// Longest is the latest beat of each run.
func (l Lag) Longest() []float64 {
	var out []float64
	for _, r := range l.Runs {
		longest := 0.0
		for _, v := range r {
			longest = max(longest, v)
		}
		out = append(out, longest)
	}
	return out
}

// Lags measures by the real clock how late a heartbeat comes on a loop with each kind of handlers, in turn. Beats have
// fixed times: those that a blocked loop misses are late beats, not missing ones. A zero size stands for
// [DefaultLagSize].
func Lags(ctx context.Context, size LagSize) ([]Lag, measure.Card, error) {
	if size == (LagSize{}) {
		size = DefaultLagSize()
	}
	const warmUp = 1
	lags := []Lag{{Handlers: Wait}, {Handlers: Blocking}, {Handlers: Offloaded}}
	var variants []measure.Variant
	for i := range lags {
		l := &lags[i]
		round := 0
		variants = append(variants, measure.Variant{Name: string(l.Handlers), Run: func(context.Context) (float64, error) {
			beats, err := Heartbeat(l.Handlers, size)
			if round++; err == nil && round > warmUp {
				l.Runs = append(l.Runs, beats)
			}
			return beats[len(beats)-1], err
		}})
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: size.Runs, WarmUp: warmUp}, variants...)
	if err != nil {
		return nil, measure.Card{}, fmt.Errorf("eventloop: %w", err)
	}
	return lags, r.Card, nil
}

// Heartbeat runs a loop by the real clock, with five handlers that sleep and answer, and gives the lateness of each
// beat in ms.
func Heartbeat(h Handlers, size LagSize) ([]float64, error) {
	l := New(Real(), nil)
	return Run(l, func(co *Co) ([]float64, error) {
		end := time.Duration(size.Beats) * size.Every
		for i := range 5 {
			Start(l, fmt.Sprint("handler ", i+1), func(co *Co) (int, error) {
				for l.Now() < end && co.Sleep(7*time.Millisecond) == nil {
				}
				return 0, nil
			})
		}
		Start(l, "slow handler", func(co *Co) (int, error) {
			if err := co.Sleep(end / 3); err != nil || h == Wait {
				return 0, err
			}
			if h == Blocking {
				co.Block(size.Block)
				return 0, nil
			}
			return Await(co, Offload(l, "slow call", func() (int, error) {
				time.Sleep(size.Block)
				return 0, nil
			}))
		})
		return beats(co, size)
	})
}

// beats sleeps to each due time and notes by how much it was missed.
func beats(co *Co, size LagSize) ([]float64, error) {
	var late []float64
	for i := 1; i <= size.Beats; i++ {
		due := time.Duration(i) * size.Every
		if err := co.Sleep(due - co.Loop().Now()); err != nil {
			return late, err
		}
		late = append(late, float64(co.Loop().Now()-due)/float64(time.Millisecond))
	}
	return late, nil
}
