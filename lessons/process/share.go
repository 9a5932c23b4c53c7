package process

import (
	"context"
	_ "embed" // the source of the pair command
	"fmt"
	"strings"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
)

//go:embed pair/main.go
var pairSource string

// Given is the answer that the second exercise begins with. It is wrong in two ways.
const Given = `import ("os"; "syscall")

func worker(queue *Queue, file *os.File) {
	m := Map(file, syscall.MAP_PRIVATE)
	for n, ok := queue.Get(); ok; n, ok = queue.Get() {
		m.Store(n-1, n*n)
		m.Store(Sum, m.Load(Sum)+n*n)
	}
}`

// ShareSquares is the exercise to square the numbers of a queue, and add them up, in memory that two processes share.
// The answer is the source of function worker, which runs in each of the two.
func ShareSquares() check.Exercise[string] {
	compiles := func(ctx context.Context, answer string) error { return pair(answer).Compiles(ctx) }
	leaves := func(shares ...string) func(context.Context, string) error {
		return func(ctx context.Context, answer string) error {
			p := pair(answer)
			p.Command.Args = shares
			if err := p.Prints(ctx); err != nil {
				return fmt.Errorf("one worker gets %s, the other %s: %w", orNothing(shares[0]), orNothing(shares[1]), err)
			}
			return nil
		}
	}
	return check.Exercise[string]{
		Name: "squares in shared memory",
		Task: "Make the two processes leave [1 4 9 16] and 30, whoever gets which number and however they interleave.",
		Checks: []check.Check[string]{
			{Name: "it compiles", Kind: check.Value, Try: compiles},
			{Name: "one worker gets all", Kind: check.Value, Try: leaves("1,2,3,4", "")},
			{Name: "each gets two, in step", Kind: check.Value, Try: leaves("1,2", "3,4")},
			{Name: "one and three, in step", Kind: check.Value, Try: leaves("4", "1,2,3")},
		},
	}
}

func orNothing(list string) string {
	if list == "" {
		return "nothing"
	}
	return strings.ReplaceAll(list, ",", " ")
}

func pair(answer string) check.Program {
	return check.Program{
		Command: child.Command{Name: "pair", Source: pairSource, Files: map[string]string{"answer.go": check.Go(answer)}},
		Want:    "[1 4 9 16] 30",
	}
}
