package plots

import (
	"image/color"
	"math"
)

// The palette. Its first five hues follow Okabe and Ito ("Color Universal Design", 2008), darkened where their
// contrast with white is below 3:1; the sixth is dark, because a seventh hue would not be told apart; a test computes contrast and distance as seen with protan, deutan and tritan vision.
var (
	blue   = color.NRGBA{0x00, 0x72, 0xB2, 0xFF}
	orange = color.NRGBA{0xD5, 0x5E, 0x00, 0xFF}
	green  = color.NRGBA{0x00, 0x9E, 0x73, 0xFF}
	purple = color.NRGBA{0xA8, 0x4A, 0x86, 0xFF}
	sky    = color.NRGBA{0x3A, 0x96, 0xD0, 0xFF}
	indigo = color.NRGBA{0x33, 0x22, 0x88, 0xFF}
)

// Greys: ink for text, dim for axes, model for lines that come from a formula, faint for guides.
var (
	ink   = color.NRGBA{0x1A, 0x1A, 0x1A, 0xFF}
	dim   = color.NRGBA{0x55, 0x55, 0x55, 0xFF}
	model = color.NRGBA{0x80, 0x80, 0x80, 0xFF}
	faint = color.NRGBA{0xDD, 0xDD, 0xDD, 0xFF}
	white = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
)

var palette = [6]color.NRGBA{blue, orange, green, purple, sky, indigo}

// Color returns the palette's colour for the i-th series, from 0. After six it starts again: such a chart needs
// labels, not colours.
func Color(i int) color.NRGBA {
	return palette[((i%len(palette))+len(palette))%len(palette)]
}

// soft returns c with less ink, for areas and crowded points.
func soft(c color.NRGBA, alpha float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(v)*alpha + 255*(1-alpha) + 0.5) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xFF}
}

// on returns black or white, whichever reads better on c.
func on(c color.NRGBA) color.NRGBA {
	if luminance(c) > 0.2 { // where black and white contrast alike
		return ink
	}
	return white
}

// luminance is the relative luminance of WCAG 2.2, from 0 for black to 1 for white.
func luminance(c color.NRGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// linear undoes the gamma of sRGB.
func linear(v uint8) float64 {
	f := float64(v) / 255
	if f <= 0.04045 {
		return f / 12.92
	}
	return math.Pow((f+0.055)/1.055, 2.4)
}
