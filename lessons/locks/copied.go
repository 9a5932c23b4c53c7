package locks

import (
	"context"
	_ "embed" // the program around the answer

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
)

//go:embed till/main.go
var tillSource string

// BrokenTill is the answer to [Copied] that learners begin with: its methods work on copies of the lock.
const BrokenTill = `import "sync"

// Till counts what is sold.
type Till struct {
	mu   sync.Mutex // guards sold
	sold int
}

func NewTill() Till { return Till{} }

func (t Till) Sell(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sold += n
}

func (t Till) Sold() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sold
}
`

// Copied is the exercise to repair a type whose lock is copied with it. The answer is Go source that declares a type
// Till with methods Sell(n int) and Sold() int, and a function NewTill() that returns one, or a pointer to one.
func Copied() check.Exercise[string] {
	program := func(answer string) check.Program {
		return check.Program{
			Command: child.Command{Name: "till", Source: tillSource, Files: map[string]string{"answer.go": check.Go(answer)}},
			Want:    "2000 of 2000",
		}
	}
	return check.Exercise[string]{
		Name: "a copied lock",
		Task: "Two cashiers sell at one till, it is locked, and yet nothing is sold. Ask go vet why, and repair it.",
		Checks: []check.Check[string]{
			{Name: "it compiles", Kind: check.Value, Try: func(ctx context.Context, a string) error { return program(a).Compiles(ctx) }},
			{Name: "go vet is silent", Kind: check.Value, Try: func(ctx context.Context, a string) error { return program(a).Vets(ctx) }},
			{Name: "the race detector is silent", Kind: check.RaceClean, Try: func(ctx context.Context, a string) error { return program(a).RaceFree(ctx) }},
			{Name: "every sale counts", Kind: check.Value, Try: func(ctx context.Context, a string) error { return program(a).Prints(ctx) }},
		},
	}
}
