package preempt_test

import (
	"iter"
	"slices"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/preempt"
)

// every yields after so many rows; 0 never.
func every(k int) preempt.Rows {
	return func(n int, row func(int), yield func()) {
		for i := range n {
			row(i)
			if k > 0 && (i+1)%k == 0 {
				yield()
			}
		}
	}
}

func TestInsertYields(t *testing.T) {
	const gap, often = "nobody waits over 2 ms", "at most one yield a millisecond"
	err := preempt.InsertYields().Prove(t.Context(), check.Times(), every(5),
		check.Mutant[preempt.Rows]{Name: "never", Answer: every(0), Fails: gap},
		check.Mutant[preempt.Rows]{Name: "after each row", Answer: every(1), Fails: often},
		check.Mutant[preempt.Rows]{Name: "after ten rows", Answer: every(10), Fails: gap},
		check.Mutant[preempt.Rows]{Name: "once at the end", Fails: gap, Answer: func(n int, row func(int), yield func()) {
			every(0)(n, row, yield)
			yield()
		}},
		check.Mutant[preempt.Rows]{Name: "skips the row where it yields", Fails: "every row once and in order", Answer: func(n int, row func(int), yield func()) {
			for i := range n {
				if i%5 == 0 {
					yield()
				} else {
					row(i)
				}
			}
		}},
	)
	if err != nil {
		t.Error(err)
	}
}

// pulled is a scheduler, with its faults to choose.
func pulled(keepEnded, reverse bool) preempt.Scheduler {
	return func(tasks []iter.Seq[string]) (out []string) {
		type routine struct {
			next func() (string, bool)
			stop func()
		}
		var ready []routine
		for _, task := range tasks {
			next, stop := iter.Pull(task)
			ready = append(ready, routine{next, stop})
			defer stop()
		}
		if reverse {
			slices.Reverse(ready)
		}
		for len(ready) > 0 {
			r := ready[0]
			ready = ready[1:]
			v, ok := r.next()
			if ok {
				out = append(out, v)
				ready = append(ready, r)
			} else if keepEnded {
				return out
			}
		}
		return out
	}
}

func TestCooperate(t *testing.T) {
	const turns, lost = "tasks take turns", "no step is lost"
	err := preempt.Cooperate().Prove(t.Context(), check.Times(), pulled(false, false),
		check.Mutant[preempt.Scheduler]{Name: "run to the end", Fails: turns, Answer: func(tasks []iter.Seq[string]) (out []string) {
			for _, task := range tasks {
				out = slices.AppendSeq(out, task)
			}
			return out
		}},
		check.Mutant[preempt.Scheduler]{Name: "stops when the first has ended", Fails: lost, Answer: pulled(true, false)},
		check.Mutant[preempt.Scheduler]{Name: "last to first", Fails: turns, Answer: pulled(false, true)},
		check.Mutant[preempt.Scheduler]{Name: "one step of each", Fails: lost, Answer: func(tasks []iter.Seq[string]) (out []string) {
			for _, task := range tasks {
				for v := range task {
					out = append(out, v)
					break
				}
			}
			return out
		}},
		check.Mutant[preempt.Scheduler]{Name: "leaves without stop", Fails: "nothing is left open", Answer: func(tasks []iter.Seq[string]) (out []string) {
			for _, task := range tasks {
				next, _ := iter.Pull(task)
				v, _ := next()
				out = append(out, v)
			}
			return out
		}},
	)
	if err != nil {
		t.Error(err)
	}
}
