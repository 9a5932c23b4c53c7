// Package testreport reads what go test -json prints and sums it up: how each test went, what it said, and what
// the benchmarks measured. It is pure, takes a stream that may break off, and never fails on its content: what
// it cannot read it keeps as text. It starts no goroutine.
package testreport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"
)

// Test is what is known of one test, subtest, example or fuzz target.
type Test struct {
	Name                    string
	Passed, Failed, Skipped int      // runs; -count and -cpu make several
	Seconds                 float64  // of all runs
	Said                    []string // lines of t.Log, t.Error and of a crash, while it ran
}

// Running reports whether a test has begun and not ended.
func (t *Test) Running() bool { return t.Passed+t.Failed+t.Skipped == 0 }

// Report is the sum of a run.
type Report struct {
	Tests []*Test
	Build []string          // what the compiler said
	Other []string          // lines that are not JSON
	Print func(text string) // is given what tests print, as it comes; nil drops it

	bench   strings.Builder // lines that may be results of benchmarks
	partial []byte          // of the stream's last line
	waiting map[string]string
}

// event is one line of go test -json.
type event struct {
	Action  string
	Test    string
	Output  string
	Elapsed float64
}

// Write takes a piece of the stream.
func (r *Report) Write(b []byte) (int, error) {
	r.partial = append(r.partial, b...)
	for {
		i := bytes.IndexByte(r.partial, '\n')
		if i < 0 {
			return len(b), nil
		}
		r.line(r.partial[:i])
		r.partial = append([]byte(nil), r.partial[i+1:]...)
	}
}

// Close takes what is left of a stream that broke off.
func (r *Report) Close() {
	if len(r.partial) > 0 {
		r.line(r.partial)
		r.partial = nil
	}
	for test, text := range r.waiting {
		r.output(test, text)
	}
	r.waiting = nil
}

func (r *Report) line(line []byte) {
	var ev event
	if err := json.Unmarshal(line, &ev); err != nil || ev.Action == "" {
		if s := strings.TrimRight(string(line), "\r"); s != "" {
			r.Other = append(r.Other, s)
		}
		return
	}
	switch ev.Action {
	case "build-output":
		r.Build = append(r.Build, strings.TrimSuffix(ev.Output, "\n"))
	case "output":
		if r.waiting == nil {
			r.waiting = map[string]string{}
		}
		text := r.waiting[ev.Test] + ev.Output // a line may come in pieces
		if !strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\t") {
			r.waiting[ev.Test] = text
			return
		}
		delete(r.waiting, ev.Test)
		r.output(ev.Test, text)
	case "run":
		r.test(ev.Test)
	case "pass", "fail", "skip", "bench":
		if ev.Test == "" {
			return
		}
		t := r.test(ev.Test)
		t.Seconds += ev.Elapsed
		switch ev.Action {
		case "fail":
			t.Failed++
		case "skip":
			t.Skipped++
		default:
			t.Passed++
		}
	}
}

func (r *Report) test(name string) *Test {
	if i := slices.IndexFunc(r.Tests, func(t *Test) bool { return t.Name == name }); i >= 0 {
		return r.Tests[i]
	}
	t := &Test{Name: name}
	r.Tests = append(r.Tests, t)
	return t
}

var (
	framing = regexp.MustCompile(`^\s*(=== (RUN|PAUSE|CONT|NAME|ATTR) |--- (PASS|FAIL|SKIP|BENCH): )`)
	summary = regexp.MustCompile(`^(PASS|FAIL|ok\s.*|FAIL\s.*|goos: .*|goarch: .*|pkg: .*|cpu: .*|\?\s.*|exit status \d+|testing: warning: no tests to run)$`)
	logged  = regexp.MustCompile(`^\s{4,}\S*:\d+: `)
	further = regexp.MustCompile(`^\s{8,}\S`)
	verdict = regexp.MustCompile(`^(got|want):$`)
	crash   = regexp.MustCompile(`^(panic: |fatal error: |SIGQUIT|\tpanic: )`)
	result  = regexp.MustCompile(`^Benchmark\S*(\s|$)`)
)

// output sorts a line: of the frame, of a benchmark, said by the testing package, or printed by the program.
func (r *Report) output(test, text string) {
	line := strings.TrimSuffix(text, "\n")
	if result.MatchString(line) || r.inBench() && strings.HasPrefix(line, " ") {
		r.bench.WriteString(text)
		return
	}
	if framing.MatchString(line) || summary.MatchString(line) {
		return
	}
	if test != "" {
		t := r.test(test)
		quoting := len(t.Said) > 0 && (further.MatchString(line) || verdict.MatchString(line) || isCrash(t.Said) || isExample(t))
		if logged.MatchString(line) || quoting || crash.MatchString(line) || verdict.MatchString(line) {
			t.Said = append(t.Said, line)
			return
		}
	}
	if r.Print != nil {
		r.Print(text)
	}
}

// inBench reports whether the name of a benchmark waits for its numbers.
func (r *Report) inBench() bool {
	s := r.bench.String()
	return s != "" && !strings.HasSuffix(s, "\n")
}

func isCrash(said []string) bool { return slices.ContainsFunc(said, crash.MatchString) }

// isExample reports whether what follows belongs to the output an example got and wanted.
func isExample(t *Test) bool {
	return strings.HasPrefix(t.Name, "Example") && slices.ContainsFunc(t.Said, verdict.MatchString)
}

// Crash is the text of a panic or fatal error while a test ran, "" when there was none.
func (t *Test) Crash() string {
	i := slices.IndexFunc(t.Said, crash.MatchString)
	if i < 0 {
		return ""
	}
	return strings.Join(t.Said[i:], "\n")
}

// Lines are what a test said, without a crash.
func (t *Test) Lines() []string {
	if i := slices.IndexFunc(t.Said, crash.MatchString); i >= 0 {
		return t.Said[:i]
	}
	return t.Said
}

// Measure is what one benchmark measured in one unit.
type Measure struct {
	Name, Unit string
	N          int    // results
	Center     string // the median, scaled: "62.4n", "1.2Ki"
	Range      string // its confidence interval: "± 3%", or "± ∞" of too few results
	Warnings   []string
}

// confidence is the level of the intervals, as benchstat takes it.
const confidence = 0.95

// Measures sums the benchmarks up, each unit by itself, in the order in which they ran.
func (r *Report) Measures() []Measure {
	type key struct{ name, unit string }
	var order []key
	values := map[key][]float64{}
	reader := benchfmt.NewReader(strings.NewReader(r.bench.String()), "go test")
	for reader.Scan() {
		res, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		for _, v := range res.Values {
			k := key{res.Name.String(), v.Unit}
			if _, seen := values[k]; !seen {
				order = append(order, k)
			}
			values[k] = append(values[k], v.Value)
		}
	}
	var out []Measure
	for _, k := range order {
		sum := benchmath.AssumeNothing.Summary(benchmath.NewSample(values[k], &benchmath.DefaultThresholds), confidence)
		m := Measure{Name: k.name, Unit: k.unit, N: len(values[k]), Center: benchunit.Scale(sum.Center, benchunit.ClassOf(k.unit)), Range: sum.PctRangeString()}
		for _, w := range sum.Warnings {
			m.Warnings = append(m.Warnings, w.Error())
		}
		out = append(out, m)
	}
	return out
}

// Title counts the tests.
func (r *Report) Title() string {
	var passed, failed, skipped, unfinished int
	for _, t := range r.Tests {
		switch {
		case strings.HasPrefix(t.Name, "Benchmark") && t.Failed == 0:
		case t.Failed > 0:
			failed++
		case t.Running():
			unfinished++
		case t.Passed > 0:
			passed++
		default:
			skipped++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{passed, "passed"}, {failed, "failed"}, {skipped, "skipped"}, {unfinished, "not finished"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
