package slides

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// pageDark is the colour of a dark deck's pages, as dark.css has it.
const pageDark = 0x14181f

var hexColour = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)

// Darkened is the chart for a dark page: white becomes the page, black nearly white, and every colour between keeps its
// hue and its order. What is paler than another colour on white is nearer to the page than it here. A picture stays as
// it is.
func (c Chart) Darkened() Chart {
	c.SVG = darkenedDrawing(c.SVG)
	return c
}

// tag is a tag of a drawing. What is written between tags is text, and may well be about a colour.
var tag = regexp.MustCompile(`<[^<>]*>`)

func darkenedDrawing(svg []byte) []byte {
	return tag.ReplaceAllFunc(svg, func(tag []byte) []byte {
		return hexColour.ReplaceAllFunc(tag, func(hex []byte) []byte {
			v, err := strconv.ParseUint(string(hex[1:]), 16, 24)
			if err != nil {
				return hex
			}
			return fmt.Appendf(nil, "#%06X", darkened(uint32(v)))
		})
	})
}

var drawnInline = regexp.MustCompile(`(src="data:image/svg\+xml;base64,)([^"]*)"`)

// darkenedSections are sections of a deck whose drawings are for a dark page.
func darkenedSections(sections string) string {
	return drawnInline.ReplaceAllStringFunc(sections, func(src string) string {
		m := drawnInline.FindStringSubmatch(src)
		svg, err := base64.StdEncoding.DecodeString(m[2])
		if err != nil {
			return src
		}
		return m[1] + base64.StdEncoding.EncodeToString(darkenedDrawing(svg)) + `"`
	})
}

// darkened turns the lightness of a colour around. Oklab's lightness is even to the eye, and its hues stay what they are
// when it changes (Björn Ottosson, "A perceptual color space for image processing", 2020).
func darkened(rgb uint32) uint32 {
	const (
		brightest = 0.98
		lift      = 0.6 // below 1 what is between white and black comes out lighter: on a dark page it needs to be
	)
	page, c := oklab(pageDark), oklab(rgb)
	ink := math.Pow(max(0, 1-c.l), lift)
	light := page.l + (brightest-page.l)*ink
	out := lab{light, c.a + page.a*(1-ink), c.b + page.b*(1-ink)}
	for !out.shown() { // less colour, until a screen has it
		out.a, out.b = out.a*0.95, out.b*0.95
	}
	return out.rgb()
}

// lab is a colour in Oklab: lightness from 0 to 1, and two axes of colour.
type lab struct{ l, a, b float64 }

func oklab(rgb uint32) lab {
	linear := func(shift int) float64 {
		v := float64(rgb>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	r, g, b := linear(16), linear(8), linear(0)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return lab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// linear are red, green and blue, proportional to light; outside of 0 to 1 for a colour that no screen shows.
func (c lab) linear() [3]float64 {
	cube := func(v float64) float64 { return v * v * v }
	l := cube(c.l + 0.3963377774*c.a + 0.2158037573*c.b)
	m := cube(c.l - 0.1055613458*c.a - 0.0638541728*c.b)
	s := cube(c.l - 0.0894841775*c.a - 1.2914855480*c.b)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

func (c lab) shown() bool {
	for _, v := range c.linear() {
		if v < -0.001 || v > 1.001 {
			return false
		}
	}
	return true
}

func (c lab) rgb() (rgb uint32) {
	for _, v := range c.linear() {
		v = min(max(v, 0), 1)
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		rgb = rgb<<8 | uint32(math.Round(v*255))
	}
	return rgb
}
