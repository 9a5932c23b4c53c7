package check

import (
	"context"
	"fmt"
	"html"
	"math"
	"runtime"
	"slices"
	"strings"

	"interleave/lessons/measure"
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
// A reference answer should be well within the bounds and a mutant well outside; half as much again is well.
type Ratio struct {
	Base    measure.Variant
	Answer  measure.Variant
	Control measure.Variant // optional; one without Run is none
	AtLeast float64         // bound of Answer/Base
	AtMost  float64         // the same; 0 stands for no bound
	CPUs    int             // how many the question is about: with fewer in the machine it is inconclusive
	Plan    measure.Plan    // rounds, unit; the zero value is 10 rounds in ms
	Tries   int             // measurements at most, until one is not inconclusive; 0 stands for 3
}

// Measured is the evidence of a [Ratio]: all that was measured in the try that counts, and with a control in those before.
type Measured struct {
	Result  *measure.Result // its card is that of the last try
	Ratio   measure.Summary // of Answer to Base
	Control measure.Summary // of Control to Base; N is 0 without
	Wanted  string          // the bounds, in words
	Try     int             // from 1
	names   [3]string       // of Answer, Base and Control
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
	var before []measure.Sample
	for try := range max(1, orDefault(r.Tries, 3)) {
		m, err := r.measure(ctx, before)
		if err != nil {
			return err
		}
		m.Try = try + 1
		if r.controlled() {
			before = m.Result.Samples
		}
		last = r.judge(m)
		if !isUnclear(last) {
			break
		}
	}
	return last
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func (r Ratio) controlled() bool { return r.Control.Run != nil }

// measure runs all variants, round by round, and adds the rounds to those before.
func (r Ratio) measure(ctx context.Context, before []measure.Sample) (*Measured, error) {
	variants := []measure.Variant{r.Base, r.Answer}
	if r.controlled() {
		variants = append(variants, r.Control)
	}
	result, err := measure.Interleave(ctx, r.Plan, variants...)
	if err != nil {
		return nil, err
	}
	for i, s := range before {
		result.Samples[i].Values = slices.Concat(s.Values, result.Samples[i].Values)
		result.Samples[i].Readings = slices.Concat(s.Readings, result.Samples[i].Readings)
	}
	m := &Measured{Result: result, Wanted: r.wanted(), names: [3]string{r.Answer.Name, r.Base.Name, r.Control.Name}}
	m.Ratio, err = result.Ratio(r.Base.Name, r.Answer.Name)
	if err == nil && r.controlled() {
		m.Control, err = result.Ratio(r.Base.Name, r.Control.Name)
	}
	return m, err
}

// judge says what a measurement means.
func (r Ratio) judge(m *Measured) error {
	high := r.AtMost
	if high == 0 {
		high = math.Inf(1)
	}
	noise := m.Result.Card.Verdict()
	if r.controlled() {
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
	rows = append(rows, [2]string{m.names[0] + " / " + m.names[1], m.Ratio.String() + ", asked for is " + m.Wanted})
	if m.Control.N > 0 {
		rows = append(rows, [2]string{m.names[2] + " / " + m.names[1], m.Control.String() + ", the control"})
	}
	rows = append(rows, [2]string{"machine", m.Result.Card.Short()})
	if m.Try > 1 {
		rows = append(rows, [2]string{"try", m.tries()})
	}
	return rows
}

// tries says which try this is, and what became of those before.
func (m *Measured) tries() string {
	if m.Control.N > 0 {
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
