// Package gonum makes package display draw gonum plots at twice the resolution of the page: imported for its
// effect, where gonum.org/v1/plot is linked.
//
//	import _ "interleave/kernel/display/gonum"
//
// plot.Plot.WriterTo knows one resolution for PNG, 96 dots an inch, and asking it for a picture of double size
// gives a chart with letters half as large. A canvas takes a resolution, and a plot draws itself on any
// canvas, so the picture here has the layout of the size asked for and four times its pixels.
//
// The package also changes what gonum's plots do by themselves: plot.DefaultTextHandler becomes [letters.Handler], which takes
// letters that the plot's font lacks from other fonts, and Save and WriterTo draw on the canvases of package canvas.
package gonum

import (
	"bytes"
	"fmt"
	"image"
	"reflect"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"interleave/kernel/display/internal/chart"
	"interleave/plots/canvas"
	"interleave/plots/letters"
)

const dotsPerInch = 2 * 96

// drawer is a *plot.Plot and what embeds one.
type drawer interface{ Draw(draw.Canvas) }

func init() {
	chart.Register(match)
	plot.DefaultTextHandler = letters.Handler{Plain: text.Plain{Fonts: font.DefaultCache}}
	registerFormats()
}

func match(v any) chart.Draw {
	p, ok := v.(drawer)
	if !ok {
		return nil
	}
	return func(width, height float64) ([]byte, error) {
		defer func() {
			if r := recover(); r != nil {
				panic(explain(v, r))
			}
		}()
		img := blank(vg.Length(width), vg.Length(height))
		on := canvas.New(img, dotsPerInch)
		p.Draw(draw.New(on))
		chart.Tell(on.Missing().Notes())
		var buf bytes.Buffer
		err := encode(&buf, img)
		images.Put(img)
		return buf.Bytes(), err
	}
}

// logarithmic are the names of the axes of a plot on which values that are not above 0 have no place. Of a type that embeds a
// plot the field is looked at.
func logarithmic(v any) (names []string) {
	p, ok := v.(*plot.Plot)
	if r := reflect.Indirect(reflect.ValueOf(v)); !ok && r.Kind() == reflect.Struct {
		if f := r.FieldByName("Plot"); f.IsValid() && f.CanInterface() {
			p, _ = f.Interface().(*plot.Plot)
		}
	}
	if p == nil {
		return nil
	}
	for name, axis := range map[string]plot.Axis{"X": p.X, "Y": p.Y} {
		_, scale := axis.Scale.(plot.LogScale)
		_, marks := axis.Tick.Marker.(plot.LogTicks)
		if scale || marks {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// explain words what gonum panics with when a logarithmic axis meets a value that has no logarithm, with the axis and the cure.
func explain(v, panicked any) any {
	names := logarithmic(v)
	if !strings.Contains(fmt.Sprint(panicked), "greater than 0 for a log") || len(names) == 0 {
		return panicked
	}
	axes := "axis is"
	if len(names) > 1 {
		axes = "axes are"
	}
	return fmt.Sprintf("its %s %s logarithmic, and some of its values are 0 or less, which have no logarithm: leave them out, or use a linear axis (%s.Scale = plot.LinearScale{}, and Tick.Marker = plot.DefaultTicks{})",
		strings.Join(names, " and "), axes, names[0])
}

// images are those of drawings that are encoded: the next one of their size need not take 4 MB of new memory.
var images sync.Pool

// blank is an image for a drawing of this size; what is on it does not matter.
func blank(width, height vg.Length) *image.RGBA {
	r := canvas.Bounds(width, height, dotsPerInch)
	if img, ok := images.Get().(*image.RGBA); ok && img.Rect == r {
		return img
	}
	return image.NewRGBA(r)
}
