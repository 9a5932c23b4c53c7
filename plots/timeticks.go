package plots

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
)

// TimeTicks marks an axis of points in time at round seconds, minutes, hours, days, months or years. Values are seconds
// since 1970 in UTC, as [Unix] and gonum's own plot.TimeTicks have them. The date stands below the first mark and where it
// changes. It serves plain gonum plots too: p.X.Tick.Marker = plots.TimeTicks{}.
type TimeTicks struct {
	Zone *time.Location // nil is UTC
}

// Unix is a point in time as the value of an axis, in seconds since 1970 in UTC.
func Unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// moment is the point in time that a value of an axis stands for, to a microsecond: a float64 holds no more.
func (m TimeTicks) moment(v float64) time.Time {
	whole := math.Floor(v)
	return time.Unix(int64(whole), int64(math.Round((v-whole)*1e6))*1000).In(cmp.Or(m.Zone, time.UTC))
}

// calendar is a step between marks of a minute or more, in the units of a calendar.
type calendar struct {
	years, months, days, hours, minutes int
	seconds                             float64 // about so long it is
}

// calendars are the steps that are round to a reader of clocks and calendars, from the shortest.
var calendars = func() (list []calendar) {
	for _, n := range []int{1, 2, 5, 10, 15, 30} {
		list = append(list, calendar{minutes: n, seconds: float64(n) * 60})
	}
	for _, n := range []int{1, 2, 3, 6, 12} {
		list = append(list, calendar{hours: n, seconds: float64(n) * 3600})
	}
	for _, n := range []int{1, 2, 7, 14} {
		list = append(list, calendar{days: n, seconds: float64(n) * 86400})
	}
	for _, n := range []int{1, 2, 3, 6} {
		list = append(list, calendar{months: n, seconds: float64(n) * 30.44 * 86400})
	}
	for n := 1; n <= 1e6; n *= 10 {
		for _, m := range []int{1, 2, 5} {
			list = append(list, calendar{years: n * m, seconds: float64(n*m) * 365.25 * 86400})
		}
	}
	return list
}()

// An axis has about so many marks at most: labels with seconds are wider, and those with parts of one wider still.
const (
	timeMarks   = 8
	secondMarks = 6
	partMarks   = 4
)

// Ticks implements plot.Ticker.
func (m TimeTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) || math.Abs(lo) > 1e11 || math.Abs(hi) > 1e11 { // beyond the years that package time writes well
		return ticks{}.Ticks(lo, hi)
	}
	if hi-lo <= 30*secondMarks {
		return level(m.seconds(lo, hi))
	}
	raw := (hi - lo) / timeMarks
	step := calendars[len(calendars)-1]
	for _, c := range calendars {
		if c.seconds >= raw {
			step = c
			break
		}
	}
	var list []plot.Tick
	before := time.Time{}
	for t := step.first(m.moment(lo)); ; t = step.next(t) {
		v := Unix(t)
		if v > hi {
			return level(step.apart(list))
		}
		if v >= lo && (before.IsZero() || t.After(before)) {
			list = append(list, plot.Tick{Value: v, Label: step.label(t, before)})
			before = t
		}
	}
}

// seconds are marks less than a minute apart.
func (m TimeTicks) seconds(lo, hi float64) []plot.Tick {
	raw := (hi - lo) / secondMarks
	if raw < 0.5 {
		raw = (hi - lo) / partMarks
	}
	step := niceStep(raw)
	for _, round := range []float64{5, 10, 15, 30} {
		if raw > 2 && raw <= round {
			step = round
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	layout := "15:04:05"
	if digits > 0 {
		layout += "." + "000000"[:min(digits, 6)]
	}
	var list []plot.Tick
	day := ""
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		t := m.moment(k * step)
		label := t.Format(layout)
		if d := t.Format("2 Jan 2006"); d != day {
			label += "\n" + d
			day = d
		}
		list = append(list, plot.Tick{Value: k * step, Label: label})
	}
	return list
}

// level gives each label a second line if any of them has one: they are centred on the height of their lines.
func level(list []plot.Tick) []plot.Tick {
	two := func(t plot.Tick) bool { return strings.Contains(t.Label, "\n") }
	if slices.ContainsFunc(list, two) {
		for i, t := range list {
			if !two(t) {
				list[i].Label += "\n "
			}
		}
	}
	return list
}

// first is the last round point in time at or before t.
func (c calendar) first(t time.Time) time.Time {
	y, month, d := t.Date()
	switch {
	case c.years > 0:
		return time.Date(y-mod(y, c.years), 1, 1, 0, 0, 0, 0, t.Location())
	case c.months > 0:
		return time.Date(y, month-time.Month(mod(int(month)-1, c.months)), 1, 0, 0, 0, 0, t.Location())
	case c.days >= 7: // Mondays
		return time.Date(y, month, d-mod(int(t.Weekday())-1, 7), 0, 0, 0, 0, t.Location())
	case c.days > 0:
		return time.Date(y, month, d-mod(d-1, c.days), 0, 0, 0, 0, t.Location())
	case c.hours > 0:
		return time.Date(y, month, d, t.Hour()-mod(t.Hour(), c.hours), 0, 0, 0, t.Location())
	}
	return time.Date(y, month, d, t.Hour(), t.Minute()-mod(t.Minute(), c.minutes), 0, 0, t.Location())
}

// next is the round point in time after t, which is one. Where a clock is put back or forward it goes by the clock.
func (c calendar) next(t time.Time) time.Time {
	y, month, d := t.Date()
	n := time.Date(y+c.years, month+time.Month(c.months), d+c.days, t.Hour()+c.hours, t.Minute()+c.minutes, 0, 0, t.Location())
	if c.days > 1 && c.days < 7 && n.Month() != month { // every second day begins again with each month
		n = time.Date(n.Year(), n.Month(), 1, 0, 0, 0, 0, t.Location())
	}
	if round := c.first(n); c.hours > 0 && round.After(t) { // after an hour that is left out
		n = round
	}
	if !n.After(t) {
		n = t.Add(time.Duration(c.seconds) * time.Second)
	}
	return n
}

// label names a mark, with what has changed since the mark before, or all of it where there is none.
func (c calendar) label(t, before time.Time) string {
	switch {
	case c.years > 0:
		return t.Format("2006")
	case c.months > 0:
		if before.IsZero() || before.Year() != t.Year() {
			return t.Format("Jan\n2006")
		}
		return t.Format("Jan")
	case c.days > 0:
		if before.IsZero() || before.Year() != t.Year() {
			return t.Format("2 Jan\n2006")
		}
		return t.Format("2 Jan")
	}
	if before.IsZero() || before.YearDay() != t.YearDay() || before.Year() != t.Year() {
		return t.Format("15:04\n2 Jan 2006")
	}
	return t.Format("15:04")
}

// apart takes the date off the first mark if the second one, which is at midnight then, has one: they would overlap.
func (c calendar) apart(list []plot.Tick) []plot.Tick {
	if c.hours+c.minutes > 0 && len(list) > 1 && strings.Contains(list[1].Label, "\n") {
		list[0].Label, _, _ = strings.Cut(list[0].Label, "\n")
	}
	return list
}

// mod is a modulo n, never less than 0.
func mod(a, n int) int { return ((a % n) + n) % n }
