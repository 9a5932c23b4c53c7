package deadlock

import (
	"context"
	_ "embed" // the source of the dining command
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/schedule"
	"interleave/lessons/kit/timeline"
)

// Order is which of his two forks a philosopher takes first.
type Order string

// The orders.
const (
	ByHand   Order = "left fork first"           // can deadlock
	ByNumber Order = "lower-numbered fork first" // cannot
)

// Wait is an edge of the wait-for graph: a philosopher who has one fork and wants another, which someone has.
// All are numbered from 0.
type Wait struct {
	Who, Has, Wants int
	Holder          int // who has the fork that Who wants
}

// Dinner is what became of one dinner.
type Dinner struct {
	Philosophers int
	Order        Order
	Meals        int    // eaten by all together; 0 in a deadlock
	Deadlock     bool   // the runtime said so, and ended the program
	Message      string // what it said
	Waits        []Wait // the wait-for graph; empty without a deadlock
	Timeline     *timeline.Timeline
}

//go:embed dining/main.go
var diningSource string

// Dine runs a dinner with mutexes for forks in a process of its own, since a deadlock of mutexes ends the process.
// By hand it deadlocks on every machine, for everybody waits until all have their first fork. A number of 0 stands
// for 5 philosophers and 1,000 meals (200 in fast mode).
func Dine(ctx context.Context, order Order, n, meals int) (Dinner, error) {
	if n == 0 {
		n = 5
	}
	if meals == 0 {
		meals = pace.Pick(1000, 200)
	}
	d := Dinner{Philosophers: n, Order: order}
	dir, err := os.MkdirTemp("", "dining")
	if err != nil {
		return d, fmt.Errorf("deadlock: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "trace")
	flag := "hand"
	if order == ByNumber {
		flag = "number"
	}
	out, err := child.Run(ctx, child.Command{
		Name: "dining", Source: diningSource, Timeout: 20 * time.Second,
		Args: []string{"-n", strconv.Itoa(n), "-order", flag, "-meals", strconv.Itoa(meals), "-trace", file},
	})
	if err != nil {
		return d, fmt.Errorf("deadlock: %w", err)
	}
	if err := d.read(out); err != nil {
		return d, fmt.Errorf("deadlock: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return d, fmt.Errorf("deadlock: %w", err)
	}
	defer f.Close()
	if d.Timeline, err = timeline.Read(f); err != nil {
		return d, fmt.Errorf("deadlock: %w", err)
	}
	d.Timeline.SortByName()
	return d, nil
}

// read takes in what the command has printed, and how it ended.
func (d *Dinner) read(out child.Output) error {
	d.Deadlock = strings.Contains(out.Stderr, "all goroutines are asleep")
	d.Message, _, _ = strings.Cut(out.Stderr, "\n")
	if !d.Deadlock && out.Exit != 0 {
		return fmt.Errorf("the dining command ended with status %d: %s", out.Exit, out.Stderr)
	}
	holder := map[int]int{}
	for line := range strings.Lines(out.Stdout) {
		var w Wait
		if _, err := fmt.Sscanf(line, "ate %d", &d.Meals); err == nil {
			return nil
		}
		if _, err := fmt.Sscan(line, &w.Who, &w.Has, &w.Wants); err != nil {
			return fmt.Errorf("the dining command printed %q: %w", line, err)
		}
		holder[w.Has] = w.Who
		d.Waits = append(d.Waits, w)
	}
	for i := range d.Waits {
		d.Waits[i].Holder = holder[d.Waits[i].Wants]
	}
	return nil
}

// Philosophers is the dinner for the machine, with a meal each. First says which forks philosopher i of n takes,
// in order; [LeftFirst] and [LowFirst] are two ways.
func Philosophers(n int, first func(i, n int) (one, other int)) *schedule.Program {
	return schedule.Define(func(m *schedule.Machine) {
		forks := make([]*schedule.Mutex, n)
		for i := range forks {
			forks[i] = m.Mutex(fmt.Sprint("fork ", i))
		}
		for i := range n {
			one, other := first(i, n)
			m.Go(fmt.Sprint("P", i), func(t *schedule.Thread) {
				forks[one].Lock(t)
				forks[other].Lock(t)
				forks[other].Unlock(t)
				forks[one].Unlock(t)
			})
		}
	})
}

// LeftFirst takes the left fork first.
func LeftFirst(i, n int) (one, other int) { return i, (i + 1) % n }

// LowFirst takes the fork with the lower number first.
func LowFirst(i, n int) (one, other int) { return min(i, (i+1)%n), max(i, (i+1)%n) }
