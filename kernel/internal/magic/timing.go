package magic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
	"interleave/plots/stats"
)

// timeCommand runs the expression behind %time.
func timeCommand(_ context.Context, h Host, args string) error {
	if args == "" {
		return errors.New("%time needs an expression behind it: write %time f(10), or %%time above a whole cell")
	}
	text, code := argument(h, "time", args)
	return asError(timed(h, text, code))
}

// timeMode runs a cell and tells what it took.
func timeMode(_ context.Context, h Host, in Input) *session.Fault {
	if err := none("%%time", in.Line.Args); err != nil {
		return faults.Plain("CommandError", err.Error()+": write %%time alone above the cell, or %time "+in.Line.Args)
	}
	return timed(h, in.Text, in.Code)
}

func timed(h Host, text *cell.Text, code string) *session.Fault {
	return runWatched(h, worker.WatchUsage, text, code, func(w recorded) error {
		if u := w.ended.Usage; u != nil {
			h.Out().Stream("stdout", []byte(usageText(u)))
		}
		return nil
	})
}

func asError(f *session.Fault) error {
	if f == nil {
		return nil
	}
	return &faults.Error{Fault: f}
}

// argument is the rest of a command's line as the text of a cell, in its place, so that errors point there.
func argument(h Host, name, args string) (text *cell.Text, code string) {
	list, _ := cell.Directives(h.Cell().Code)
	for _, d := range list {
		at := strings.Index(h.Cell().Code[d.Offset:], args)
		if d.Mark != "%" || d.Name != name || d.Args != args || at < 0 {
			continue
		}
		at += d.Offset
		b := []byte(h.Cell().Code)
		for i := range b {
			if b[i] != '\n' && (i < at || i >= at+len(args)) {
				b[i] = ' '
			}
		}
		text = cell.NewText(h.Cell().Code)
		return text, string(b)
	}
	text = cell.NewText(args) // of several lines joined
	h.Cells().Remember(text, h.Cell().Count)
	return text, args
}

// usageText words what a run took.
func usageText(u *worker.Usage) string {
	s := fmt.Sprintf("wall %s, CPU %s", short(u.Wall.Seconds()), short(u.CPU.Seconds()))
	if u.Wall > time.Millisecond {
		s += fmt.Sprintf(" (%.2f CPUs)", u.CPU.Seconds()/u.Wall.Seconds())
	}
	s += ", allocated nothing"
	if u.Objects > 0 {
		s = strings.TrimSuffix(s, "nothing") + bytesText(float64(u.Bytes)) + " in " + objects(float64(u.Objects))
	}
	if u.GCs > 0 {
		s += fmt.Sprintf(", %d garbage collections", u.GCs)
	}
	return s + "\n"
}

// short writes seconds with three digits.
func short(s float64) string {
	for _, u := range []struct {
		unit string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if s >= u.size*0.9995 {
			return digits(s/u.size) + " " + u.unit
		}
	}
	return digits(s*1e9) + " ns"
}

func digits(v float64) string {
	decimals := 2 - int(math.Floor(math.Log10(max(v, 0.01))))
	return strconv.FormatFloat(v, 'f', min(max(decimals, 0), 2), 64)
}

func bytesText(f float64) string {
	i := 0
	for f >= 1024 && i < 4 {
		f, i = f/1024, i+1
	}
	if i == 0 {
		return strconv.FormatFloat(math.Round(f), 'f', 0, 64) + " B"
	}
	return digits(f) + " " + []string{"", "KiB", "MiB", "GiB", "TiB"}[i]
}

// timeitCommand measures the expression behind %timeit.
func timeitCommand(_ context.Context, h Host, args string) error {
	if args == "" {
		return errors.New("%timeit needs an expression behind it: write %timeit f(10), or %%timeit above a whole cell")
	}
	text, code := argument(h, "timeit", args)
	return asError(timeit(h, text, code))
}

// timeitMode measures a cell's statements.
func timeitMode(_ context.Context, h Host, in Input) *session.Fault {
	if err := none("%%timeit", in.Line.Args); err != nil {
		return faults.Plain("CommandError", err.Error()+": write %%timeit alone above the cell, or %timeit "+in.Line.Args)
	}
	return timeit(h, in.Text, in.Code)
}

const (
	sampleTime = 10 * time.Millisecond // that one sample takes at least
	timeitTime = time.Second           // that all take together, when 6 are enough for an interval
	most       = 60
)

// timeit runs a cell's statements in a loop: first to find how often, then for samples.
func timeit(h Host, text *cell.Text, code string) *session.Fault {
	syn, fault := h.Parse(text, code)
	if fault != nil {
		return fault
	}
	if len(syn.Stmts) == 0 || len(syn.Funcs) > 0 || len(syn.Imports) > 0 {
		return faults.Plain("CommandError", "%%timeit repeats statements: declare functions and imports in a cell above, then write %%timeit and a call")
	}
	if _, fault := h.Check(syn); fault != nil { // for errors in the reader's own words
		return fault
	}
	n, repeat, trial := 1, most, 1
	for range 4 { // how many iterations make a sample
		u, fault := loop(h, syn, n, trial)
		if fault != nil {
			return fault
		}
		took := max(u.Samples[0], 20*time.Nanosecond)
		if took >= sampleTime*7/10 {
			repeat = int(min(max(timeitTime/took, stats.MinRuns), most))
			if took > 2*time.Second {
				repeat = 3
			}
			break
		}
		n, trial = roundUp(float64(n)*float64(sampleTime)/float64(took)), 3
	}
	before, began := stalled(), time.Now()
	u, fault := loop(h, syn, n, repeat)
	if fault != nil {
		return fault
	}
	share := (stalled() - before).Seconds() / time.Since(began).Seconds()
	h.Out().Stream("stdout", []byte(timeitText(u, n)))
	if share > 0.1 {
		h.Out().Stream("stderr", []byte(fmt.Sprintf("note: the machine is noisy: for %.0f %% of that time something waited for a processor (/proc/pressure/cpu); "+
			"measure again when it is quiet\n", 100*min(share, 1))))
	}
	return nil
}

// roundUp is the next number of the form 1, 2 or 5 times a power of ten.
func roundUp(f float64) int {
	f = min(f, 1e9)
	p := 1
	for {
		for _, m := range []int{1, 2, 5} {
			if float64(p*m) >= f {
				return p * m
			}
		}
		p *= 10
	}
}

// timeitText words the samples of n iterations each.
func timeitText(u *worker.Usage, n int) string {
	values := make([]float64, len(u.Samples))
	for i, s := range u.Samples {
		values[i] = s.Seconds() / float64(n)
	}
	sum := stats.Summarize(values)
	s := "median " + short(sum.Median)
	if !sum.Claimed {
		s += ", too few samples for an interval"
	} else {
		s += fmt.Sprintf(", 95 %% interval %s to %s", short(sum.Lo), short(sum.Hi))
	}
	s += fmt.Sprintf(" (%d samples of %d)\n", len(values), n)
	runs := float64(n * len(values))
	if float64(u.Objects)/runs < 0.05 { // what the runtime itself allocated now and then
		return s + "each allocates nothing\n"
	}
	return s + fmt.Sprintf("each allocates %s in %s\n", bytesText(float64(u.Bytes)/runs), objects(float64(u.Objects)/runs))
}

func objects(f float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	if s == "1" {
		return "1 object"
	}
	return s + " objects"
}

// loop runs the statements n times in a loop, the loop once for nothing and then repeat times. The state is not
// changed: what the statements declare lives in the loop.
func loop(h Host, syn *cell.Syntax, n, repeat int) (*worker.Usage, *session.Fault) {
	unit, fault := loopUnit(h, syn, n)
	if fault != nil {
		return nil, fault
	}
	plugin, fault := h.Build(unit)
	if fault != nil {
		return nil, fault
	}
	ended, fault := h.Call(plugin, Recording{What: worker.WatchUsage, Repeat: repeat})
	if fault != nil {
		return nil, fault
	}
	if u := ended.Usage; u != nil && len(u.Samples) > 0 {
		return u, nil
	}
	return nil, faults.Plain("Interrupted", "the measurement was interrupted")
}

// loopUnit writes the loop around the statements. The value of a last expression is kept alive, or the compiler would
// leave it out; a call without one value is a statement as it is.
func loopUnit(h Host, syn *cell.Syntax, n int) (*compile.Unit, *session.Fault) {
	head := fmt.Sprintf("for range %d {", n)
	bodies := []string{syn.Code}
	if last := syn.Stmts[len(syn.Stmts)-1]; cell.IsExpression(last) {
		a, z := syn.Offset(last.Pos()), syn.Offset(last.End())
		bodies = []string{syn.Code[:a] + "runtime.KeepAlive(" + syn.Code[a:z] + ")" + syn.Code[z:], syn.Code}
	}
	var fault *session.Fault
	for _, body := range bodies {
		source := head + body + "\n}"
		text := cell.NewText(source)
		h.Cells().RememberAs(text.ID, syn.Text, h.Cell().Count)
		looped, f := h.Parse(text, source)
		if f != nil {
			fault = f
			continue
		}
		unit, f := h.Check(looped)
		if f == nil {
			return unit, nil
		}
		fault = f
	}
	return nil, fault
}

var stallTotal = regexp.MustCompile(`(?m)^some .*total=(\d+)`)

// stalled is for how long something has waited for a processor since the machine started; 0 where it is not told.
func stalled() time.Duration {
	b, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	m := stallTotal.FindSubmatch(b)
	if m == nil {
		return 0
	}
	us, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return time.Duration(us) * time.Microsecond
}
