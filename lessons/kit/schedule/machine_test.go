package schedule_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/lessons/kit/schedule"
)

// counter is the talk's race as closures.
func counter(locked bool) *schedule.Program {
	return schedule.Define(func(m *schedule.Machine) {
		n := m.Int("n", 0)
		mu := m.Mutex("m")
		for range 2 {
			m.Go("", func(t *schedule.Thread) {
				if locked {
					mu.Lock(t)
				}
				v := n.Read(t)
				t.Step("add 1")
				v++
				n.Write(t, v)
				if locked {
					mu.Unlock(t)
				}
			})
		}
		m.Ensure("n == 2", func() bool { return n.Value() == 2 })
	})
}

func TestClosures(t *testing.T) {
	if r := counter(false).Enumerate(schedule.Limits{}); r.Schedules != 20 || r.Failing() != 18 {
		t.Errorf("race: %v", r)
	}
	if r := counter(true).Enumerate(schedule.Limits{}); r.Failing() != 0 || !r.Complete {
		t.Errorf("locked: %v", r)
	}
}

// TestClosuresOwnState runs closures that keep their state in variables of their own, and end badly.
func TestClosuresOwnState(t *testing.T) {
	p := schedule.Define(func(m *schedule.Machine) {
		var items []string
		m.Watch("items", func() string { return strings.Join(items, "") })
		m.Go("pop", func(t *schedule.Thread) {
			t.Step("look")
			some := len(items) > 0
			t.Step("take")
			if some {
				items = items[1:]
			}
		})
		m.Go("push", func(t *schedule.Thread) {
			t.Step("push")
			items = append(items, "x")
			t.Step("clear")
			items = nil
		})
	})
	r := p.Enumerate(schedule.Limits{})
	if r.Schedules != 6 || r.Shortest == nil || r.Shortest.End != schedule.Failed {
		t.Fatalf("got %v", r)
	}
	if !strings.Contains(r.Shortest.Reason, "pop: panic: runtime error: slice bounds") {
		t.Errorf("reason %q", r.Shortest.Reason)
	}
}

// TestNoGoroutineIsLeft: threads that are blocked at the end of a run are unwound, deferred calls included.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	unwound := 0
	p := schedule.Define(func(m *schedule.Machine) {
		mu := m.Mutex("m")
		m.Go("", func(t *schedule.Thread) {
			defer func() { unwound++ }()
			mu.Lock(t)
			mu.Lock(t)
		})
	})
	r := p.Enumerate(schedule.Limits{})
	if r.Outcomes[0].End != schedule.Deadlock || unwound != 2 { // the run and the replay of the shortest
		t.Errorf("unwound %d: %v", unwound, r)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

func TestPlay(t *testing.T) {
	g := schedule.MustParse("threads 2\n lock m; read n; add 1; write n; unlock m\nensure n == 2").Play()
	if err := g.Choose(1, 1); err != nil {
		t.Fatal(err)
	}
	err := g.Choose(2)
	if err == nil || !strings.Contains(err.Error(), "held by Thread 1") {
		t.Errorf("thread 2 could be chosen: %v", err)
	}
	want := []schedule.Choice{{Thread: 1, Name: "Thread 1", Step: "add 1"},
		{Thread: 2, Name: "Thread 2", Step: "lock acquired", Why: "Thread 2 waits: lock acquired, held by Thread 1"}}
	if got := g.Choices(); !slices.Equal(got, want) {
		t.Errorf("choices %+v", got)
	}
	if !g.Undo() || g.Run().Schedule.String() != "1" {
		t.Errorf("after undo: %v", g.Run().Schedule)
	}
	if g.Undo(); g.Undo() {
		t.Error("undid a step before the first")
	}
	if err := g.Choose(2, 2, 2, 2, 2, 1, 1, 1, 1, 1); err != nil || g.Run().End != schedule.Finished {
		t.Errorf("%v %v", err, g.Run())
	}
}

func TestPredict(t *testing.T) {
	q := schedule.RaceTable().Predict()
	if q.Next() != 1 || strings.Contains(q.String(), "← 0") || !strings.Contains(q.String(), "?") {
		t.Errorf("not hidden:\n%s", q)
	}
	for _, v := range []int{0, 0, 0, 0, 1} {
		if ok, msg := q.Answer(v); !ok {
			t.Error(msg)
		}
	}
	if ok, msg := q.Answer(2); ok || msg != "step 6: Integer value is 1, not 2" {
		t.Errorf("%v %q", ok, msg)
	}
	if right, asked := q.Score(); right != 5 || asked != 6 || q.Next() != 0 {
		t.Errorf("score %d of %d", right, asked)
	}
	if q.String() != schedule.RaceTable().Table().String() {
		t.Errorf("open quiz:\n%s", q)
	}
}

func TestRandom(t *testing.T) {
	p := schedule.Race()
	if a, b := p.Random(7), p.Random(7); !slices.Equal(a.Schedule, b.Schedule) {
		t.Errorf("one seed, two schedules: %v and %v", a.Schedule, b.Schedule)
	}
	r := p.Sample(2000, 1)
	if r.Schedules != 2000 || r.Complete || r.Count("n = 2") == 0 || r.Count("n = 1") < r.Count("n = 2") {
		t.Errorf("sample %v", r)
	}
}

func TestReplayShortest(t *testing.T) {
	r := schedule.Race().Enumerate(schedule.Limits{})
	again, err := schedule.Race().Replay(r.Shortest.Schedule.String())
	if err != nil || again.String() != r.Shortest.String() {
		t.Errorf("%v\n%v\n%v", err, again, r.Shortest)
	}
	if n := r.Shortest.Schedule.Switches(); n != 2 {
		t.Errorf("the shortest failing schedule switches %d times: %v", n, r.Shortest.Schedule)
	}
}

// TestBars holds the machine to its two promises: 20 schedules in 10 ms, a million in bounded memory.
func TestBars(t *testing.T) {
	quickest := time.Hour // of some: this process may lose its CPU in any of them
	for range 20 {
		start := time.Now()
		schedule.Race().Enumerate(schedule.Limits{})
		quickest = min(quickest, time.Since(start))
	}
	if quickest > 10*time.Millisecond {
		t.Errorf("20 schedules take %v", quickest)
	}
	t.Logf("20 schedules take %v", quickest)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := schedule.MustParse("threads 4; read n; add 1; write n; read n").Enumerate(schedule.Limits{Schedules: 1_000_000})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if r.Schedules != 1_000_000 || r.Complete {
		t.Fatalf("%d schedules", r.Schedules)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d bytes are kept after a million schedules", grown)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	runtime.KeepAlive(r)
}

func BenchmarkEnumerate(b *testing.B) {
	for name, p := range map[string]*schedule.Program{"script": schedule.Race(), "closures": counter(false)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Enumerate(schedule.Limits{})
			}
		})
	}
}
