package gonum

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
)

// encode writes a drawing as PNG, with a palette if that shows the same picture: a chart of five coloured
// lines at 1280 x 800 pixels takes 10 ms and 39 KB then, against 33 ms and 156 KB in true colour. Notebooks are
// committed with their charts, and a chart is drawn each time its cell runs.
func encode(w io.Writer, img image.Image) error {
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if m, ok := img.(*image.RGBA); ok && m.Opaque() && m.Stride == 4*m.Rect.Dx() {
		if p := paletted(m); p != nil {
			return enc.Encode(w, p)
		}
	}
	return enc.Encode(w, img)
}

// rgb is a colour as one number; the alpha of a chart is always 255.
type rgb uint32

func (c rgb) color() color.Color {
	return color.RGBA{byte(c), byte(c >> 8), byte(c >> 16), 255}
}

// near reports whether no channel differs by more than tolerance.
func (c rgb) near(d rgb, tolerance int) bool {
	for shift := 0; shift < 24; shift += 8 {
		diff := int(c>>shift&255) - int(d>>shift&255)
		if diff > tolerance || -diff > tolerance {
			return false
		}
	}
	return true
}

const (
	paletteSize = 256
	maxColors   = 8192 // of a chart; more come from a gradient or a photograph
)

// tolerances are how far a channel may be off, of 255, in the order tried.
var tolerances = []int{0, 2, 4, 6, 8, 10, 12}

// paletted returns m with a palette, or nil if it has too many colours. Up to 256 colours are kept exactly.
// More come from the blended pixels along coloured lines and letters: then the commonest colours are kept
// and each rare one becomes the commonest that is near enough.
func paletted(m *image.RGBA) *image.Paletted {
	count := map[rgb]int{}
	forRuns(m, func(c rgb, from, to int) { count[c] += to - from })
	if len(count) > maxColors {
		return nil
	}
	colors := make([]rgb, 0, len(count))
	for c := range count {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b rgb) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	for _, tolerance := range tolerances {
		palette, index := share(colors, tolerance)
		if index == nil {
			continue
		}
		out := image.NewPaletted(m.Rect, palette)
		forRuns(m, func(c rgb, from, to int) {
			i := index[c]
			for p := from; p < to; p++ {
				out.Pix[p] = i
			}
		})
		return out
	}
	return nil
}

// share gives each colour a place in a palette, the first ones a place of their own. It returns nil if they
// do not fit with this tolerance.
func share(colors []rgb, tolerance int) (color.Palette, map[rgb]byte) {
	if tolerance == 0 && len(colors) > paletteSize {
		return nil, nil
	}
	var places []rgb
	index := make(map[rgb]byte, len(colors))
	for _, c := range colors {
		i := -1
		if tolerance > 0 {
			i = slices.IndexFunc(places, func(d rgb) bool { return c.near(d, tolerance) })
		}
		if i < 0 {
			if i = len(places); i == paletteSize {
				return nil, nil
			}
			places = append(places, c)
		}
		index[c] = byte(i)
	}
	palette := make(color.Palette, len(places))
	for i, c := range places {
		palette[i] = c.color()
	}
	return palette, index
}

// forRuns calls f for each run of pixels of one colour.
func forRuns(m *image.RGBA, f func(c rgb, from, to int)) {
	from, last := 0, rgb(0)
	n := len(m.Pix) / 4
	for i := range n {
		q := m.Pix[4*i : 4*i+3 : 4*i+3]
		c := rgb(q[0]) | rgb(q[1])<<8 | rgb(q[2])<<16
		if i > 0 && c != last {
			f(last, from, i)
			from = i
		}
		last = c
	}
	if n > 0 {
		f(last, from, n)
	}
}
