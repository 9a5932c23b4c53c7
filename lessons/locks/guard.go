package locks

import (
	"context"
	"maps"
	"slices"
	"strings"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
)

// Guard is an answer to [TieLocks].
type Guard struct {
	Of    map[string]string // which lock guards which variable, as in "stock": "m"
	Owner string            // the owner's steps, repaired, in the step language
}

// Clerk and Owner are the two threads of the exercise. The owner writes the log without its lock.
const (
	Clerk = `lock m
read stock
sub 1
write stock
unlock m
lock l
read log
add 1
write log
unlock l`
	Owner = `lock m
read stock
sub 1
write stock
unlock m
read log
add 1
write log`
)

// Shop is the program with an owner's steps; [Owner] are those to repair.
func Shop(owner string) (*schedule.Program, error) {
	return schedule.Parse("var stock = 10; var log = 0\nthread Clerk\n" + Clerk + "\nthread Owner\n" + owner +
		"\nensure stock == 8; ensure log == 2")
}

// guards is the lock under which every right access to a variable happens.
var guards = map[string]string{"stock": "m", "log": "l"}

// TieLocks is the exercise to say which lock guards which datum, and to repair the thread that forgets.
func TieLocks() check.Exercise[Guard] {
	return check.Exercise[Guard]{
		Name: "which lock guards what?",
		Task: "Say for stock and for log which lock guards it, find the access without its guard, and repair the owner's steps.",
		Checks: []check.Check[Guard]{
			{Name: "each datum has its lock", Kind: check.Value, Try: func(_ context.Context, g Guard) error {
				for _, datum := range slices.Sorted(maps.Keys(guards)) {
					if g.Of[datum] != guards[datum] {
						return check.Show(Clerk, "%q does not guard %s: see what the clerk holds when he touches it", g.Of[datum], datum)
					}
				}
				return nil
			}},
			{Name: "every access holds its guard", Kind: check.Value, Try: func(_ context.Context, g Guard) error {
				return holds(g.Owner)
			}},
			{Name: "the owner does his work", Kind: check.Value, Try: works},
			{Name: "every schedule ends", Kind: check.Interleaved, Try: func(_ context.Context, g Guard) error {
				return all(g, func(o schedule.Outcome) bool { return o.End == schedule.Deadlock })
			}},
			{Name: "no schedule loses an update", Kind: check.Interleaved, Try: func(_ context.Context, g Guard) error {
				return all(g, func(o schedule.Outcome) bool { return o.End == schedule.Failed })
			}},
			{Name: "the race detector is silent", Kind: check.RaceClean, Try: raceFree},
		},
	}
}

// holds follows the locks that are held from step to step, and names the first access without its guard.
func holds(steps string) error {
	held := map[string]bool{}
	for i, line := range strings.Split(strings.ReplaceAll(steps, ";", "\n"), "\n") {
		words := strings.Fields(line)
		if len(words) != 2 {
			continue
		}
		switch words[0] {
		case "lock":
			held[words[1]] = true
		case "unlock":
			delete(held, words[1])
		case "read", "write":
			if lock := guards[words[1]]; lock != "" && !held[lock] {
				return check.Show(steps, "step %d, %q, does not hold %s; it holds %v", i+1, strings.TrimSpace(line), lock,
					slices.Sorted(maps.Keys(held)))
			}
		}
	}
	return nil
}

// works runs the owner after the clerk, alone.
func works(_ context.Context, g Guard) error {
	p, err := Shop(g.Owner)
	if err != nil {
		return err
	}
	play := p.Play()
	for _, thread := range []int{1, 2} {
		for len(play.Run().Schedule) < 100 && play.Choose(thread) == nil { // the steps may spin
		}
	}
	if run := play.Run(); run.Outcome != "stock = 8, log = 2" {
		return check.Show(run, "the clerk and then the owner: %s, want stock = 8, log = 2", run.Outcome)
	}
	return nil
}

// all shows the first schedule with a bad outcome.
func all(g Guard, bad func(schedule.Outcome) bool) error {
	p, err := Shop(g.Owner)
	if err != nil {
		return err
	}
	r := p.Enumerate(schedule.Limits{Schedules: 100_000})
	for _, o := range r.Outcomes {
		if !bad(o) {
			continue
		}
		run, err := p.Replay(o.First.String())
		if err != nil {
			return err
		}
		return check.Show(run, "%d of %d schedules end so: %s", o.Count, r.Schedules, o.Text)
	}
	if !r.Complete {
		return check.Inconclusive("the steps have more than %d schedules: make them shorter", r.Schedules)
	}
	return nil
}
