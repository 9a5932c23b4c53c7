package magic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/racereport"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/testreport"
	"interleave/kernel/internal/words"
	"interleave/kernel/internal/worker"
)

// benchRuns and benchTime are how benchmarks run when the command does not say: six results are the fewest that
// give a median an interval.
const (
	benchRuns = 6
	benchTime = "100ms"
)

// testOptions are the flags of %%test.
type testOptions struct {
	race                       bool
	run, bench, cpu, benchtime string
	count                      int
	timeout                    time.Duration
	short                      bool
	env                        []string
}

func testFlags(line string) (*testOptions, error) {
	p := &testOptions{}
	pattern := func(at *string) func(string) error {
		return func(v string) error {
			*at = v
			_, err := regexp.Compile(v)
			return err
		}
	}
	rest, err := parseFlags("%%test", line, []flagSpec{
		{"-race", "", func(string) error { p.race = true; return nil }},
		{"-run", "TestStack", pattern(&p.run)},
		{"-bench", ".", pattern(&p.bench)},
		{"-count", "10", func(v string) (err error) { p.count, err = positive(v); return err }},
		{"-cpu", "1,2,4", func(v string) error {
			for n := range strings.SplitSeq(v, ",") {
				if _, err := positive(n); err != nil {
					return errors.New("it takes whole numbers with commas between")
				}
			}
			p.cpu = v
			return nil
		}},
		{"-benchtime", "1s", func(v string) error {
			if n, ok := strings.CutSuffix(v, "x"); ok {
				_, err := positive(n)
				p.benchtime = v
				return err
			}
			d, err := time.ParseDuration(v)
			if err != nil || d <= 0 {
				return errors.New("is neither a duration nor a number of runs such as 100x")
			}
			p.benchtime = v
			return nil
		}},
		{"-short", "", func(string) error { p.short = true; return nil }},
		timeoutFlag(&p.timeout),
		envFlag(&p.env),
	})
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%%%%test takes no arguments, only flags, and got %s: to choose tests write %%%%test -run %s", rest[0], rest[0])
	}
	return p, err
}

// args are the flags of go test.
func (p *testOptions) args() []string {
	args := []string{"-json", "-vet=off"}
	if p.race {
		args = append(args, "-race")
	}
	if p.short {
		args = append(args, "-short")
	}
	run, count, benchtime := p.run, max(p.count, 1), p.benchtime
	if p.bench != "" {
		if run == "" {
			run = "^$"
		}
		if p.count == 0 {
			count = benchRuns
		}
		if benchtime == "" {
			benchtime = benchTime
		}
		args = append(args, "-bench="+p.bench, "-benchmem", "-benchtime="+benchtime)
	}
	if run != "" {
		args = append(args, "-run="+run)
	}
	if p.cpu != "" {
		args = append(args, "-cpu="+p.cpu)
	}
	if p.timeout > 0 {
		args = append(args, "-timeout="+p.timeout.String())
	}
	return append(args, "-count="+strconv.Itoa(count))
}

func testMode(ctx context.Context, h Host, in Input) *session.Fault {
	p, err := testFlags(in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	syn, fault := h.Parse(in.Text, in.Code)
	if fault != nil {
		return fault
	}
	prog, fault := h.CheckProgram(syn, compile.TestForm)
	if fault != nil {
		return fault
	}
	for _, n := range prog.Notes {
		h.Out().Stream("stderr", []byte("note: "+h.Cells().Told(n)+"\n"))
	}
	if len(prog.Tests) == 0 {
		return faults.Plain("CommandError", "%%test: the notebook has no test: write one, for example func TestSum(t *testing.T) { … }, or a Benchmark, Example or Fuzz function (those of a %%test cell are of that cell alone; an ordinary cell keeps them)")
	}
	return test(ctx, h, p, in.Text, prog)
}

// test runs go test and shows what came of it.
func test(ctx context.Context, h Host, p *testOptions, text *cell.Text, prog *compile.Program) *session.Fault {
	dir, err := h.Builder().Temp("test")
	if err != nil {
		return h.Cells().Internal(fmt.Errorf("make folder for tests: %w", err))
	}
	defer os.RemoveAll(dir)
	sources := map[string][]byte{"cell_test.go": prog.Source}
	if prog.Beside != nil {
		sources["cell.go"] = prog.Beside
	}
	files, fault := layFiles(ctx, h, dir, "notebook", prog, sources)
	if fault != nil {
		return fault
	}
	argv, env, workDir := h.Builder().Command(ctx, "test", append(p.args(), "-ldflags=-w")...)
	env = append(env, buildEnv(p.env)...)
	if fault := cgoFault(h, prog, env); fault != nil {
		return fault
	}
	cellDir, set, removed, err := childPlace(ctx, h)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	script := filepath.Join(dir, "run.sh")
	if err := os.WriteFile(script, []byte(runScript(cellDir, raceEnv(p.race, dir, append(set, p.env...)), removed)), 0o644); err != nil {
		return h.Cells().Internal(fmt.Errorf("write tests: %w", err))
	}
	argv = append(append(argv, `-exec=sh "`+script+`"`), files...)
	line := h.Waits()
	line.Say("Compiling %s and what they import", map[bool]string{false: "the tests", true: "the tests with the race detector"}[p.race])
	report := &testreport.Report{Print: func(s string) { h.Out().Stream("stdout", []byte(h.Cells().InCells(s))) }}
	end, err := h.Process().RunChild(ctx, worker.Command{
		Argv: argv, Env: env, Dir: workDir, Handler: testOutput{childOutput{h, h.Out(), report}, line},
	})
	line.End()
	report.Close()
	switch {
	case err != nil:
		return h.Cells().Internal(fmt.Errorf("run tests: %w", err))
	case end.Excess != nil:
		return faults.Excess(h.Cell().Count, "go test", end.Excess)
	case end.Stopped:
		return faults.Plain("Interrupted", "the tests were interrupted and have ended")
	case len(report.Build) > 0 && len(report.Tests) == 0:
		return programFault(h.Cells(), text, prog, dir, compilerLines(strings.Join(report.Build, "\n")))
	case len(report.Tests) == 0 && len(report.Other) > 0:
		return programFault(h.Cells(), text, prog, dir, compilerLines(strings.Join(report.Other, "\n")))
	}
	showTests(ctx, h, p, report, prog)
	if p.race {
		if reports := readRaces(h, dir); len(reports) > 0 || end.Code == 0 {
			showRaces(ctx, h, reports, racereport.Globals{})
		}
	}
	return nil
}

// testOutput gives the report both streams of go test, and ends the line that says what is compiled when the tests begin.
type testOutput struct {
	childOutput
	compiling Progress
}

// Text implements worker.Handler.
func (o testOutput) Text(_ string, b []byte) {
	if bytes.Contains(b, testsBegin) {
		o.compiling.End()
	}
	o.errs.Write(b)
}

// testsBegin is in the event with which go test -json says that the program of the tests starts.
var testsBegin = []byte(`"Action":"start"`)

// runScript is how go test runs its program: in the folder and with the environment of cells, which the go command
// itself may not bear.
func runScript(dir string, set, removed []string) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	var b strings.Builder
	fmt.Fprintf(&b, "cd %s || exit\n", quote(dir))
	for _, name := range removed {
		if shellName.MatchString(name) {
			fmt.Fprintf(&b, "unset %s\n", name)
		}
	}
	for _, kv := range set {
		if name, value, _ := strings.Cut(kv, "="); shellName.MatchString(name) {
			fmt.Fprintf(&b, "export %s=%s\n", name, quote(value))
		}
	}
	return b.String() + `exec "$@"` + "\n"
}

// shellName is a variable's name as a shell takes it.
var shellName = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`)

// testRow is one line of the table.
type testRow struct {
	verdict, name, time string
	lines               []string // what a failed test said, in cell lines
}

func testRows(cells *faults.Cells, report *testreport.Report) []testRow {
	var out []testRow
	for _, t := range report.Tests {
		if strings.HasPrefix(t.Name, "Benchmark") && t.Failed == 0 {
			continue
		}
		row := testRow{verdict: "pass", name: t.Name, time: fmt.Sprintf("%.2fs", t.Seconds)}
		if n := t.Passed + t.Failed + t.Skipped; n > 1 {
			row.time += fmt.Sprintf(" in %d runs", n)
		}
		switch {
		case t.Failed > 0:
			row.verdict = "FAIL"
			if t.Passed > 0 {
				row.time += fmt.Sprintf(", %d of them failed", t.Failed)
			}
		case t.Running():
			row.verdict, row.time = "????", "not finished"
		case t.Passed == 0:
			row.verdict = "skip"
		}
		if row.verdict != "pass" {
			for _, l := range t.Lines() {
				row.lines = append(row.lines, cells.InCells(strings.TrimPrefix(l, "    ")))
			}
			if crash := t.Crash(); crash != "" {
				message, _, _ := strings.Cut(crash, "\n")
				row.lines = append(row.lines, cells.InCells(message))
				for _, l := range crashStacks(cells, crash) {
					row.lines = append(row.lines, ansiCode.ReplaceAllString(l, ""))
				}
			}
		}
		out = append(out, row)
	}
	return out
}

var ansiCode = regexp.MustCompile("\x1b\\[[0-9;]*m")

// showTests shows the table, as HTML and as text.
func showTests(ctx context.Context, h Host, p *testOptions, report *testreport.Report, prog *compile.Program) {
	rows, measures := testRows(h.Cells(), report), report.Measures()
	title := report.Title()
	left := leftOut(p, prog)
	switch none := len(rows) == 0 && len(measures) == 0; {
	case none && len(left) > 0:
		title = "no test was run"
	case none:
		title = "no test matches; the notebook has " + strings.Join(prog.Tests, ", ")
	}
	note := notRun(p, report, prog)
	if note == "" {
		note = strings.Join(left, "; ")
	}
	if len(measures) > 0 {
		note = "Medians with 95 % intervals (golang.org/x/perf/benchmath)."
		if p.count == 0 {
			note = fmt.Sprintf("Medians of %d results of %s with 95 %% intervals (golang.org/x/perf/benchmath); -count and -benchtime take more.", benchRuns, p.eachTime())
		}
		for _, m := range measures {
			if len(m.Warnings) > 0 {
				note += " " + m.Warnings[0] + "."
				break
			}
		}
	}
	h.Out().Display(session.Bundle{Data: map[string]any{"text/plain": testText(title, rows, measures, note), "text/html": testTable(title, rows, measures, note)}})
}

// notRun names the tests that a crash or the timeout kept from running.
func notRun(p *testOptions, report *testreport.Report, prog *compile.Program) string {
	crashed := slices.ContainsFunc(report.Tests, func(t *testreport.Test) bool { return t.Running() || t.Crash() != "" })
	first, _, _ := strings.Cut(p.run, "/") // of a subtest's name
	wanted, err := regexp.Compile(first)
	if !crashed || err != nil || p.bench != "" {
		return ""
	}
	names := slices.DeleteFunc(slices.Clone(prog.Tests), func(name string) bool {
		return strings.HasPrefix(name, "Benchmark") || name == "TestMain" || !wanted.MatchString(name) ||
			slices.ContainsFunc(report.Tests, func(t *testreport.Test) bool { return t.Name == name })
	})
	if len(names) == 0 {
		return ""
	}
	return "The program had ended before these could run: " + strings.Join(names, ", ") + "."
}

// leftOut names what go test compiled and did not run.
func leftOut(p *testOptions, prog *compile.Program) (notes []string) {
	if p.bench != "" || p.run != "" { // the reader has chosen
		return nil
	}
	say := func(what string, names []string, one, many string) {
		if len(names) == 1 {
			many = one
		}
		if len(names) > 0 {
			notes = append(notes, fmt.Sprintf("%s not run: %s (%s)", words.Plural(len(names), what), strings.Join(names, ", "), many))
		}
	}
	var benchmarks, fuzz []string
	for _, name := range prog.Tests {
		switch {
		case strings.HasPrefix(name, "Benchmark"):
			benchmarks = append(benchmarks, name)
		case strings.HasPrefix(name, "Fuzz"):
			fuzz = append(fuzz, name)
		}
	}
	say("benchmark", benchmarks, "-bench . runs it", "-bench . runs them")
	say("example", silentExamples(prog), "it has no // Output: comment", "they have no // Output: comment")
	if len(fuzz) > 0 {
		notes = append(notes, fmt.Sprintf("%s not fuzzed: %s (only seeds were run; go test -fuzz, in a package of your own, looks for more inputs)",
			words.Plural(len(fuzz), "fuzz target"), strings.Join(fuzz, ", ")))
	}
	return notes
}

// silentExamples are the examples that do not say what they print.
func silentExamples(prog *compile.Program) (names []string) {
	if !slices.ContainsFunc(prog.Tests, func(name string) bool { return strings.HasPrefix(name, "Example") }) {
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", prog.Source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	for _, ex := range doc.Examples(f) {
		if ex.Output == "" && !ex.EmptyOutput {
			names = append(names, "Example"+ex.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (p *testOptions) eachTime() string {
	if p.benchtime == "" {
		return benchTime
	}
	return p.benchtime
}

func testText(title string, rows []testRow, measures []testreport.Measure, note string) string {
	var lines []string
	if title != "" {
		lines = append(lines, title)
	}
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("%s  %s  (%s)", row.verdict, row.name, row.time))
		for _, l := range row.lines {
			lines = append(lines, "      "+l)
		}
	}
	width := 0
	for _, m := range measures {
		width = max(width, len(m.Name))
	}
	for _, m := range measures {
		lines = append(lines, fmt.Sprintf("%-*s  %9s %-9s ± %s  n=%d", width, m.Name, m.Center, m.Unit, m.Range, m.N))
	}
	if note != "" {
		lines = append(lines, note)
	}
	return strings.Join(lines, "\n")
}

func testTable(title string, rows []testRow, measures []testreport.Measure, note string) string {
	esc := html.EscapeString
	var b strings.Builder
	if title != "" {
		fmt.Fprintf(&b, "<p><b>%s</b></p>\n", esc(title))
	}
	if len(rows) > 0 {
		b.WriteString("<table>\n<tr><th></th><th" + leftAligned + ">test</th><th>time</th><th" + leftAligned + ">what it said</th></tr>\n")
		for _, row := range rows {
			verdict := esc(row.verdict)
			if row.verdict != "pass" {
				verdict = "<b>" + verdict + "</b>"
			}
			said := ""
			if len(row.lines) > 0 {
				said = "<pre>" + esc(strings.Join(row.lines, "\n")) + "</pre>"
			}
			fmt.Fprintf(&b, "<tr><td>%s</td><td%s><code>%s</code></td><td>%s</td><td%s>%s</td></tr>\n", verdict, leftAligned, esc(row.name), esc(row.time), leftAligned, said)
		}
		b.WriteString("</table>\n")
	}
	if len(measures) > 0 {
		b.WriteString("<table>\n<tr><th" + leftAligned + ">benchmark</th><th>median</th><th" + leftAligned + ">unit</th><th>interval</th><th>n</th></tr>\n")
		for _, m := range measures {
			fmt.Fprintf(&b, "<tr><td%s><code>%s</code></td><td>%s</td><td%s>%s</td><td>± %s</td><td>%d</td></tr>\n", leftAligned, esc(m.Name), esc(m.Center), leftAligned, esc(m.Unit), esc(m.Range), m.N)
		}
		b.WriteString("</table>\n")
	}
	if note != "" {
		fmt.Fprintf(&b, "<p>%s</p>\n", esc(note))
	}
	return b.String()
}
