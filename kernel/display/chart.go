package display

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"reflect"

	"interleave/kernel/display/internal/chart"
)

// The size of a chart that is shown without Sized, in CSS pixels.
const (
	chartWidth  = 640
	chartHeight = 400
	maxSide     = 8192 // of a picture: a larger one is a slip, and its pixels would not fit in memory
)

const pointsPerPixel = 72.0 / 96 // CSS defines a pixel as 1/96 inch

// Sized shows a chart or an image at the given size, in CSS pixels. A chart (a gonum *plot.Plot, or a type
// that embeds one) is drawn for this size: larger means more room, not larger letters. An image is scaled by
// the front end.
func Sized(v any, width, height int) Data {
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return complain("Sized", fmt.Errorf("%d x %d: want a width and height between 1 and %d CSS pixels", width, height, maxSide))
	}
	if v == nil || isNilPointer(v) {
		return complain("Sized", errors.New("want a *plot.Plot or an image.Image, got nil"))
	}
	if img, ok := v.(image.Image); ok {
		return picture(img, width, height)
	}
	if d, ok := renderChart(v, width, height); ok {
		return d
	}
	return complain("Sized", fmt.Errorf("want a *plot.Plot or an image.Image, got %s", typeName(v)))
}

// renderChart shows a gonum plot; ok is false for anything else. A plot that cannot be drawn (a logarithmic
// axis with zeros panics) gives text that says why.
func renderChart(v any, width, height int) (d Data, ok bool) {
	draw := chart.Lookup(v)
	if draw == nil {
		draw = byWriterTo(v)
	}
	if draw == nil {
		return Data{}, false
	}
	defer func() {
		if r := recover(); r != nil {
			d, ok = chartFault(v, errors.New(panicText(r))), true
		}
	}()
	b, err := draw(float64(width)*pointsPerPixel, float64(height)*pointsPerPixel)
	if err != nil {
		return chartFault(v, err), true
	}
	return pngData(b, width, height, chartText(v, width, height)), true
}

func chartFault(v any, err error) Data {
	return failed(fmt.Sprintf("cannot draw %s: %s", typeName(v), err))
}

// byWriterTo returns a function that draws with the value's own WriterTo method, at 96 dots an inch, or nil
// if v has no method of the shape WriterTo(width, height Length, format string) (io.WriterTo, error), where
// Length is a float64. It is how a plot is known where nothing registered for its type.
func byWriterTo(v any) chart.Draw {
	m := reflect.ValueOf(v).MethodByName("WriterTo")
	if !m.IsValid() {
		return nil
	}
	t := m.Type()
	if t.NumIn() != 3 || t.NumOut() != 2 || t.IsVariadic() ||
		t.In(0).Kind() != reflect.Float64 || t.In(1) != t.In(0) || t.In(2).Kind() != reflect.String ||
		t.Out(0) != reflect.TypeFor[io.WriterTo]() || t.Out(1) != reflect.TypeFor[error]() {
		return nil
	}
	return func(width, height float64) ([]byte, error) {
		length := func(f float64) reflect.Value { return reflect.ValueOf(f).Convert(t.In(0)) }
		out := m.Call([]reflect.Value{length(width), length(height), reflect.ValueOf("png").Convert(t.In(2))})
		if err, _ := out[1].Interface().(error); err != nil {
			return nil, err
		}
		w, _ := out[0].Interface().(io.WriterTo)
		if w == nil {
			return nil, errors.New("WriterTo returned nothing")
		}
		var buf bytes.Buffer
		_, err := w.WriteTo(&buf)
		return buf.Bytes(), err
	}
}

// chartText stands for a chart where pictures cannot be shown: its title, read from the field Title.Text.
func chartText(v any, width, height int) string {
	title := ""
	if r := reflect.Indirect(reflect.ValueOf(v)); r.Kind() == reflect.Struct {
		if f, err := fieldByName(r, "Title"); err == nil && f.Kind() == reflect.Struct {
			if f, err = fieldByName(f, "Text"); err == nil && f.Kind() == reflect.String {
				title = " " + f.String()
			}
		}
	}
	return fmt.Sprintf("plot:%s (%d x %d)", title, width, height)
}

// fieldByName finds a field also in embedded structs; a nil pointer on the way is an error, not a panic.
func fieldByName(r reflect.Value, name string) (reflect.Value, error) {
	f, ok := r.Type().FieldByName(name)
	if !ok {
		return reflect.Value{}, errors.New("no such field")
	}
	return r.FieldByIndexErr(f.Index)
}
