// Package scaling fits the laws by which programs are said to speed up with more workers, and says when a law does
// not fit.
//
// With S(N) the speed-up that N workers give over one:
//
//   - Amdahl (1967): a fixed job of which the share s cannot be divided, S = 1/(s + (1-s)/N);
//   - Gustafson (1988): a job that grows with N and of whose time the share s cannot be divided, S = N - s(N-1);
//   - the universal scalability law (Gunther, Guerrilla Capacity Planning, 2007) with contention a and coherency b,
//     S = N/(1 + a(N-1) + bN(N-1)). It has two parameters and wants six loads or more.
//
// A law is fitted by least squares in the form in which it is linear in its parameters; the parameters are not
// forced into the range in which they mean something, so that a law that does not apply shows it. The package
// measures nothing and starts no goroutine.
package scaling

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"interleave/plots/stats"
)

// Point is the speed-up with N workers.
type Point struct {
	N       float64
	Speedup float64 // over one worker
	Lo, Hi  float64 // interval of Speedup; both 0 if there is none
}

// holds reports whether a value is within the interval, if there is one.
func (p Point) holds(speedup float64) bool { return p.Hi > 0 && p.Lo <= speedup && speedup <= p.Hi }

// Fit is a law with its parameters.
type Fit struct {
	Law    string
	A, B   float64 // Amdahl and Gustafson: A is the share s; USL: contention and coherency
	Points []Point // fitted to
	at     func(n float64) float64
}

// At is the speed-up that the law gives for n workers.
func (f Fit) At(n float64) float64 { return f.at(n) }

// ErrFewPoints says that there are not enough points for the parameters of a law.
var ErrFewPoints = errors.New("too few points")

// minLoads is how many loads a fit of the universal scalability law wants.
const minLoads = 6

// Amdahl fits the share that cannot be divided: 1/S - 1/N = s (1 - 1/N). It needs one point with N > 1.
func Amdahl(points ...Point) (Fit, error) {
	s, err := slope(points, 1, func(p Point) (x, y float64) { return 1 - 1/p.N, 1/p.Speedup - 1/p.N })
	return Fit{"Amdahl", s, 0, points, stats.Amdahl(s)}, err
}

// Gustafson fits the share of the time that cannot be divided: N - S = s (N-1). It needs one point with N > 1.
func Gustafson(points ...Point) (Fit, error) {
	s, err := slope(points, 1, func(p Point) (x, y float64) { return p.N - 1, p.N - p.Speedup })
	return Fit{"Gustafson", s, 0, points, stats.Gustafson(s)}, err
}

// USL fits contention and coherency: (N/S - 1)/(N-1) = a + bN. It needs points with at least six different N.
func USL(points ...Point) (Fit, error) {
	usable, err := usable(points, minLoads)
	if err != nil {
		return Fit{}, err
	}
	var sx, sy, sxx, sxy, n float64
	for _, p := range usable {
		if p.N == 1 {
			continue // 0 = 0 there, whatever a and b
		}
		x, y := p.N, (p.N/p.Speedup-1)/(p.N-1)
		sx, sy, sxx, sxy, n = sx+x, sy+y, sxx+x*x, sxy+x*y, n+1
	}
	b := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	a := (sy - b*sx) / n
	return Fit{"USL", a, b, points, stats.USL(a, b)}, nil
}

// slope is that of the line through the origin.
func slope(points []Point, need int, xy func(Point) (x, y float64)) (float64, error) {
	usable, err := usable(points, need+1)
	if err != nil {
		return 0, err
	}
	var sxx, sxy float64
	for _, p := range usable {
		x, y := xy(p)
		sxx, sxy = sxx+x*x, sxy+x*y
	}
	return sxy / sxx, nil
}

// usable are the points, with one of N = 1, where every law is right, and at least so many different N.
func usable(points []Point, need int) ([]Point, error) {
	loads := map[float64]bool{1: true}
	for _, p := range points {
		if !(p.N >= 1) || !(p.Speedup > 0) || math.IsInf(p.N, 0) || math.IsInf(p.Speedup, 0) {
			return nil, fmt.Errorf("scaling: a speed-up of %v with %v workers", p.Speedup, p.N)
		}
		loads[p.N] = true
	}
	if len(loads) < need {
		return nil, fmt.Errorf("scaling: %w: %d loads, want %d", ErrFewPoints, len(loads), need)
	}
	return points, nil
}

// Tolerance is the largest residual, as a share of what was measured, with which a law still fits.
const Tolerance = 0.05

// Worst is the point at which a law is furthest from what was measured, with the residual: measured minus law, over
// measured. A point whose interval holds what the law says counts only when there is no other. Without points it is
// the worst of those fitted to.
func (f Fit) Worst(points ...Point) (Point, float64) {
	if len(points) == 0 {
		points = f.Points
	}
	residual := func(p Point) float64 { return (p.Speedup - f.At(p.N)) / p.Speedup }
	missed := slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.holds(f.At(p.N)) })
	if len(missed) > 0 {
		points = missed
	}
	worst := slices.MaxFunc(points, func(p, q Point) int {
		return cmp.Compare(math.Abs(residual(p)), math.Abs(residual(q)))
	})
	return worst, residual(worst)
}

// Verdict says whether the law may be used for these points, and if not why: a parameter outside of its range, or a
// residual above Tolerance at a point whose interval does not hold what the law says.
func (f Fit) Verdict(points ...Point) string {
	var against []string
	names := []string{"share s", ""}
	if f.Law == "USL" {
		names = []string{"contention a", "coherency b"}
	}
	for i, v := range []float64{f.A, f.B} {
		if v < -0.001 {
			against = append(against, fmt.Sprintf("its %s is negative (%.4f), which means nothing", names[i], v))
		}
	}
	p, r := f.Worst(points...)
	missed := !p.holds(f.At(p.N))
	if missed && math.Abs(r) > Tolerance {
		against = append(against, fmt.Sprintf("at %v workers it says %.2f, measured were %.2f (%+.0f %%)", p.N, f.At(p.N), p.Speedup, 100*r))
	}
	switch {
	case len(against) == 0 && missed:
		return fmt.Sprintf("%s: not rejected; no residual above %.1f %%", f, 100*math.Abs(r))
	case len(against) == 0:
		return fmt.Sprintf("%s: not rejected; every interval holds what it says", f)
	}
	return fmt.Sprintf("%s: REJECTED, %s", f, strings.Join(against, "; "))
}

// String writes the law with its parameters.
func (f Fit) String() string {
	if f.Law == "USL" {
		return fmt.Sprintf("USL with a = %.4f, b = %.4f", f.A, f.B)
	}
	return fmt.Sprintf("%s with s = %.4f", f.Law, f.A)
}
