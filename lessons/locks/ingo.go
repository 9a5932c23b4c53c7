package locks

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
)

// raceFree runs the clerk and the owner as Go under the race detector. The machine of the other checks knows only
// schedules of whole steps; the detector knows Go's memory model, and finds the same access.
func raceFree(ctx context.Context, g Guard) error {
	source, err := shopInGo(g.Owner)
	if err != nil {
		return check.Inconclusive("the steps cannot be written in Go: %v", err)
	}
	err = check.Program{Command: child.Command{Name: "shop", Source: source, Env: []string{"GOMAXPROCS=1"}}}.RaceFree(ctx)
	if report := check.Evidence(err); report != nil {
		return check.Show(fmt.Sprintf("%v\nThe steps in Go, main.go:\n%s", report, numbered(source)), "%v", err)
	}
	return err
}

// shopInGo is a program in which the clerk and the owner work in turn, a hundred days, each step a statement.
// On one P they alternate, so that each of them has a day before and one after the other's: a lock that is not the
// guard happens to order two accesses in one direction only, and the detector reports what it sees unordered.
func shopInGo(owner string) (string, error) {
	locks := map[string]bool{}
	var bodies [2]string
	for i, steps := range [...]string{Clerk, owner} {
		body, err := inGo(steps, locks)
		if err != nil {
			return "", err
		}
		bodies[i] = body
	}
	names := slices.Sorted(maps.Keys(locks))
	return fmt.Sprintf(`package main

import (
	"runtime"
	"sync"
)

var stock, log = 200, 0
var %s sync.Mutex

func clerk() {
	acc := 0
%s	_ = acc
}

func owner() {
	acc := 0
%s	_ = acc
}

func main() {
	var wg sync.WaitGroup
	for _, work := range []func(){clerk, owner} {
		wg.Go(func() {
			for range 100 {
				work()
				runtime.Gosched() // the other's day
			}
		})
	}
	wg.Wait()
}
`, strings.Join(names, ", "), bodies[0], bodies[1]), nil
}

// inGo writes steps as Go statements, one a line, and notes the locks that they name.
func inGo(steps string, locks map[string]bool) (string, error) {
	var b strings.Builder
	for step := range strings.FieldsFuncSeq(steps, func(r rune) bool { return r == '\n' || r == ';' }) {
		words := strings.Fields(step)
		if len(words) == 0 {
			continue
		}
		statement := ""
		if len(words) == 2 {
			statement = statementOf(words[0], words[1], locks)
		}
		if statement == "" {
			return "", fmt.Errorf("%q is not one of lock, unlock, read, write, add and sub", strings.TrimSpace(step))
		}
		b.WriteString("\t" + statement + "\n")
	}
	return b.String(), nil
}

// statementOf is one step in Go, "" if there is none.
func statementOf(verb, operand string, locks map[string]bool) string {
	_, notNumber := strconv.Atoi(operand)
	switch {
	case (verb == "lock" || verb == "unlock") && guards[operand] == "" && notNumber != nil && operand != "acc":
		locks[operand] = true
		return operand + map[string]string{"lock": ".Lock()", "unlock": ".Unlock()"}[verb]
	case verb == "read" && guards[operand] != "":
		return "acc = " + operand
	case verb == "write" && guards[operand] != "":
		return operand + " = acc"
	case verb == "add" && notNumber == nil:
		return "acc += " + operand
	case verb == "sub" && notNumber == nil:
		return "acc -= " + operand
	}
	return ""
}

// numbered puts the line's number before each line.
func numbered(source string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(source) {
		n++
		fmt.Fprintf(&b, "%3d  %s", n, line)
	}
	return b.String()
}
