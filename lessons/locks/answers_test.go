package locks_test

import (
	"strings"
	"testing"

	"interleave/lessons/check"
	"interleave/lessons/locks"
	"interleave/lessons/schedule"
)

func TestTieLocks(t *testing.T) {
	right := map[string]string{"stock": "m", "log": "l"}
	guarded := func(before, after string) string {
		head, log, _ := strings.Cut(locks.Owner, "read log")
		return head + before + "\nread log" + log + "\n" + after
	}
	const lost, holds = "no schedule loses an update", "every access holds its guard"
	err := locks.TieLocks().Prove(t.Context(), check.Times(), locks.Guard{Of: right, Owner: guarded("lock l", "unlock l")},
		check.Mutant[locks.Guard]{Name: "as it is", Answer: locks.Guard{Of: right, Owner: locks.Owner}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "the other lock", Answer: locks.Guard{Of: right, Owner: guarded("lock m", "unlock m")}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "a new lock", Answer: locks.Guard{Of: right, Owner: guarded("lock k", "unlock k")}, Fails: holds},
		check.Mutant[locks.Guard]{Name: "lock only the write", Answer: locks.Guard{Of: right, Owner: strings.Replace(locks.Owner, "write log", "lock l\nwrite log\nunlock l", 1)}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "forgets to unlock", Answer: locks.Guard{Of: right, Owner: guarded("lock l", "")}, Fails: "every schedule ends"},
		check.Mutant[locks.Guard]{Name: "no log", Answer: locks.Guard{Of: right, Owner: locks.Owner[:strings.Index(locks.Owner, "read log")]}, Fails: "the owner does his work"},
		check.Mutant[locks.Guard]{Name: "locks the wrong way round", Answer: locks.Guard{Of: map[string]string{"stock": "l", "log": "m"}, Owner: guarded("lock l", "unlock l")}, Fails: "each datum has its lock"},
	)
	if err != nil {
		t.Error(err)
	}
}

// TestShop: the shop as it is loses log entries in some schedules, and no stock.
func TestShop(t *testing.T) {
	p, err := locks.Shop(locks.Owner)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Enumerate(schedule.Limits{})
	if !r.Complete || r.Count("stock = 8, log = 1") == 0 || r.Count("stock = 8, log = 2") == 0 || len(r.Outcomes) != 2 {
		t.Errorf("%v", r)
	}
	t.Logf("%d of %d schedules fail", r.Failing(), r.Schedules)
}
