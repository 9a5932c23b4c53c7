package camera_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"interleave/lessons/camera"
	"interleave/lessons/kit/check"
	"interleave/lessons/kit/timeline"
)

// small is a size with more frames than can be analysed, on every machine.
func small() camera.Size {
	return camera.Size{Cameras: 5, FPS: max(20, 3*runtime.NumCPU()), Load: 3, Rate: 100, Requests: 40, Rounds: 2}
}

// TestAnalyse: the square is found in every frame, and a frame of another camera is not right.
func TestAnalyse(t *testing.T) {
	a := camera.NewAnalyst()
	for cam := range 5 {
		for number := range 40 {
			f := camera.NewFrame(cam, number)
			d, done := a.Analyse(f, 5, func() bool { return true })
			if !done || !d.Right(f) {
				t.Fatalf("frame %d of camera %d: %+v, the square is at %d, %d", number, cam, d, f.X, f.Y)
			}
			if other := camera.NewFrame(cam, number+1); d.Right(other) {
				t.Fatalf("%+v is right of frame %d too", d, number+1)
			}
		}
	}
	scans := 0
	if _, done := a.Analyse(camera.NewFrame(0, 0), 5, func() bool { scans++; return scans < 3 }); done || scans != 3 {
		t.Errorf("stopped after %d scans: %v", scans, !done)
	}
}

// TestCompare: what each set-up does with its frames follows from its structure.
func TestCompare(t *testing.T) {
	size, procs, before := small(), runtime.GOMAXPROCS(0), runtime.NumGoroutine()
	runs, err := camera.Compare(t.Context(), size, camera.Idle(), camera.PerFrame(), camera.Bounded(), camera.Polite())
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOMAXPROCS(0) != procs {
		t.Errorf("GOMAXPROCS is %d, and was %d", runtime.GOMAXPROCS(0), procs)
	}
	for _, r := range runs {
		total := r.Total()
		if n := len(r.Latencies()); n != size.Rounds*size.Requests || len(r.Rounds) != size.Rounds {
			t.Errorf("%s: %d requests in %d rounds", r.Setup.Name, n, len(r.Rounds))
		}
		if total.Wrong != 0 {
			t.Errorf("%s: %d of %d results are wrong", r.Setup.Name, total.Wrong, total.Frames)
		}
		switch cpus := runtime.NumCPU(); {
		case r.Setup.PerFrame:
			if total.AtOnce <= 2*cpus || total.Dropped != 0 {
				t.Errorf("%s: %d at once, %d dropped", r.Setup.Name, total.AtOnce, total.Dropped)
			}
		case r.Setup.Workers > 0:
			if total.AtOnce != cpus || total.Dropped == 0 {
				t.Errorf("%s: %d at once, %d dropped", r.Setup.Name, total.AtOnce, total.Dropped)
			}
		default:
			if total.AtOnce != 0 || total.Frames != 0 {
				t.Errorf("%s: %d frames", r.Setup.Name, total.Frames)
			}
		}
		t.Logf("%-40s %v, %d frames, %d dropped", r.Setup.Name, r.P99(), total.Frames, total.Dropped)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, and there were %d", runtime.NumGoroutine(), before)
		}
	}
}

// TestRecord: workers and handlers have lanes in the timeline, and ran.
func TestRecord(t *testing.T) {
	tl, err := camera.Record(t.Context(), small(), camera.Bounded(), 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	if first := tl.Lanes[0].Name; first != "CPU worker 1" {
		t.Errorf("the first lane is %s", first)
	}
	handlers := 0
	for _, l := range tl.Lanes {
		if strings.HasPrefix(l.Name, "handler ") {
			if handlers++; l.Name != fmt.Sprint("handler ", handlers) {
				t.Errorf("handler %d is called %s", handlers, l.Name)
			}
		}
		if l.Total(timeline.Running) > 0 {
			found[strings.TrimRight(l.Name, " 0123456789")] = true
		}
	}
	if !found["CPU worker"] || !found["handler"] {
		t.Errorf("lanes that ran: %v", found)
	}
}

func TestCompareStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := camera.Compare(ctx, small(), camera.Bounded()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := camera.Compare(t.Context(), camera.Size{Cameras: -1}, camera.Idle()); err == nil {
		t.Error("a size of nothing has run")
	}
}

func TestQuantile(t *testing.T) {
	var values []float64
	for i := range 400 {
		values = append(values, float64(400-i))
	}
	for q, want := range map[float64]string{
		0.5:  "p50 200.0 [180.0, 221.0] n=400",
		0.99: "p99 396.0 [392.0, 400.0] n=400",
	} {
		if got := camera.QuantileOf(values, q).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := camera.QuantileOf(values[:367], 0.99); got.Claimed { // 0.99 to the 367th is over 2.5 %
		t.Error(got)
	}
	if got := camera.QuantileOf(values[:368], 0.99); !got.Claimed || got.Hi != 400 {
		t.Error(got)
	}
	values = nil
	for i := range 10 {
		values = append(values, float64(i+1))
	}
	if got, want := camera.QuantileOf(values, 0.5), "p50 5.000 [2.000, 9.000] n=10"; got.String() != want { // as benchmath has it
		t.Errorf("%s, want %s", got, want)
	}
	if q := camera.QuantileOf(nil, 0.5); q.Value == q.Value {
		t.Errorf("%v of nothing", q)
	}
}

// TestKeepLatency proves the exercise by the median, which tells the set-ups apart on a busy machine, too, and then holds
// that by p99 it is never wrong: on a busy machine it may say that it cannot tell.
func TestKeepLatency(t *testing.T) {
	t.Setenv("FAST", "1")
	few, one := camera.Bounded(), camera.Polite()
	few.Workers = max(1, few.Workers-1)
	one.Procs = 1
	mutants := []check.Mutant[camera.Setup]{
		{Name: "as many workers as CPUs, and nothing else", Answer: camera.Bounded(), Fails: "p50 at most doubles"},
		{Name: "a goroutine for each frame", Answer: camera.PerFrame(), Fails: "frames do not pile up"},
		{Name: "nobody works", Answer: camera.Idle(), Fails: "every core has a frame"},
	}
	if runtime.NumCPU() > 1 { // with one there is none to leave free
		mutants = append(mutants,
			check.Mutant[camera.Setup]{Name: "a core is left free", Answer: few, Fails: "every core has a frame"},
			check.Mutant[camera.Setup]{Name: "one P", Answer: one, Fails: "every core has a frame"})
	}
	proof := camera.KeepQuantile(0.5).Proof(t.Context(), check.Times(), camera.Polite(), mutants...)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
	if r := camera.KeepLatency().Check(t.Context(), camera.Polite()); !r.OK() {
		t.Errorf("the reference answer fails:\n%s", r)
	}
	if r := camera.KeepLatency().Check(t.Context(), camera.Bounded()); r.Count(check.Passed) == len(r.Findings) {
		t.Errorf("as many workers as CPUs passes:\n%s", r)
	}
}
