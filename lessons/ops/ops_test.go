package ops

import (
	"context"
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/python"
	"interleave/lessons/talk"
)

// small is a size that a loaded machine gets through.
var small = Size{Rounds: 6, Job: 20 * time.Millisecond, Workers: 3}

func TestVerify(t *testing.T) {
	w := NewWorker(Own(7))
	if err := w.Verify(Own(7)); err != nil {
		t.Errorf("nothing done: %v", err)
	}
	for range 2 * verified {
		w.Do()
	}
	if err := w.Verify(Own(7)); err != nil {
		t.Error(err)
	}
	if err := w.Verify(nil); err != nil {
		t.Error(err)
	}
	if err := w.Verify(Own(8)); err == nil || !strings.Contains(err.Error(), "plain loops") {
		t.Errorf("numbers of another generator: %v", err)
	}
	w.Ops++ // counted, not done
	if err := w.Verify(Own(7)); err == nil || !strings.Contains(err.Error(), "mean") {
		t.Errorf("an operation too many: %v", err)
	}
	forgets := NewWorker(Own(7))
	forgets.fill = func(numbers []float64) { Own(7)(numbers) } // the same numbers three times: a·a + a
	forgets.Do()
	if err := forgets.Verify(Own(7)); err == nil {
		t.Error("a product of the wrong matrices passes")
	}
}

// TestRunLate: a worker that starts after its deadline does one operation, and none when nobody waits for it any more.
func TestRunLate(t *testing.T) {
	w := NewWorker(Own(7))
	w.Run(t.Context(), time.Now().Add(-time.Hour))
	if err := w.Verify(Own(7)); w.Ops != 1 || err != nil {
		t.Errorf("%d operations, %v", w.Ops, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w = NewWorker(Own(7))
	if w.Run(ended, time.Now().Add(time.Hour)); w.Ops != 0 {
		t.Errorf("%d operations for nobody", w.Ops)
	}
	if _, err := (team{}).run(t.Context(), 3, -time.Hour); err != nil {
		t.Errorf("a team that is late: %v", err)
	}
	if _, err := allocate(t.Context(), 3, -time.Hour); err != nil {
		t.Errorf("with new arrays: %v", err)
	}
}

func TestWays(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	r, err := Ways(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range r.Samples {
		names = append(names, s.Name)
		if len(s.Values) != small.Rounds {
			t.Errorf("%s has %d values", s.Name, len(s.Values))
		}
	}
	if want := []string{Sequential, OneP, OneLock, AllPs, SharedRNG}; !slices.Equal(names, want) {
		t.Errorf("measured %q", names)
	}
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("GOMAXPROCS was %d and is %d", before, now)
	}
	// One lock for each number is dear on every machine, one core or many.
	ratio, err := r.Ratio(AllPs, SharedRNG)
	if err != nil || ratio.Median > 0.9 {
		t.Errorf("shared generator / own ones = %v, %v", ratio, err)
	}
}

func TestGIL(t *testing.T) {
	const threads, steps = 4, 200
	g := NewGIL(50 * time.Microsecond)
	inside, most, total := 0, 0, 0 // guarded by g
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			g.Lock()
			for range steps {
				inside++
				most = max(most, inside)
				total++
				for start := time.Now(); time.Since(start) < 2*time.Microsecond; {
				}
				inside--
				g.Step()
			}
			g.Unlock()
		})
	}
	wg.Wait()
	if most != 1 || total != threads*steps {
		t.Errorf("%d at once, %d steps of %d", most, total, threads*steps)
	}
}

// TestGILIsHandedOver: a holder that never lets go by itself is asked to, and the other gets its turn.
func TestGILIsHandedOver(t *testing.T) {
	g := NewGIL(time.Microsecond)
	g.Lock()
	got := make(chan bool)
	go func() {
		g.Lock()
		close(got)
		g.Unlock()
	}()
	for taken := false; !taken; {
		g.Step()
		runtime.Gosched()
		select {
		case <-got:
			taken = true
		default:
		}
	}
	if g.Switches.Load() == 0 {
		t.Error("no switch was forced")
	}
	g.Unlock()
}

func TestStarts(t *testing.T) {
	models := talk.ByWorkload(talk.CPU)
	for i, s := range Starts() {
		if s.Model != models[i].Model {
			t.Errorf("%s answers %s, the talk has %s there", s.Name, s.Model, models[i].Model)
		}
		n, err := s.Count(t.Context(), 3, 30*time.Millisecond)
		if err != nil || n == 0 {
			t.Errorf("%s: %d operations, %v", s.Name, n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Ways(ctx, small); err == nil {
		t.Error("a cancelled measurement has a result")
	}
}

func TestScalingHasItsLevels(t *testing.T) {
	r, err := Scaling(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.Samples[:small.Workers] {
		if s.Name != []string{"1", "2", "3"}[i] {
			t.Errorf("level %d is %s", i, s.Name)
		}
	}
}

func TestPoints(t *testing.T) {
	r := &measure.Result{Samples: []measure.Sample{{Name: "1", Values: []float64{2, 4, 3}}, {Name: "2", Values: []float64{6, 5, 7}}}}
	if p, err := Points(r); err != nil || len(p) != 2 || p[1].N != 2 || p[1].Speedup != 2 {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := Points(&measure.Result{Samples: r.Samples[1:]}); err == nil {
		t.Error("speed-ups over nothing")
	}
	if _, err := Points(&measure.Result{Samples: []measure.Sample{{Name: "all Ps", Values: []float64{1}}}}); err == nil {
		t.Error("a way is no number of workers")
	}
}

func TestTalkMedians(t *testing.T) {
	if m, err := TalkMedians(OneLock); err != nil || !slices.Equal(m, []float64{6.789, 8.222}) {
		t.Errorf("%v, %v", m, err)
	}
	if m, err := TalkMedians(OneP); err != nil || m != nil {
		t.Errorf("%v, %v", m, err)
	}
}

func TestCompare(t *testing.T) {
	i, err := python.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := Compare(t.Context(), Size{Rounds: 2, Job: 20 * time.Millisecond, Workers: 2}, i)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range talk.ByWorkload(talk.CPU) {
		d, err := v.Duel(p.Model)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(d.Sides) != 2 || d.Names[1] != "Go" || len(d.Talk.Values) != 9 || !strings.Contains(d.String(), "Go / Python "+i.Version) {
			t.Errorf("%+v\n%s", d, d)
		}
	}
	if _, err := v.Duel("nothing"); err == nil {
		t.Error("a duel of nothing")
	}

	// A stand-in for a second, free-threaded Python: each is a side of its own, also when its lock came back.
	free := *i
	free.FreeThreaded, free.GIL = true, false
	three, err := Compare(t.Context(), Size{Rounds: 1, Job: 10 * time.Millisecond, Workers: 2}, i, &free)
	if err != nil {
		t.Fatal(err)
	}
	d, err := three.Duel(talk.ThreadingClass)
	if want := []string{"Python " + i.Version, "Python " + i.Version + " without GIL", "Go"}; err != nil || !slices.Equal(d.Names, want) {
		t.Errorf("sides %q, %v", d.Names, err)
	}
	if free.GIL = true; three.Side(&free) == three.Side(i) {
		t.Errorf("two sides are called %s", three.Side(i))
	}

	alone, err := Compare(t.Context(), Size{Rounds: 1, Job: 10 * time.Millisecond, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := alone.Duel(talk.Sequential); err != nil || len(d.Sides) != 1 || d.Sides[0].Name != "Go sequential" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestParts(t *testing.T) {
	t.Setenv("FAST", "1")
	i, err := python.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() (*measure.Result, error){
		"products": func() (*measure.Result, error) { r, _, err := Products(t.Context(), i); return r, err },
		"fills":    func() (*measure.Result, error) { return Fills(t.Context(), i) },
		"garbage":  func() (*measure.Result, error) { return Garbage(t.Context(), small) },
	} {
		r, err := f()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, s := range r.Samples {
			if sum, err := s.Summary(); err != nil || !sum.Claimed || sum.Median <= 0 || math.IsNaN(sum.Lo) {
				t.Errorf("%s: %s is %v, %v", name, s.Name, sum, err)
			}
			if each, err := measure.Summarize(PerCPU(s)); name == "garbage" && (err != nil || !(each.Median > 0)) {
				t.Errorf("%s: %s for each CPU is %v, %v", name, s.Name, each, err)
			}
			t.Log(name, s.Name, s.Values)
		}
		t.Log(r.Card.Uses)
	}
}

// TestPrograms: a program that cannot run says why, and is left out of what is measured.
func TestPrograms(t *testing.T) {
	t.Setenv("FAST", "1")
	none := Programs()[0]
	none.command.Build = []string{"GOEXPERIMENT=nosimd"}
	broken := none
	broken.command.Source = "package main\n\nfunc main() { missing() }\n"
	broken.command.Files = nil
	lost := Programs()[1]
	lost.library = "libnobody.so"
	r, notes, err := Products(t.Context(), nil, none, broken, lost)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Samples) != 1 || len(notes) != 3 || !strings.Contains(notes[2], "apt-get install") || !strings.Contains(notes[0], "GOEXPERIMENT=simd") || !strings.Contains(notes[1], "undefined: missing") {
		t.Errorf("%d samples, notes %q", len(r.Samples), notes)
	}
	r, notes, err = Products(t.Context(), nil, Programs()...)
	if err != nil || len(r.Samples)+len(notes) != 1+len(Programs()) {
		t.Errorf("%v, %q, %v", r, notes, err)
	}
	t.Log(r.Samples, notes)
}

// TestOnOpenBLAS: a program that multiplies with OpenBLAS does so where it is, and says what it needs where it is not.
func TestOnOpenBLAS(t *testing.T) {
	const source = `package main

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/netlib/blas/netlib"
)

func main() {
	blas64.Use(netlib.Implementation{})
	a := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	a.Mul(a, a)
	fmt.Println(a.RawMatrix().Data)
}
`
	said, err := OnOpenBLAS(t.Context(), source)
	var absent *AbsentError
	switch {
	case errors.As(err, &absent):
		if !strings.Contains(absent.Why, "apt-get install gcc libopenblas-dev") {
			t.Error(err)
		}
	case err != nil || said != "[7 10 15 22]":
		t.Errorf("%q, %v", said, err)
	}
	t.Log(said, err)
}

// TestCollectOften: with much alive, the collector runs about as often as with little.
func TestCollectOften(t *testing.T) {
	cycles := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	alive := make([]byte, 32<<20)
	undo := collectOften()
	before := cycles()
	const mebibytes = 128
	for range mebibytes {
		sink = make([]byte, 1<<20)
	}
	got := cycles() - before
	undo()
	runtime.KeepAlive(alive)
	if got < mebibytes/16 {
		t.Errorf("%d collections for %d MiB", got, mebibytes)
	}
	if old := debug.SetGCPercent(100); old != 100 {
		t.Errorf("GOGC is left at %d", old)
	}
}

var sink []byte
