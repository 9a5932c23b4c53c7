package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/process"
)

// TestMain makes the test binary a program that starts itself again.
func TestMain(m *testing.M) {
	process.Register("len", func(s string) (int, error) { return len(s), nil })
	process.Register("fail", func(s string) (int, error) { return 0, errors.New(s) })
	process.Register("panic", func(s string) (int, error) { panic(s) })
	process.Register("parent", parent)
	process.Main()
	os.Exit(m.Run())
}

// parent starts workers that compute, and says who they are.
func parent(n int) (pids []int, err error) {
	for range n {
		w, err := process.Start(context.Background())
		if err != nil {
			return nil, err
		}
		pids = append(pids, w.PID())
		go w.Call(process.Job{Func: "count", Arg: 3600.0})
	}
	return pids, nil
}

func pool(t *testing.T, n int) *process.Pool {
	t.Helper()
	p, err := process.NewPool(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestMap(t *testing.T) {
	p := pool(t, 2)
	got, err := process.Map[int](p, "square", []int{1, 2, 3, 4})
	if err != nil || !slices.Equal(got, []int{1, 4, 9, 16}) {
		t.Fatal(got, err)
	}
	if got, err := process.Map[int](p, "len", []string{"hello", "hey"}); err != nil || !slices.Equal(got, []int{5, 3}) {
		t.Error(got, err)
	}
	for want, call := range map[string]func() error{
		"argument 0: never":        func() error { _, err := process.Map[int](p, "fail", []string{"never", "again"}); return err },
		"panic: ouch":              func() error { return (<-p.ApplyAsync("panic", "ouch")).Err },
		`no function "unknown"`:    func() error { return (<-p.ApplyAsync("unknown", 1)).Err },
		"takes int, not string":    func() error { return (<-p.ApplyAsync("square", "1")).Err },
		"gives int, not string":    func() error { _, err := process.Map[string](p, "square", []int{1}); return err },
		"gob: type not registered": func() error { return (<-p.ApplyAsync("square", struct{ N int }{1})).Err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if got, err := process.Map[int](p, "square", []int{5}); err != nil || got[0] != 25 || p.Lost() != 0 {
		t.Error(got, err, p.Lost())
	}
}

// TestMapIsElsewhere: the functions run in other processes, as many as the pool has workers.
func TestMapIsElsewhere(t *testing.T) {
	p := pool(t, 3)
	seen := map[int]bool{}
	for range 100 {
		pids, err := process.Map[int](p, "pid", []string{"", "", "", "", "", ""})
		if err != nil {
			t.Fatal(err)
		}
		for _, pid := range pids {
			seen[pid] = true
		}
	}
	if seen[os.Getpid()] || len(seen) != 3 {
		t.Error(seen)
	}
}

// TestCrash: a worker ends by SIGKILL in the middle of its job, once; the job is done all the same.
func TestCrash(t *testing.T) {
	for range check.Times() {
		p := pool(t, 2)
		file := filepath.Join(t.TempDir(), "trap")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		future := p.ApplyAsync("trip", file)
		got, err := process.Map[int](p, "square", []int{1, 2, 3, 4})
		if err != nil || !slices.Equal(got, []int{1, 4, 9, 16}) {
			t.Error(got, err)
		}
		if a := <-future; a.Err != nil || a.Value != file || p.Lost() != 1 {
			t.Errorf("%+v, %d lost", a, p.Lost())
		}
		if a := <-p.ApplyAsync("crash", 0); !errors.Is(a.Err, process.ErrCrashed) || !strings.Contains(a.Err.Error(), "killed") || p.Lost() != 4 {
			t.Errorf("%+v, %d lost", a, p.Lost())
		}
		if a := <-p.ApplyAsync("square", 3); a.Value != 9 {
			t.Errorf("%+v", a)
		}
		p.Close()
		if a := <-p.ApplyAsync("square", 3); !errors.Is(a.Err, process.ErrClosed) {
			t.Errorf("after Close: %+v", a)
		}
	}
}

// gone waits until there is no such process. It is a child that has been waited for, or an orphan that ends by itself.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		err := syscall.Kill(pid, 0)
		if errors.Is(err, syscall.ESRCH) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there: %v", pid, err)
		}
	}
}

// TestNobodySurvives: workers that compute, at the end of the context, of the pool, and of the parent.
func TestNobodySurvives(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := process.NewPool(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := process.Map[int](p, "pid", []string{"", ""})
	if err != nil {
		t.Fatal(err)
	}
	busy := p.ApplyAsync("count", 3600.0)
	cancel()
	if a := <-busy; a.Err == nil {
		t.Errorf("%+v", a)
	}
	p.Close()
	for _, pid := range pids {
		gone(t, pid)
	}

	w, err := process.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan process.Answer, 1)
	go func() { answer <- w.Call(process.Job{Func: "count", Arg: 3600.0}) }()
	w.Kill()
	if a := <-answer; !errors.Is(a.Err, process.ErrCrashed) {
		t.Errorf("%+v", a)
	}
	w.Close()
	gone(t, w.PID())
}

// TestParentDies: a parent that ends by SIGKILL leaves nobody behind, busy or not. The parent is a worker, which starts
// workers of its own.
func TestParentDies(t *testing.T) {
	w, err := process.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a := w.Call(process.Job{Func: "parent", Arg: 2})
	pids, ok := a.Value.([]int)
	if !ok || len(pids) != 2 {
		t.Fatalf("%+v", a)
	}
	w.Kill()
	for _, pid := range pids {
		gone(t, pid)
	}
}

func TestQueue(t *testing.T) {
	for range check.Times() {
		got, err := process.Queue(t.Context())
		var squares []int64
		for _, g := range got {
			squares = append(squares, g.N)
		}
		slices.Sort(squares)
		if err != nil || !slices.Equal(squares, []int64{1, 4, 9, 16}) {
			t.Fatal(got, err)
		}
	}
}

func TestDialogue(t *testing.T) {
	lines, err := process.Dialogue(t.Context())
	want := []process.Line{{"parent", "child", "hello"}, {"child", "parent", "hey"}, {"parent", "child", "hru?"}, {"child", "parent", "END"}}
	if err != nil || !slices.Equal(lines, want) {
		t.Fatal(lines, err)
	}
}

func TestSquares(t *testing.T) {
	for range check.Times() {
		result, sum, err := process.Squares(t.Context())
		if err != nil || !slices.Equal(result, []int64{1, 4, 9, 16}) || sum != 30 {
			t.Fatal(result, sum, err)
		}
	}
}

func TestMarks(t *testing.T) {
	all, err := process.Marks(t.Context())
	slices.SortFunc(all, func(a, b process.Record) int { return strings.Compare(a.Name, b.Name) })
	if err != nil || !slices.Equal(all, []process.Record{{"Adam", 9}, {"Kevin", 9}, {"Sam", 10}}) {
		t.Fatal(all, err)
	}
}

// TestLinks: every means brings messages of every size, and ends its receiver.
func TestLinks(t *testing.T) {
	for _, m := range process.AllMeans() {
		link, err := process.Open(t.Context(), m, 1<<20)
		if err != nil {
			t.Fatal(m, err)
		}
		for _, size := range append(process.Sizes(), 0, 1) {
			for range 3 {
				if err := link.Send(make([]byte, size)); err != nil {
					t.Fatal(m, size, err)
				}
			}
		}
		link.Close()
	}
	if _, err := process.Open(t.Context(), "pigeon", 1); err == nil {
		t.Error("a pigeon")
	}
}

// TestFit: neither a receiver that is still starting nor a hiccup passes for a slow link.
func TestFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		link := &process.Link{Send: func([]byte) error {
			if sent++; sent == 1 || sent == 5 {
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(10 * time.Microsecond)
			return nil
		}}
		if n, err := process.Fit(link, nil, 2*time.Millisecond); n != 200 || err != nil {
			t.Error(n, err)
		}
	})
}

// TestCosts: what the chart says. A channel hands over a pointer, so a mebibyte costs it no more than eight bytes,
// within a factor of ten; everything that copies is slower with a mebibyte than with eight bytes. Where others use the CPUs,
// being waked costs more than copying, so one of five measurements has to say so.
func TestCosts(t *testing.T) {
	t.Setenv("FAST", "1")
	for attempt := 1; ; attempt++ {
		faults := costs(t)
		if len(faults) == 0 {
			return
		}
		if attempt == 5 {
			t.Fatal(strings.Join(faults, "\n"))
		}
		t.Logf("once more: %q", faults)
	}
}

// costs measures, and says what is not as it should be.
func costs(t *testing.T) (faults []string) {
	t.Helper()
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	costs, _, err := process.Costs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	median := map[process.Means]map[int]float64{}
	for _, c := range costs {
		if len(c.NS) < 6 {
			t.Fatalf("%+v", c)
		}
		slices.Sort(c.NS)
		if median[c.Means] == nil {
			median[c.Means] = map[int]float64{}
		}
		median[c.Means][c.Size] = c.NS[len(c.NS)/2]
	}
	t.Log(median)
	for m, at := range median {
		if grows := at[1<<20] / at[8]; m == process.Channel && grows > 10 || m != process.Channel && grows < 2 {
			fault("%s: a mebibyte costs %.1f x eight bytes", m, grows)
		}
	}
	for _, m := range process.AllMeans() {
		if growth, err := process.Growth(costs, m); err != nil || growth.N < 6 || m == process.Channel && growth.Median > 10 || m != process.Channel && growth.Median < 2 {
			fault("%s: %v %v", m, growth, err)
		}
	}
	for _, size := range process.Sizes() {
		cheapest := process.Cheapest(costs, size)
		for m, at := range median {
			if !cheapest.Means.Crosses() || m.Crosses() && at[size] < median[cheapest.Means][size]/2 {
				fault("%d bytes: %s, and not %s, is the cheapest?", size, cheapest.Means, m)
			}
		}
	}
	for _, m := range []process.Means{process.Pipe, process.Socket, process.Server} {
		if median[m][64] < median[process.Channel][64] {
			fault("%s, through the kernel, is quicker than a channel", m)
		}
	}
	return faults
}

func TestAccess(t *testing.T) {
	t.Setenv("FAST", "1")
	memory, server, _, err := process.Access(t.Context())
	if err != nil || len(memory.Values) < 6 {
		t.Fatal(memory, err)
	}
	if slices.Max(memory.Values)*10 > slices.Min(server.Values) {
		t.Errorf("shared memory %v, server %v", memory.Values, server.Values)
	}
}

func TestFetching(t *testing.T) {
	f := process.Fetching{Requests: 4, Latency: 5 * time.Millisecond, Body: 1 << 12, Workers: 2, Runs: 6}
	list, _, err := f.Compare(t.Context())
	if err != nil || len(list) != 5 {
		t.Fatal(list, err)
	}
	for i, b := range list {
		if len(b.Start) != 6 || len(b.Work) != 6 || len(b.Rest) != 6 {
			t.Errorf("%+v", b)
		}
		if starts := b.Name == process.NewProcesses; starts != (slices.Max(b.Start) > 0) {
			t.Errorf("%s: starts take %v", b.Name, b.Start)
		}
		if i == 0 && slices.Min(b.Totals()) < 20 || slices.Min(b.Totals()) < 5 {
			t.Errorf("%s: %v ms for requests that wait 5 ms", b.Name, b.Totals())
		}
	}
}

func TestCrunching(t *testing.T) {
	r, err := process.Crunching{Each: 5 * time.Millisecond, Workers: 2, Runs: 6}.Compare(t.Context())
	if err != nil || len(r.Samples) != 4 {
		t.Fatal(r, err)
	}
	for _, s := range r.Samples {
		if len(s.Values) != 6 || slices.Min(s.Values) <= 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestStarts(t *testing.T) {
	p, g, _, err := process.Starts(t.Context(), 6)
	if err != nil || len(p.Values) != 6 || slices.Min(p.Values) < slices.Min(g.Values) {
		t.Fatal(p, g, err)
	}
}

// BenchmarkCrunch is the claim that a pool, once started, computes as fast as goroutines: the median quotient with
// its interval, from one interleaved run.
func BenchmarkCrunch(b *testing.B) {
	for b.Loop() {
		r, err := process.Crunch().Compare(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		pool, err := r.Ratio(process.Goroutines, process.StartedPool)
		if err != nil {
			b.Fatal(err)
		}
		cores, err := r.Ratio(process.Sequential, process.Goroutines)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(pool.Median, "pool/goroutines")
		b.Logf("pool / goroutines %v; goroutines / sequential %v; %s", pool, cores, r.Card.Short())
	}
}
