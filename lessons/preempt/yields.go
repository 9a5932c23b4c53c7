package preempt

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

// Rows is an answer to [InsertYields]: it calls row(0) to row(n-1), in order, and yield in between as often as it
// thinks right.
type Rows func(n int, row func(i int), yield func())

// rowTime is what a row takes by the clock of the bubble, and maxWait how long another may wait for the P.
const (
	rowTime = 300 * time.Microsecond
	maxWait = 2 * time.Millisecond
	allRows = 1000
)

// rowsTrial is what an answer did.
type rowsTrial struct {
	done    []int
	yields  int
	longest time.Duration // that the other one waited for the P
}

// tryRows runs an answer in a bubble, where a row takes its time by a fake clock. The P is a token: the answer has it
// between its yields, and another goroutine wants it, again as soon as it has had it.
func tryRows(r Rows) (*rowsTrial, error) {
	t := &rowsTrial{}
	err := bubble.Run(func() {
		p, end, gone := make(chan bool, 1), make(chan bool), make(chan bool)
		p <- true
		go func() {
			defer close(gone)
			for {
				asked := time.Now()
				select {
				case p <- true:
				case <-end:
					return
				}
				t.longest = max(t.longest, time.Since(asked))
				<-p
				time.Sleep(time.Nanosecond) // time in which the answer gets it back
			}
		}()
		r(allRows, func(i int) {
			t.done = append(t.done, i)
			time.Sleep(rowTime)
		}, func() {
			t.yields++
			<-p
			synctest.Wait() // the other one has had it
			p <- true
		})
		<-p // the work is done, and the other one has its turn
		synctest.Wait()
		close(end)
		<-gone
	})
	return t, err
}

// InsertYields is the exercise to share a P well with the others: not too late, and not at every row.
func InsertYields() check.Exercise[Rows] {
	return check.Exercise[Rows]{
		Name: "insert yields",
		Task: "Work on 1,000 rows of 0.3 ms. Yield so that nobody waits more than 2 ms for the P, and at most once a millisecond, since a yield costs too.",
		Checks: []check.Check[Rows]{
			{Name: "every row once and in order", Kind: check.Synctest, Try: func(_ context.Context, r Rows) error {
				t, err := tryRows(r)
				if err != nil {
					return err
				}
				done := t.done
				if len(done) != allRows {
					return check.Show(nil, "%d rows were done, want %d", len(done), allRows)
				}
				for i, row := range done {
					if row != i {
						return check.Show(nil, "row %d was done where row %d belongs", row, i)
					}
				}
				return nil
			}},
			{Name: "nobody waits over 2 ms", Kind: check.Synctest, Try: func(_ context.Context, r Rows) error {
				t, err := tryRows(r)
				if err == nil && t.longest > maxWait {
					err = check.Show(nil, "another goroutine waited for the P for %v, by a clock that counts 0.3 ms a row", t.longest.Round(time.Microsecond))
				}
				return err
			}},
			{Name: "at most one yield a millisecond", Kind: check.Synctest, Try: func(_ context.Context, r Rows) error {
				limit := int(allRows * rowTime / time.Millisecond)
				t, err := tryRows(r)
				if err == nil && t.yields > limit {
					err = check.Show(nil, "%d yields in %v, at most %d are allowed", t.yields, allRows*rowTime, limit)
				}
				return err
			}},
		},
	}
}

// Scheduler is an answer to [Cooperate]: it lets each task run to its next yield in turn, first to last and again,
// until all have ended. A task is a function that calls yield between its steps and stops when yield is false.
type Scheduler func(tasks []iter.Seq[string]) []string

// task has so many steps, and counts those that were taken and not given up.
func task(name string, steps int, open *int) iter.Seq[string] {
	return func(yield func(string) bool) {
		*open++
		defer func() { *open-- }()
		for i := 1; i <= steps; i++ {
			if !yield(fmt.Sprint(name, i)) {
				return
			}
		}
	}
}

// Cooperate is the exercise to write a cooperative scheduler in some twenty lines, with iter.Pull.
func Cooperate() check.Exercise[Scheduler] {
	trial := func(s Scheduler, steps ...int) (got []string, open int) {
		var tasks []iter.Seq[string]
		for i, n := range steps {
			tasks = append(tasks, task(string(rune('a'+i)), n, &open))
		}
		got = s(tasks)
		return got, open
	}
	order := func(want string, steps ...int) func(context.Context, Scheduler) error {
		return func(_ context.Context, s Scheduler) error {
			if got, _ := trial(s, steps...); strings.Join(got, " ") != want {
				return check.Show(nil, "tasks of %v steps: the order is %q, want %q", steps, strings.Join(got, " "), want)
			}
			return nil
		}
	}
	return check.Exercise[Scheduler]{
		Name: "a cooperative scheduler",
		Task: "Run the tasks in turn, each up to its next yield, and return what they yielded, in order.",
		Checks: []check.Check[Scheduler]{
			{Name: "tasks take turns", Kind: check.Interleaved, Try: order("a1 b1 a2 b2 a3 b3", 3, 3)},
			{Name: "a task that has ended is skipped", Kind: check.Interleaved, Try: order("a1 b1 c1 b2 c2 c3", 1, 2, 3)},
			{Name: "no step is lost", Kind: check.Value, Try: func(_ context.Context, s Scheduler) error {
				got, _ := trial(s, 5, 0, 7, 2)
				want := []string{"a1", "a2", "a3", "a4", "a5", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "d1", "d2"}
				if slices.Sort(got); !slices.Equal(got, want) {
					return check.Show(nil, "got the steps %v, want %v", got, want)
				}
				return nil
			}},
			{Name: "nothing is left open", Kind: check.Value, Try: func(_ context.Context, s Scheduler) error {
				if _, open := trial(s, 3, 1, 2); open != 0 {
					return check.Show(nil, "%d tasks have neither ended nor been stopped", open)
				}
				return nil
			}},
		},
	}
}
