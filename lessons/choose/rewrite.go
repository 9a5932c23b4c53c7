package choose

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"interleave/lessons/kit/check"
)

func gomaxprocs() int { return runtime.GOMAXPROCS(0) }

// Conclusions are the three of the talk's last slide but six, in our words.
func Conclusions() []string {
	return []string{
		"Asyncio, cooperative multitasking, is better than sequential for I/O-bound jobs.",
		"Threading, pre-emptive multitasking, is no faster for CPU-bound or I/O-bound jobs; use it for concurrent I/O where there is no asyncio package.",
		"Multiprocessing, true parallelism, is faster for CPU-bound jobs and not for I/O-bound ones.",
	}
}

// Rubric is by what a reader judges a conclusion; the checks of [Rewrite] see to its form only.
func Rubric() [][]string {
	return [][]string{
		{"what", "0 points", "1 point", "2 points"},
		{"scope", "all programs", "a kind of job", "a job with its sizes, and the machine"},
		{"condition", "none", "\"when there is latency\"", "from which value on, as measured"},
		{"evidence", "none, or one run", "a median with n", "a median with n and interval, and which notebook"},
		{"cause", "none, or a guess", "a plausible one", "one that a measurement rules in, and its rival out"},
		{"modesty", "\"always\", \"better\"", "says what was measured", "says what was not measured, too"},
	}
}

// form is what the text of a conclusion must and must not hold.
var form = []struct {
	name, want, not, why string
}{
	{name: "a job", want: `(?i)\b(CPU|I/O|requests?|fetch\w*|products?|matri\w+|frames?|items?)\b`, why: "say which job: what does it compute, what does it wait for?"},
	{name: "a condition", want: `(?i)\b(when|if|where|from|above|below|as long as|with)\b[^.]*\b(latency|ms|cores?|CPUs?|Ps?|bod(y|ies)|start\w*|wait\w*|size)\b`,
		why: "say when it holds: from which latency, with how many cores, once what was started?"},
	{name: "n and an interval", want: `(?s)\[\s*[\d.,]+[^\]]*[\d.]+\s*\].*\bn\s*=\s*\d+|\bn\s*=\s*\d+.*\[\s*[\d.,]+[^\]]*[\d.]+\s*\]`,
		why: "give the evidence as \"8.9 [8.8, 9.0] n=10\""},
	{name: "no more than was measured", not: `(?i)\b(always|never|every|best|better|worse|useless|all (jobs|programs))\b`,
		why: "is more than anyone has measured"},
}

// Rewrite is the exercise to rewrite one of the talk's conclusions so that it is true. The answer is its text.
func Rewrite() check.Exercise[string] {
	e := check.Exercise[string]{Name: "a conclusion that is true", Task: "Rewrite one of the three conclusions so that it is true: a job, a condition, evidence, and no more."}
	for _, f := range form {
		e.Checks = append(e.Checks, check.Check[string]{Name: f.name, Kind: check.Value, Try: func(_ context.Context, text string) error {
			if f.want != "" && !regexp.MustCompile(f.want).MatchString(text) {
				return errors.New(f.why)
			}
			if f.not != "" {
				if word := regexp.MustCompile(f.not).FindString(text); word != "" || strings.TrimSpace(text) == "" {
					return fmt.Errorf("%q %s", word, f.why)
				}
			}
			return nil
		}})
	}
	return e
}
