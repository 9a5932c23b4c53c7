package ops_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
	"interleave/lessons/ops"
)

func TestRefcount(t *testing.T) {
	r := ops.Refcount(false).Enumerate(schedule.Limits{})
	if r.Schedules != 20 || r.Count("refs = 1") != 2 || r.Count("refs = 2") != 9 || r.Count("refs = 0") != 9 {
		t.Errorf("without a lock: %v", r)
	}
	r = ops.Refcount(true).Enumerate(schedule.Limits{})
	if !r.Complete || r.Failing() != 0 || r.Count("refs = 1") != r.Schedules {
		t.Errorf("with the lock: %v", r)
	}
	const objects = 500
	if n := ops.Drop(objects, false); n != 0 {
		t.Errorf("read and write: %d of %d freed", n, objects)
	}
	if n := ops.Drop(objects, true); n != objects {
		t.Errorf("atomically: %d of %d freed", n, objects)
	}
}

func TestParallelMergeSort(t *testing.T) {
	noWait := func(numbers []int) { // starts the other half only when the first is done
		var sort ops.Sort
		sort = func(numbers []int) {
			if len(numbers) <= 1024 {
				ops.MergeSort(numbers)
				return
			}
			middle := len(numbers) / 2
			var wg sync.WaitGroup
			wg.Go(func() { sort(numbers[:middle]) })
			wg.Wait()
			sort(numbers[middle:])
			ops.Merge(numbers, middle)
		}
		sort(numbers)
	}
	noMerge := func(numbers []int) {
		middle := len(numbers) / 2
		var wg sync.WaitGroup
		wg.Go(func() { ops.MergeSort(numbers[:middle]) })
		ops.MergeSort(numbers[middle:])
		wg.Wait()
	}
	proof := ops.ParallelMergeSort().Proof(t.Context(), check.Times(), ops.ParallelSort(512),
		check.Mutant[ops.Sort]{Name: "a goroutine for each number", Answer: ops.ParallelSort(1), Fails: ops.NoDearer},
		check.Mutant[ops.Sort]{Name: "never another goroutine", Answer: ops.MergeSort, Fails: ops.Parallel},
		check.Mutant[ops.Sort]{Name: "waits before it goes on", Answer: noWait, Fails: ops.Parallel},
		check.Mutant[ops.Sort]{Name: "forgets to merge", Answer: noMerge, Fails: ops.Sorts},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

func TestHiddenLock(t *testing.T) {
	p, err := ops.Mystery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(p)
	const holder = "ops.(*sampler).draw"
	share := p.Delay().Seconds() / (float64(p.Goroutines) * p.Wall.Seconds())
	proof := ops.HiddenLock(p).Proof(t.Context(), check.Times(), ops.Suspect{Holder: holder, Share: math.Round(100*share) / 100},
		check.Mutant[ops.Suspect]{Name: "the first line of the stack", Answer: ops.Suspect{Holder: "sync.(*Mutex).Unlock", Share: share}, Fails: ops.Named},
		check.Mutant[ops.Suspect]{Name: "the lock in plain sight", Answer: ops.Suspect{Holder: "ops.(*ledger).note", Share: share}, Fails: ops.Named},
		check.Mutant[ops.Suspect]{Name: "who waits", Answer: ops.Suspect{Holder: "ops.camera", Share: share}, Fails: ops.Named},
		check.Mutant[ops.Suspect]{Name: "forgets that there are six", Answer: ops.Suspect{Holder: holder, Share: 6 * share}, Fails: ops.Shared},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.HTML(), "draw") {
		t.Error("the table does not show the holder")
	}
}

func TestPredict(t *testing.T) {
	fit, err := ops.TalkFit()
	if err != nil {
		t.Fatal(err)
	}
	amdahl := func(s float64) ops.Prediction {
		return ops.Prediction{Share: s, AtFour: 1 / (s + (1-s)/4), Limit: 1 / s}
	}
	right := amdahl(fit.A)
	interpolated, unlimited := right, right
	interpolated.AtFour = 1 + (fit.Points[1].Speedup-1)*3/5
	unlimited.Limit = math.Inf(1)
	proof := ops.Predict().Proof(t.Context(), check.Times(), right,
		check.Mutant[ops.Prediction]{Name: "one minus the efficiency", Answer: amdahl(1 - fit.Points[1].Speedup/6), Fails: ops.FromMedians},
		check.Mutant[ops.Prediction]{Name: "the slides' best runs", Answer: amdahl((6/(36.863/9.854) - 1) / 5), Fails: ops.FromMedians},
		check.Mutant[ops.Prediction]{Name: "Gustafson's share", Answer: amdahl((6 - fit.Points[1].Speedup) / 5), Fails: ops.FromMedians},
		check.Mutant[ops.Prediction]{Name: "a straight line to four", Answer: interpolated, Fails: ops.FourWorkers},
		check.Mutant[ops.Prediction]{Name: "no limit", Answer: unlimited, Fails: ops.NoMore},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
