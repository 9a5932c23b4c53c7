package choose_test

import (
	"maps"
	"testing"

	"interleave/lessons/choose"
	"interleave/lessons/kit/check"
)

var right = map[string]string{
	"pages": choose.Bounded, "thumbnails": choose.Workers, "config": choose.Sequential, "log": choose.Pipeline,
	"prices": choose.Batch, "decoder": choose.Processes, "night": choose.Queue, "cameras": choose.Pools,
}

// with is the right answer but for some.
func with(changes map[string]string) map[string]string {
	a := maps.Clone(right)
	maps.Copy(a, changes)
	return a
}

func TestChoose(t *testing.T) {
	t.Setenv("FAST", "1")
	everything := map[string]string{}
	for id := range right {
		everything[id] = choose.PerTask
	}
	proof := choose.Choose().Proof(t.Context(), check.Times(), right,
		check.Mutant[map[string]string]{Name: "go for everything", Answer: everything, Fails: "pages, measured"},
		check.Mutant[map[string]string]{Name: "stay sequential", Answer: with(map[string]string{"pages": choose.Sequential}), Fails: "pages, measured"},
		check.Mutant[map[string]string]{Name: "a goroutine for each price", Answer: with(map[string]string{"prices": choose.PerTask}), Fails: "prices, measured"},
		check.Mutant[map[string]string]{Name: "one core for all photographs", Answer: with(map[string]string{"thumbnails": choose.Sequential}), Fails: "thumbnails"},
		check.Mutant[map[string]string]{Name: "parallel is faster", Answer: with(map[string]string{"config": choose.Workers}), Fails: "config"},
		check.Mutant[map[string]string]{Name: "a bigger pool", Answer: with(map[string]string{"night": choose.Processes}), Fails: "night"},
		check.Mutant[map[string]string]{Name: "recover from a crash in C", Answer: with(map[string]string{"decoder": choose.Workers}), Fails: "decoder"},
		check.Mutant[map[string]string]{Name: "a question for an answer", Answer: with(map[string]string{"cameras": "both"}), Fails: "cameras"},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

// TestScenarios: each has a leaf of its own that the chart has, and the table above answers all of them.
func TestScenarios(t *testing.T) {
	if n := len(choose.Scenarios()); n != 8 || len(right) != n {
		t.Fatalf("%d scenarios, %d answers", n, len(right))
	}
	seen := map[string]bool{}
	for _, s := range choose.Scenarios() {
		leaf := right[s.ID]
		if n, ok := choose.Go2026().Node(leaf); !ok || !n.Leaf() || seen[leaf] || s.Text == "" {
			t.Errorf("%s: %q", s.ID, leaf)
		}
		seen[leaf] = true
	}
}

func TestRewrite(t *testing.T) {
	reference := "Nine requests that wait 50 ms each take 8.9 [8.8, 9.0] n=10 times as long one after another as with a goroutine each; " +
		"with no latency and bodies of 8 MB the goroutines were slower, 0.7 [0.7, 0.8] n=10. Measured on two cores; the event loop of Python was not measured here."
	mutants := []check.Mutant[string]{
		{Name: "a number, and no interval", Answer: "With 50 ms of latency nine requests are 8.9 times as fast in goroutines.", Fails: "n and an interval"},
		{Name: "evidence for everything", Answer: "Goroutines are always better for I/O when there is latency: 8.9 [8.8, 9.0] n=10.", Fails: "no more than was measured"},
		{Name: "nothing", Answer: "", Fails: "a job"},
	}
	for _, c := range choose.Conclusions() {
		mutants = append(mutants, check.Mutant[string]{Name: c, Answer: c, Fails: "n and an interval"})
	}
	proof := choose.Rewrite().Proof(t.Context(), check.Times(), reference, mutants...)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
	if r := choose.Rewrite().Check(t.Context(), choose.Conclusions()[0]); r.Count(check.Failed) < 3 {
		t.Errorf("the talk's own words:\n%s", r)
	}
}
