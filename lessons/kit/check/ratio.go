package check

import (
	"context"
	"fmt"
	"html"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
)

// Ratio asks how an answer performs, as a quotient on this machine and never in absolute terms: what Answer
// measures over what Base measures, round by round, must lie between AtLeast and AtMost. Choose what to measure so
// that the question reads well: "twice as fast" is a ratio of speeds of at least 2, "p99 at most doubles" a ratio
// of times of at most 2.
//
// A measurement answers only as well as the machine lets it. The answer is right when the whole 95 % interval of
// the median quotient is within the bounds, wrong when all of it is outside, and inconclusive otherwise. Load from
// elsewhere does not only widen the interval, it can move it: two goroutines that get one CPU do not contend. So
// a run that the machine card calls NOISY is inconclusive, unless a Control takes part: a variant that is known to
// reach the bounds when the machine lets it. It takes its turn in every round. When the control does not reach the
// bounds, nothing is said about the answer; when it does, in the very same rounds, noise has not hidden what was
// asked, and the interval decides. With a control the rounds of all tries count together: each try narrows the
// intervals, which on a busy machine a single one leaves wide.
//
// A question about several CPUs needs them. Where others want them too, speed is the share that one gets, and the system
// shares by threads: two get twice as much as one, and a program that changes from thread to thread, but never runs on
// two, gets more than one that stays (1.3 to 1.6 times as much was measured with ten threads ready on two CPUs). Answer and
// control may then reach a bound for the wrong reason. So in each round as many goroutines compute for a moment, and when
// they had far fewer CPUs, nothing is said either.
//
// A reference answer should be well within the bounds and a mutant well outside; half as much again is well.
type Ratio struct {
	Base    measure.Variant
	Answer  measure.Variant
	Control measure.Variant // optional; one without Run is none
	AtLeast float64         // bound of Answer/Base
	AtMost  float64         // the same; 0 stands for no bound
	CPUs    int             // how many the question is about: with fewer in the machine, or far fewer to be had, it is inconclusive
	Plan    measure.Plan    // rounds, unit; the zero value is 10 rounds in ms
	Tries   int             // measurements at most, until one is not inconclusive; 0 stands for 3

	had  func(context.Context) (float64, error) // how many CPUs there are to be had; nil for [Ratio.spin]
	calm time.Duration                          // how long to look for them in all tries together; 0 stands for [calm]
}

// Measured is the evidence of a [Ratio]: all that was measured in the try that counts, and with a control in those before.
type Measured struct {
	Result  *measure.Result // its card is that of the last try; empty if there were too few CPUs to begin with
	Ratio   measure.Summary // of Answer to Base
	Control measure.Summary // of Control to Base; N is 0 without
	CPUs    measure.Summary // that were to be had, round by round; N is 0 if the question is not about several, or nobody knows
	Wanted  string          // the bounds, in words
	Try     int             // from 1
	names   [3]string       // of Answer, Base and Control
	asked   int             // CPUs that the question is about
	had     measure.Sample  // the values of CPUs
	added   bool            // rounds of tries before are among them
}

// Try measures, and returns what a check returns: [Passing] with the measurement, or an error that shows it.
// An error of a variant is the check's own.
func (r Ratio) Try(ctx context.Context) error {
	if r.CPUs > runtime.NumCPU() {
		return fewCPUs(r.CPUs)
	}
	if math.IsNaN(r.AtLeast) || r.AtLeast <= 0 && r.AtMost <= 0 || r.AtMost > 0 && r.AtMost < r.AtLeast {
		return fmt.Errorf("check: a ratio of at least %v and at most %v asks nothing", r.AtLeast, r.AtMost)
	}
	var last error
	var before *Measured
	until := time.Now().Add(orDefault(r.calm, calm))
	for try := range max(1, orDefault(r.Tries, 3)) {
		m, err := r.look(ctx, until)
		if err == nil && !m.starved() {
			m, err = r.measure(ctx, before)
		}
		if err != nil {
			return err
		}
		m.Try = try + 1
		if r.controlled() && !m.starved() {
			before = m
		}
		last = r.judge(m)
		if !isUnclear(last) {
			break
		}
	}
	return last
}

func orDefault[T int | time.Duration](n, otherwise T) T {
	if n == 0 {
		return otherwise
	}
	return n
}

func (r Ratio) controlled() bool { return r.Control.Run != nil }

// look says, before anything is measured, whether there are CPUs to be had. Where others use them it looks again until
// then: a compiler that has just been started is soon done.
func (r Ratio) look(ctx context.Context, until time.Time) (*Measured, error) {
	for {
		m := &Measured{asked: r.CPUs, Result: &measure.Result{}}
		if !r.needs() {
			return m, nil
		}
		for range measure.MinRuns {
			had, err := r.spin(ctx)
			if err != nil {
				return nil, err
			}
			m.had.Values = append(m.had.Values, had)
		}
		if err := m.count(); err != nil || !m.starved() || !time.Now().Before(until) {
			return m, err
		}
		time.Sleep(moment) // leaves them to others for as long as it takes to look again
	}
}

// needs reports whether it matters how many CPUs there are to be had.
func (r Ratio) needs() bool { return r.CPUs > 1 && r.controlled() }

// count summarises the CPUs that were to be had. A system that does not tell says 0 each time.
func (m *Measured) count() (err error) {
	if len(m.had.Values) > 0 && slices.Max(m.had.Values) > 0 {
		m.CPUs, err = m.had.Summary()
	}
	return err
}

// measure runs all variants, round by round, and adds the rounds to those before.
func (r Ratio) measure(ctx context.Context, before *Measured) (*Measured, error) {
	variants := []measure.Variant{r.Base, r.Answer}
	m := &Measured{Wanted: r.wanted(), names: [3]string{r.Answer.Name, r.Base.Name, r.Control.Name}, asked: r.CPUs}
	if r.controlled() {
		variants = append(variants, r.Control)
		if r.needs() {
			variants = append(variants, measure.Variant{Name: "CPUs to be had", Run: r.spin})
		}
	}
	var err error
	if m.Result, err = measure.Interleave(ctx, r.Plan, variants...); err != nil {
		return nil, err
	}
	if len(variants) > 3 {
		m.had, m.Result.Samples = m.Result.Samples[3], m.Result.Samples[:3]
		m.Result.Card.Uses = m.Result.Card.Uses[:min(3, len(m.Result.Card.Uses))]
	}
	if m.added = before != nil; m.added {
		for i, s := range before.Result.Samples {
			m.Result.Samples[i] = joined(s, m.Result.Samples[i])
		}
		m.had = joined(before.had, m.had)
	}
	if m.Ratio, err = m.Result.Ratio(r.Base.Name, r.Answer.Name); err != nil {
		return nil, err
	}
	if !r.controlled() {
		return m, nil
	}
	if m.Control, err = m.Result.Ratio(r.Base.Name, r.Control.Name); err != nil {
		return nil, err
	}
	return m, m.count()
}

// joined is a sample of the values of two.
func joined(a, b measure.Sample) measure.Sample {
	b.Values = slices.Concat(a.Values, b.Values)
	b.Readings = slices.Concat(a.Readings, b.Readings)
	return b
}

// Moments of spin, the share of the CPUs asked about that it must have had, and how long to look for them. With three
// fifths of two left, what never runs on two at once has at least six sevenths of one, by fair shares, and cannot seem to be
// much faster.
const (
	moment = 10 * time.Millisecond
	enough = 0.6
	calm   = 1500 * time.Millisecond
)

// spin computes in as many goroutines as CPUs are asked about, for a moment, and says how many they had; 0 if the system
// does not tell.
func (r Ratio) spin(ctx context.Context) (float64, error) {
	if r.had != nil {
		return r.had(ctx)
	}
	if r.CPUs > runtime.GOMAXPROCS(0) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(r.CPUs))
	}
	var wg sync.WaitGroup
	meter := measure.StartMeter()
	start := time.Now()
	for range r.CPUs {
		wg.Go(func() {
			for time.Since(start) < moment {
			}
		})
	}
	wg.Wait()
	return meter.Stop().CPUsUsed(), ctx.Err()
}

// starved reports whether the machine had far fewer CPUs to give than the question is about.
func (m *Measured) starved() bool { return m.CPUs.N > 0 && m.CPUs.Median < enough*float64(m.asked) }

// judge says what a measurement means.
func (r Ratio) judge(m *Measured) error {
	high := r.AtMost
	if high == 0 {
		high = math.Inf(1)
	}
	noise := m.Result.Card.Verdict()
	if r.controlled() {
		if m.starved() {
			return starved(m)
		}
		if m.Control.Between(r.AtLeast, high, measure.Verdict{}) != measure.Holds {
			return unclear(m, "here and now %q itself does not show a ratio of %s: %v", r.Control.Name, m.Wanted, m.Control)
		}
		noise = measure.Verdict{}
	}
	says := fmt.Sprintf("%s / %s is %v, asked for is %s", r.Answer.Name, r.Base.Name, m.Ratio, m.Wanted)
	switch m.Ratio.Between(r.AtLeast, high, noise) {
	case measure.Holds:
		return Passing(m, "%s", says)
	case measure.Fails:
		return Show(m, "%s", says)
	}
	if noise.Noisy {
		return unclear(m, "%s, and the machine was %v", says, noise)
	}
	return unclear(m, "%s: the bound is inside of the interval", says)
}

// wanted writes the bounds.
func (r Ratio) wanted() string {
	switch {
	case r.AtMost == 0:
		return fmt.Sprintf("at least %v", r.AtLeast)
	case r.AtLeast <= 0:
		return fmt.Sprintf("at most %v", r.AtMost)
	}
	return fmt.Sprintf("%v to %v", r.AtLeast, r.AtMost)
}

// rows is the measurement as a table: what, and its median with interval.
func (m *Measured) rows() [][2]string {
	var rows [][2]string
	for _, s := range m.Result.Samples {
		if sum, err := s.Summary(); err == nil {
			rows = append(rows, [2]string{s.Name, sum.String() + " " + s.Unit})
		}
	}
	if m.Ratio.N > 0 {
		rows = append(rows, [2]string{m.names[0] + " / " + m.names[1], m.Ratio.String() + ", asked for is " + m.Wanted})
	}
	if m.Control.N > 0 {
		rows = append(rows, [2]string{m.names[2] + " / " + m.names[1], m.Control.String() + ", the control"})
	}
	if m.CPUs.N > 0 {
		rows = append(rows, [2]string{"CPUs to be had", fmt.Sprintf("%v, of %d", m.CPUs, m.asked)})
	}
	if m.Ratio.N > 0 {
		rows = append(rows, [2]string{"machine", m.Result.Card.Short()})
	}
	if m.Try > 1 {
		rows = append(rows, [2]string{"try", m.tries()})
	}
	return rows
}

// tries says which try this is, and what became of those before.
func (m *Measured) tries() string {
	if m.added {
		return fmt.Sprintf("%d, with the rounds of the ones before, which were inconclusive", m.Try)
	}
	return fmt.Sprintf("%d; the ones before were inconclusive", m.Try)
}

// String is the measurement as lines of text.
func (m *Measured) String() string {
	var b strings.Builder
	width := 0
	for _, r := range m.rows() {
		width = max(width, len(r[0]))
	}
	for _, r := range m.rows() {
		fmt.Fprintf(&b, "%-*s  %s\n", width, r[0], r[1])
	}
	return b.String()
}

// HTML is the measurement as a table.
func (m *Measured) HTML() string {
	var b strings.Builder
	b.WriteString("<table>\n")
	for _, r := range m.rows() {
		fmt.Fprintf(&b, "<tr><th style=\"text-align:left\">%s</th><td style=\"text-align:left\">%s</td></tr>\n",
			html.EscapeString(r[0]), html.EscapeString(r[1]))
	}
	b.WriteString("</table>\n")
	return b.String()
}
