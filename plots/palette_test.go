package plots

import (
	"image/color"
	"math"
	"testing"
)

// vision holds the matrices of Machado, Oliveira and Fernandes ("A Physiologically-based Model for Simulation of
// Color Vision Deficiency", 2009) for complete deficiency, on linear RGB.
var vision = map[string][9]float64{
	"common": {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protan": {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deutan": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritan": {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// lab converts to CIE L*a*b* (D65) as seen with the given matrix.
func lab(c color.NRGBA, m [9]float64) [3]float64 {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var v [3]float64
	for i := range v {
		for k := range in {
			v[i] += m[3*i+k] * in[k]
		}
		v[i] = min(max(v[i], 0), 1)
	}
	x := (0.4124564*v[0] + 0.3575761*v[1] + 0.1804375*v[2]) / 0.95047
	y := 0.2126729*v[0] + 0.7151522*v[1] + 0.0721750*v[2]
	z := (0.0193339*v[0] + 0.1191920*v[1] + 0.9503041*v[2]) / 1.08883
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Each colour stands out from white by 3:1 (WCAG 2.2, graphics), letters on it by 4.5:1, and any two of the first
// four differ by at least 15 (CIE 1976), of all six by at least 8, for each kind of vision.
func TestPalette(t *testing.T) {
	for i, c := range palette {
		if r := contrast(c, white); r < 3 {
			t.Errorf("colour %d: contrast with white %.2f", i, r)
		}
		if r := contrast(c, on(c)); r < 4.5 {
			t.Errorf("colour %d: contrast with its letters %.2f", i, r)
		}
	}
	for name, m := range vision {
		for i, a := range palette {
			for j := range i {
				x, y := lab(a, m), lab(palette[j], m)
				d := math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
				if want := map[bool]float64{true: 15, false: 8}[i < 4]; d < want {
					t.Errorf("%s vision: colours %d and %d differ by %.1f", name, j, i, d)
				}
			}
		}
	}
}
