package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// ticks puts about six labelled marks at multiples of 1, 2 or 5 of a power of ten.
type ticks struct{}

func (ticks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return []plot.Tick{{Value: lo, Label: number(lo)}}
	}
	step := niceStep((hi - lo) / 6)
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var list []plot.Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		v := k * step
		label := grouped(strconv.FormatFloat(v+0, 'f', digits, 64))
		if math.Abs(v) >= 1e10 || step < 1e-5 {
			label = strconv.FormatFloat(v+0, 'g', 4, 64)
		}
		list = append(list, plot.Tick{Value: v, Label: label})
	}
	return list
}

func niceStep(raw float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if raw <= m*base*(1+1e-9) {
			return m * base
		}
	}
	return 10 * base
}

// logTicks labels powers of ten; within less than two decades also 2 and 5 times these. All others are minor.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(lo > 0) || !(hi > lo) {
		return ticks{}.Ticks(lo, hi)
	}
	few := math.Log10(hi/lo) < 2
	every := math.Ceil(math.Log10(hi/lo) / 7)
	var list []plot.Tick
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for m := 1.0; m < 10; m++ {
			t := plot.Tick{Value: m * math.Pow(10, e)}
			if t.Value < lo*(1-1e-9) || t.Value > hi*(1+1e-9) {
				continue
			}
			if m == 1 && math.Mod(e, max(every, 1)) == 0 || few && (m == 2 || m == 5) {
				t.Label = number(t.Value)
			}
			list = append(list, t)
		}
	}
	return list
}

// at0 places named marks at 0, 1, 2, ...
type at0 []string

func (n at0) Ticks(lo, hi float64) []plot.Tick {
	var list []plot.Tick
	for i, name := range n {
		list = append(list, plot.Tick{Value: float64(i), Label: name})
	}
	return list
}

// number writes a value with four significant digits at most, without an exponent between 0.0001 and ten
// milliards, and above 1000 as a whole number.
func number(v float64) string {
	abs := math.Abs(v)
	if v == 0 || abs >= 1e10 || abs < 1e-4 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	if abs >= 1000 {
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// grouped puts commas between thousands of a whole number of five digits or more.
func grouped(s string) string {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < 5 || strings.Contains(s, ".") {
		return s
	}
	sign := s[:len(s)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
