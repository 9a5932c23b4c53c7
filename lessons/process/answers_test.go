package process_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/process"
)

// flaws are what can be wrong with a crew; none is the reference answer.
type flaws struct {
	completionOrder, noRetry, keepsDead, shrinks, waits, oneAtATime, forever, noRoom, shares bool
}

// crew is a pool with flaws.
type crew struct {
	flaws
	idle  chan process.Caller
	start func() process.Caller
}

func build(f flaws) process.Crew {
	return func(n int, start func() process.Caller) process.Executor {
		c := &crew{flaws: f, idle: make(chan process.Caller, 2*n), start: start}
		for range n {
			w := start()
			c.idle <- w
			if f.shares {
				c.idle <- w
			}
		}
		return c
	}
}

func (c *crew) do(j process.Job) (a process.Answer) {
	w := <-c.idle
	defer func() {
		if w != nil {
			c.idle <- w
		}
	}()
	for try := 0; try < 3 || c.forever; try++ {
		if w == nil {
			w = c.start()
		}
		if a = w.Call(j); !errors.Is(a.Err, process.ErrCrashed) {
			return a
		}
		switch {
		case c.keepsDead:
		case c.shrinks:
			w = <-c.idle // another one, and the dead one is not replaced
		default:
			w = c.start()
		}
		if c.noRetry {
			return a
		}
	}
	return a
}

func (c *crew) ApplyAsync(j process.Job) <-chan process.Answer {
	room := 1
	if c.noRoom {
		room = 0
	}
	future := make(chan process.Answer, room)
	if c.waits {
		future <- c.do(j)
		return future
	}
	go func() { future <- c.do(j) }()
	return future
}

func (c *crew) Map(jobs []process.Job) []process.Answer {
	if c.completionOrder {
		done := make(chan process.Answer)
		for _, j := range jobs {
			go func() { done <- c.do(j) }()
		}
		var answers []process.Answer
		for range jobs {
			answers = append(answers, <-done)
		}
		return answers
	}
	answers := make([]process.Answer, len(jobs))
	var futures []<-chan process.Answer
	for i, j := range jobs {
		if c.oneAtATime {
			answers[i] = c.do(j)
			continue
		}
		futures = append(futures, c.ApplyAsync(j))
	}
	for i, f := range futures {
		answers[i] = <-f
	}
	return answers
}

func TestSurviveCrashes(t *testing.T) {
	mutant := func(name string, f flaws, fails string) check.Mutant[process.Crew] {
		return check.Mutant[process.Crew]{Name: name, Answer: build(f), Fails: fails}
	}
	const survives = "a job survives its worker"
	proof := process.SurviveCrashes().Proof(t.Context(), check.Times(), build(flaws{}),
		mutant("a crash is the answer", flaws{noRetry: true}, survives),
		mutant("the same, in processes", flaws{noRetry: true}, "real processes, one ended by SIGKILL"),
		mutant("answers as they come", flaws{completionOrder: true}, "Map keeps the order"),
		mutant("tries the dead worker again", flaws{keepsDead: true}, survives),
		mutant("does not replace it", flaws{shrinks: true}, "the pool keeps its size"),
		mutant("one job at a time", flaws{oneAtATime: true}, "as many jobs at once as workers"),
		mutant("two jobs to a worker", flaws{shares: true}, "as many jobs at once as workers"),
		mutant("ApplyAsync waits", flaws{waits: true}, "ApplyAsync returns a future"),
		mutant("a future without room", flaws{noRoom: true}, "ApplyAsync returns a future"),
		mutant("tries for ever", flaws{forever: true}, "a job that ends every worker is given up"),
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

func TestShareSquares(t *testing.T) {
	const head = "import (\"os\"; \"syscall\")\nfunc worker(queue *Queue, file *os.File) {\n\tm := Map(file, syscall.MAP_SHARED)\n"
	loop := func(body string) string {
		return head + "for n, ok := queue.Get(); ok; n, ok = queue.Get() {\n" + body + "\n}\n}"
	}
	good := loop("m.Store(n-1, n*n); m.Add(Sum, n*n)")
	const step, all = "each gets two, in step", "one worker gets all"
	proof := process.ShareSquares().Proof(t.Context(), check.Times(), good,
		check.Mutant[string]{Name: "as given", Answer: process.Given, Fails: all},
		check.Mutant[string]{Name: "MAP_PRIVATE", Answer: strings.Replace(good, "SHARED", "PRIVATE", 1), Fails: all},
		check.Mutant[string]{Name: "load, add, store", Answer: loop("m.Store(n-1, n*n); m.Store(Sum, m.Load(Sum)+n*n)"), Fails: step},
		check.Mutant[string]{Name: "a mutex of the process", Answer: `import "sync"; var mu sync.Mutex; ` +
			loop("m.Store(n-1, n*n); mu.Lock(); m.Store(Sum, m.Load(Sum)+n*n); mu.Unlock()"), Fails: step},
		check.Mutant[string]{Name: "compare and swap without a second try", Answer: loop("m.Store(n-1, n*n); old := m.Load(Sum); m.CompareAndSwap(Sum, old, old+n*n)"), Fails: step},
		check.Mutant[string]{Name: "the sum of its own", Answer: loop("m.Store(n-1, n*n); own += n*n; m.Store(Sum, own)") + "\nvar own int", Fails: step},
		check.Mutant[string]{Name: "two numbers each", Answer: head + "for range 2 { n, _ := queue.Get(); m.Store(n-1, n*n); m.Add(Sum, n*n) }\n}", Fails: "one and three, in step"},
		check.Mutant[string]{Name: "off by one", Answer: loop("m.Store(n, n*n); m.Add(Sum, n*n)"), Fails: all},
		check.Mutant[string]{Name: "a typing error", Answer: loop("m.Sore(n-1, n*n)"), Fails: "it compiles"},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
	for name, answer := range map[string]string{
		"compare and swap": loop("m.Store(n-1, n*n)\nfor { old := m.Load(Sum); if m.CompareAndSwap(Sum, old, old+n*n) { break } }"),
		"a lock of the system": strings.Replace(loop("m.Store(n-1, n*n); syscall.Flock(lock(), syscall.LOCK_EX); m.Store(Sum, m.Load(Sum)+n*n); syscall.Flock(lock(), syscall.LOCK_UN)"), "func worker", `
var fd = -1
func lock() int {
	if fd < 0 { fd, _ = syscall.Open(os.Args[0], syscall.O_RDONLY, 0) }
	return fd
}
func worker`, 1),
	} {
		if r := process.ShareSquares().Check(t.Context(), answer); !r.OK() {
			t.Errorf("%s: %s", name, r)
		}
	}
}

func TestBreakEven(t *testing.T) {
	const worth, not = "jobs of this length are worth a pool", "jobs of a tenth of it are not"
	proof := process.BreakEven().Proof(t.Context(), check.Times(), 800*time.Microsecond,
		check.Mutant[time.Duration]{Name: "none", Answer: 0, Fails: worth},
		check.Mutant[time.Duration]{Name: "a hand-over between goroutines", Answer: time.Microsecond, Fails: worth},
		check.Mutant[time.Duration]{Name: "work as long as the message", Answer: 15 * time.Microsecond, Fails: worth},
		check.Mutant[time.Duration]{Name: "far above the start of a process", Answer: 10 * time.Millisecond, Fails: not},
		check.Mutant[time.Duration]{Name: "a second", Answer: time.Second, Fails: not},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
