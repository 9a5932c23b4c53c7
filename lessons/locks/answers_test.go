package locks_test

import (
	"strings"
	"testing"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/schedule"
	"interleave/lessons/locks"
)

func TestTieLocks(t *testing.T) {
	right := map[string]string{"stock": "m", "log": "l"}
	guarded := func(before, after string) string {
		head, log, _ := strings.Cut(locks.Owner, "read log")
		return head + before + "\nread log" + log + "\n" + after
	}
	const lost, holds, silent = "no schedule loses an update", "every access holds its guard", "the race detector is silent"
	proof := locks.TieLocks().Proof(t.Context(), check.Times(), locks.Guard{Of: right, Owner: guarded("lock l", "unlock l")},
		check.Mutant[locks.Guard]{Name: "as it is", Answer: locks.Guard{Of: right, Owner: locks.Owner}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "the other lock", Answer: locks.Guard{Of: right, Owner: guarded("lock m", "unlock m")}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "a new lock", Answer: locks.Guard{Of: right, Owner: guarded("lock k", "unlock k")}, Fails: holds},
		check.Mutant[locks.Guard]{Name: "lock only the write", Answer: locks.Guard{Of: right, Owner: strings.Replace(locks.Owner, "write log", "lock l\nwrite log\nunlock l", 1)}, Fails: lost},
		check.Mutant[locks.Guard]{Name: "forgets to unlock", Answer: locks.Guard{Of: right, Owner: guarded("lock l", "")}, Fails: "every schedule ends"},
		check.Mutant[locks.Guard]{Name: "no log", Answer: locks.Guard{Of: right, Owner: locks.Owner[:strings.Index(locks.Owner, "read log")]}, Fails: "the owner does his work"},
		check.Mutant[locks.Guard]{Name: "no guard, for the detector", Answer: locks.Guard{Of: right, Owner: locks.Owner}, Fails: silent},
		check.Mutant[locks.Guard]{Name: "the other lock, for the detector", Answer: locks.Guard{Of: right, Owner: guarded("lock m", "unlock m")}, Fails: silent},
		check.Mutant[locks.Guard]{Name: "a lock that the clerk does not know, for the detector", Answer: locks.Guard{Of: right, Owner: guarded("lock k", "unlock k")}, Fails: silent},
		check.Mutant[locks.Guard]{Name: "locks the wrong way round", Answer: locks.Guard{Of: map[string]string{"stock": "l", "log": "m"}, Owner: guarded("lock l", "unlock l")}, Fails: "each datum has its lock"},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

func TestCopied(t *testing.T) {
	change := func(oldNew ...string) string {
		changed := strings.NewReplacer(oldNew...).Replace(locks.BrokenTill)
		if changed == locks.BrokenTill {
			t.Fatalf("%q changes nothing", oldNew)
		}
		return changed
	}
	good := change("(t Till)", "(t *Till)", "NewTill() Till { return Till{} }", "NewTill() *Till { return &Till{} }")
	const vet, counts = "go vet is silent", "every sale counts"
	proof := locks.Copied().Proof(t.Context(), check.Times(), good,
		check.Mutant[string]{Name: "as it is", Answer: locks.BrokenTill, Fails: vet},
		check.Mutant[string]{Name: "only Sell has a pointer receiver", Answer: change("(t Till) Sell", "(t *Till) Sell"), Fails: vet},
		check.Mutant[string]{Name: "a pointer to the lock, and the count is still a copy", Fails: counts,
			Answer: change("mu   sync.Mutex", "mu   *sync.Mutex", "Till{}", "Till{mu: new(sync.Mutex)}")},
		check.Mutant[string]{Name: "no lock", Fails: "the race detector is silent",
			Answer: change("(t Till)", "(t *Till)", "\tt.mu.Lock()\n", "", "\tdefer t.mu.Unlock()\n", "")},
		check.Mutant[string]{Name: "returns with the lock", Fails: counts,
			Answer: change("(t Till)", "(t *Till)", "\tdefer t.mu.Unlock()\n\tt.sold += n", "\tt.sold += n")},
		check.Mutant[string]{Name: "a typing error", Answer: change("t.sold += n", "t.sold =+ m"), Fails: "it compiles"},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

// TestBrokenTill: a till with a copied lock sells nothing, each time, on one P and on two.
func TestBrokenTill(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		t.Setenv("GOMAXPROCS", procs)
		for range 100 {
			r := locks.Copied().Check(t.Context(), locks.BrokenTill)
			if f := r.Findings[len(r.Findings)-1]; f.Verdict != check.Failed || f.Evidence != "0 of 2000\n" {
				t.Fatalf("P = %s:\n%s", procs, r)
			}
		}
	}
}

func TestShards(t *testing.T) {
	// counter is an answer: its fields, what NewCounter makes, what Add does, and Value.
	counter := func(fields, make, add, value string) string {
		return "import (\"sync\"; \"sync/atomic\")\nvar _ sync.Mutex; var _ atomic.Int64\n" +
			"type shard struct { n int; mu sync.Mutex; a atomic.Int64; _ [104]byte }\n" +
			"type Counter struct { " + fields + " }\n" +
			"func NewCounter(goroutines int) *Counter { return &Counter{" + make + "} }\n" +
			"func (c *Counter) Add(g int) { " + add + " }\n" +
			"func (c *Counter) Value() (sum int) { " + value + "; return sum }\n"
	}
	sharded := func(add, value string) string {
		return counter("shards []shard", "shards: make([]shard, goroutines)", add, "for i := range c.shards { "+value+" }")
	}
	const fast, silent, counts = "at least twice as fast as the mutex", "the race detector is silent", "every addition counts"
	proof := locks.Shards().Proof(t.Context(), check.Times(), sharded("c.shards[g].n++", "sum += c.shards[i].n"),
		check.Mutant[string]{Name: "as it is", Answer: locks.OneMutex, Fails: fast},
		check.Mutant[string]{Name: "an RWMutex", Answer: strings.ReplaceAll(locks.OneMutex, "sync.Mutex", "sync.RWMutex"), Fails: fast},
		check.Mutant[string]{Name: "shards, and one lock for all of them", Fails: fast,
			Answer: counter("mu sync.Mutex; shards []shard", "shards: make([]shard, goroutines)", "c.mu.Lock(); c.shards[g].n++; c.mu.Unlock()", "for i := range c.shards { sum += c.shards[i].n }")},
		check.Mutant[string]{Name: "shards, and all use the first", Answer: sharded("c.shards[0].mu.Lock(); c.shards[0].n++; c.shards[0].mu.Unlock()", "sum += c.shards[i].n"), Fails: fast},
		check.Mutant[string]{Name: "no lock", Answer: counter("n int", "", "c.n++", "sum = c.n"), Fails: silent},
		check.Mutant[string]{Name: "shards that two goroutines share", Answer: sharded("c.shards[g/2].n++", "sum += c.shards[i].n"), Fails: silent},
		check.Mutant[string]{Name: "forgets the last shard", Answer: sharded("c.shards[g].n++", "if i+1 < len(c.shards) { sum += c.shards[i].n }"), Fails: counts},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
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
