package choose_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"interleave/lessons/choose"
	"interleave/lessons/process"
)

func gain(job, model string, v float64) choose.Gain {
	g := choose.Gain{Job: job, Model: model}
	for i := range 6 {
		g.Values = append(g.Values, v*(1+float64(i)/100))
	}
	return g
}

// TestVerdicts: the verdicts follow from what was measured, and the talk's own evidence from its runs.
func TestVerdicts(t *testing.T) {
	e := &choose.Evidence{Gains: []choose.Gain{
		gain(choose.Far, process.Goroutines, 8), gain(choose.Far, process.NewProcesses, 0.8), gain(choose.Far, process.StartedPool, 4),
		gain(choose.Near, process.Goroutines, 0.7), gain(choose.Near, process.NewProcesses, 0.4),
		gain(choose.CPU, choose.OneP, 0.97), gain(choose.CPU, process.Goroutines, 1.9), gain(choose.CPU, process.StartedPool, 1.9),
	}}
	read := func() []choose.Verdict {
		list, err := e.Verdicts()
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		return list
	}
	list := read()
	for i, want := range []struct{ then, is string }{
		{"io asyncio: x 1.018 in ms, p=0.30, n=9+9", "true with latency, false without"},
		{"cpu threading-class: x 0.6960 in k ops/s, p<0.0001", "for CPU: on one P ~, on all faster. For I/O: false with latency"},
		{"cpu multiprocessing-pool: x 3.730 in k ops/s", "for CPU: true. For I/O: true near by, false far away for a started pool"},
	} {
		if !strings.Contains(list[i].Then, want.then) || !strings.Contains(list[i].Is, want.is) {
			t.Errorf("then %q\nis %q", list[i].Then, list[i].Is)
		}
		if list[i].Claim == "" || list[i].Holds == "" || !strings.Contains(list[i].Now, "n=6") {
			t.Errorf("%+v", list[i])
		}
	}
	e.Gains[0], e.Gains[3] = gain(choose.Far, process.Goroutines, 0.5), gain(choose.Near, process.Goroutines, 0.98)
	if is := read()[0].Is; !strings.Contains(is, "false with latency, not shown here") {
		t.Errorf("with other values: %q", is)
	}
	e.Gains = nil
	if is := read()[2].Is; !strings.Contains(is, "not shown here") {
		t.Errorf("with none: %q", is)
	}
}

// TestMeasured: latency is what makes goroutines win, on any machine and under load: nine waits overlap.
func TestMeasured(t *testing.T) {
	t.Setenv("FAST", "1")
	e, err := choose.Measured(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Gain(choose.Far, process.Goroutines); !s.Claimed || s.Lo <= 1 {
		t.Errorf("goroutines are %v times as fast as sequential at %v", s, e.Latency)
	}
	for _, g := range e.Gains {
		t.Logf("%-32s %v", g.Name(), e.Gain(g.Job, g.Model))
	}
	if len(e.Gains) != 10 {
		t.Errorf("%d gains", len(e.Gains))
	}
	used := map[string]bool{}
	for _, u := range e.Card.Uses {
		used[u.Variant] = used[u.Variant] || u.Expected > 0
	}
	if !e.Card.Crowded || e.Card.Pauses.Wall <= 0 || !used[process.Goroutines] || len(e.Card.Uses) < 5 {
		t.Errorf("the card judges by %+v, pauses %+v", e.Card.Uses, e.Card.Pauses)
	}
}

var modulePath = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+(/[A-Za-z0-9._-]+)+ v\d+\.\d+\.\d+(-[0-9a-z.-]+)?$`)

// TestPackages: the ten packages of the talk are there, packages of the standard library exist in this toolchain, and
// modules are written as path and version: of those that this project uses, the version that it uses. (The proxy was
// asked for all on the day that choose.Checked names: go list -m -json PATH@VERSION.)
func TestPackages(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	std := strings.Fields(string(out))
	used, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	var names []string
	for _, p := range choose.Packages() {
		names = append(names, p.Python)
		if p.What == "" || p.Note == "" || len(p.Std) == 0 {
			t.Errorf("%s: %+v", p.Python, p)
		}
		for _, s := range p.Std {
			if !slices.Contains(std, s) {
				t.Errorf("%s: the standard library has no %s", p.Python, s)
			}
		}
		for _, m := range p.Module {
			if !modulePath.MatchString(m) {
				t.Errorf("%s: %q is not path and version", p.Python, m)
			}
			if path, _, _ := strings.Cut(m, " "); strings.Contains(string(used), "\t"+path+" ") {
				if ours++; !strings.Contains(string(used), "\t"+m+"\n") && !strings.Contains(string(used), "\t"+m+" //") {
					t.Errorf("%s: %s is in go.mod with another version", p.Python, m)
				}
			}
		}
	}
	if ours < 3 { // gonum, NATS, x/sync
		t.Errorf("%d of the modules are in go.mod", ours)
	}
	for _, want := range []string{"Dask", "Celery", "gevent", "Tornado (IOLoop)", "Ray", "Twisted", "Flask", "aiohttp", "requests", "numpy"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not there", want)
		}
	}
	if !modulePath.MatchString("golang.org/x/sync v0.24.0") || modulePath.MatchString("sync v0.24.0") || modulePath.MatchString("golang.org/x/sync") {
		t.Error("the pattern itself")
	}
}
