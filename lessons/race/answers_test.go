package race_test

import (
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/race"
)

func TestOversell(t *testing.T) {
	const twice = "it sells the seat twice"
	err := race.Oversell().Prove(t.Context(), check.Times(), "1 1 1 2 2 2 1 2 1 1 1 1 1 2 2 2 2 2",
		check.Mutant[string]{Name: "strict turns, as in the table without a lock", Answer: "1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2", Fails: "the schedule can be run"},
		check.Mutant[string]{Name: "one after the other", Answer: "1 1 1 1 1 1 1 1 1 2 2 2 2", Fails: twice},
		check.Mutant[string]{Name: "stops before the second booking", Answer: "1 1 1 2 2 2 1 2 1 1 1 1 1", Fails: "it runs to the end"},
		check.Mutant[string]{Name: "no schedule", Answer: "", Fails: "it runs to the end"},
		check.Mutant[string]{Name: "a thread that is not there", Answer: "1 3", Fails: "the schedule can be run"},
	)
	if err != nil {
		t.Error(err)
	}
}

// shop is a Go answer with what Pay and Money do.
func shop(pay, money string) string {
	return `import "sync"
type Shop struct { mu sync.Mutex; money int }
func (s *Shop) Pay(amount int) { ` + pay + ` }
func (s *Shop) Money() int { ` + money + ` }
`
}

func TestRepair(t *testing.T) {
	const guarded, look = "s.mu.Lock(); s.money += amount; s.mu.Unlock()", "s.mu.Lock(); defer s.mu.Unlock(); return s.money"
	good := race.Payment{Steps: "lock m\nread shop\nadd 10\nwrite shop\nunlock m", Go: shop(guarded, look)}
	with := func(steps, source string) race.Payment {
		p := good
		if steps != "" {
			p.Steps = steps
		}
		if source != "" {
			p.Go = source
		}
		return p
	}
	const loses, detector = "no schedule loses money", "the race detector is silent"
	err := race.Repair().Prove(t.Context(), check.Times(), good,
		check.Mutant[race.Payment]{Name: "lock only the write", Answer: with("read shop; add 10; lock m; write shop; unlock m", ""), Fails: loses},
		check.Mutant[race.Payment]{Name: "lock read and write apart", Answer: with("lock m; read shop; unlock m; add 10; lock m; write shop; unlock m", ""), Fails: loses},
		check.Mutant[race.Payment]{Name: "no lock", Answer: with("read shop; add 10; write shop", ""), Fails: loses},
		check.Mutant[race.Payment]{Name: "forgets to unlock", Answer: with("lock m; read shop; add 10; write shop", ""), Fails: "every schedule ends"},
		check.Mutant[race.Payment]{Name: "pays nothing", Answer: with("lock m; unlock m", ""), Fails: "one customer alone pays 10"},
		check.Mutant[race.Payment]{Name: "Go: no lock", Answer: with("", shop("s.money += amount", "return s.money")), Fails: detector},
		check.Mutant[race.Payment]{Name: "Go: a lock of its own for each call", Answer: with("", shop("var mu sync.Mutex; mu.Lock(); s.money += amount; mu.Unlock()", look)), Fails: detector},
		check.Mutant[race.Payment]{Name: "Go: Money reads without the lock", Answer: with("", shop(guarded, "return s.money")), Fails: detector},
		check.Mutant[race.Payment]{Name: "Go: forgets to unlock", Answer: with("", shop("s.mu.Lock(); s.money += amount", look)), Fails: "the Go version keeps the money"},
		check.Mutant[race.Payment]{Name: "Go: a typing error", Answer: with("", shop("s.mony += amount", look)), Fails: "the Go version compiles"},
	)
	if err != nil {
		t.Error(err)
	}
}

func TestAccuse(t *testing.T) {
	const all, no = "finds every data race", "accuses no other"
	err := race.Accuse().Prove(t.Context(), check.Times(), []string{"A", "D", "F"},
		check.Mutant[[]string]{Name: "the counter only", Answer: []string{"A"}, Fails: all},
		check.Mutant[[]string]{Name: "every lost update", Answer: []string{"A", "B", "D", "F"}, Fails: no},
		check.Mutant[[]string]{Name: "every bug", Answer: []string{"A", "B", "C", "D", "F"}, Fails: no},
		check.Mutant[[]string]{Name: "every shared slice", Answer: []string{"A", "D", "E", "F"}, Fails: no},
		check.Mutant[[]string]{Name: "forgets the flag", Answer: []string{"A", "F"}, Fails: all},
		check.Mutant[[]string]{Name: "none", Answer: nil, Fails: all},
	)
	if err != nil {
		t.Error(err)
	}
}

func TestSnippets(t *testing.T) {
	for _, s := range race.Snippets() {
		if len(s.Source) < 50 || s.Source[3:4] != s.Letter {
			t.Errorf("snippet %s: %q", s.Letter, s.Source)
		}
	}
}
