package display

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"interleave/kernel/internal/events"
)

// The API is gophernotes's: these lines do not compile if a name, a shape or an alias changes.
var (
	_ func(string, any) Data         = Any
	_ func(any) Data                 = Auto
	_ func(string, string) Data      = File
	_ func(image.Image) Data         = Image
	_ func(string, any) Data         = MakeData
	_ func(string, string, any) Data = MakeData3
	_ func(MIMEMap, MIMEMap) Data    = MIME
	_ func(Data) error               = Display

	_ struct{ Data, Metadata, Transient map[string]any } = Data{}
	_ interface{ Render() Data }                         = Renderer(nil)
)

func TestConstructors(t *testing.T) {
	bin := []byte{0x89, 'P'}
	obj := map[string]any{"a": 1.0}
	for name, c := range map[string]struct {
		got  Data
		want MIMEMap
	}{
		"HTML":       {HTML("<b>"), MIMEMap{"text/html": "<b>", "text/plain": "<b>"}},
		"JavaScript": {JavaScript("f()"), MIMEMap{"application/javascript": "f()", "text/plain": "f()"}},
		"Markdown":   {Markdown("*a*"), MIMEMap{"text/markdown": "*a*", "text/plain": "*a*"}},
		"SVG":        {SVG("<svg/>"), MIMEMap{"image/svg+xml": "<svg/>", "text/plain": "<svg/>"}},
		"PNG":        {PNG(bin), MIMEMap{"image/png": bin, "text/plain": "image/png, 2 bytes"}},
		"JPEG":       {JPEG(bin), MIMEMap{"image/jpeg": bin, "text/plain": "image/jpeg, 2 bytes"}},
		"PDF":        {PDF(bin), MIMEMap{"application/pdf": bin, "text/plain": "application/pdf, 2 bytes"}},
		"JSON":       {JSON(obj), MIMEMap{"application/json": obj, "text/plain": "map[\"a\":1]"}},
		"Latex":      {Latex("$x^2$"), MIMEMap{"text/latex": "$x^2$", "text/plain": "$x^2$"}},
		"bare Latex": {Latex("x^2"), MIMEMap{"text/latex": "$x^2$", "text/plain": "x^2"}},
		"Math":       {Math("x^2"), MIMEMap{"text/latex": "$$x^2$$", "text/plain": "x^2"}},
		"MakeData":   {MakeData("a/b", 3), MIMEMap{"a/b": 3, "text/plain": "3"}},
		"plain":      {MakeData("text/plain", "s"), MIMEMap{"text/plain": "s"}},
		"no type":    {MakeData("", "s"), MIMEMap{"text/plain": "s"}},
		"MakeData3":  {MakeData3("a/b", "t", 3), MIMEMap{"a/b": 3, "text/plain": "t"}},
		"MIME":       {MIME(MIMEMap{"a/b": 1}, nil), MIMEMap{"a/b": 1}},
		// what gophernotes did not show, or showed as base64
		"Any string":  {Any("", "s"), MIMEMap{"text/plain": "s"}},
		"Any buffer":  {Any("image/svg+xml", bytes.NewBufferString("<svg/>")), MIMEMap{"image/svg+xml": "<svg/>", "text/plain": "<svg/>"}},
		"Any reader":  {Any("text/html", io.LimitReader(strings.NewReader("<p>xy"), 4)), MIMEMap{"text/html": "<p>x", "text/plain": "<p>x"}},
		"Any bytes":   {Any("text/plain", []byte("s")), MIMEMap{"text/plain": "s"}},
		"Any one of":  {Any("text/html", bold{"x"}), MIMEMap{"text/html": "<b>x</b>", "text/plain": "x"}},
		"Auto bytes":  {Auto([]byte("<!DOCTYPE html><p>")), MIMEMap{"text/html": "<!DOCTYPE html><p>", "text/plain": "<!DOCTYPE html><p>"}},
		"Auto string": {Auto("<p>"), MIMEMap{"text/plain": "<p>"}},
	} {
		if !reflect.DeepEqual(c.got.Data, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got.Data, c.want)
		}
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if got, want := File("text/plain", write("a.txt", "hello")).Data, (MIMEMap{"text/plain": "hello"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := File("", write("a.svg", "<?xml version='1.0'?>\n<svg/>")).Data[MIMETypeSVG]; got != "<?xml version='1.0'?>\n<svg/>" {
		t.Errorf("SVG file: %v", got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

type brokenWriter struct{}

func (brokenWriter) WriteTo(io.Writer) (int64, error) { return 0, errors.New("out of ink") }

type brokenImage struct{ image.Image }

func (brokenImage) At(int, int) color.Color { panic("no pixels") }
func (brokenImage) Bounds() image.Rectangle { return image.Rect(0, 0, 1, 1) }
func (brokenImage) ColorModel() color.Model { return color.RGBAModel }

// TestBadInput: a function without an error gives a text that says what is wrong.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		got  Data
		want string
	}{
		{File("text/plain", "/no/such/file"), "display.File: open /no/such/file: no such file or directory"},
		{Any("text/html", 42), "display.Any: cannot show int as \"text/html\": want"},
		{Any("", nil), "display.Any: cannot show <nil>"},
		{Any("", brokenReader{}), "display.Any: the line is cut"},
		{Any("", brokenWriter{}), "display.Any: out of ink"},
		{Image(nil), "display.Image: the image is nil"},
		{Image((*image.RGBA)(nil)), "display.Image: the image is nil"},
		{Image(brokenImage{}), "display.Image: display.brokenImage: panic: no pixels"},
		{Image(image.NewRGBA(image.Rect(0, 0, 0, 0))), "display.Image: png: invalid format: invalid image size: 0x0"},
		{Sized(42, 10, 10), "display.Sized: want a *plot.Plot or an image.Image, got int"},
		{Sized(nil, 10, 10), "display.Sized: want a *plot.Plot or an image.Image, got nil"},
		{Sized(image.NewRGBA(image.Rect(0, 0, 1, 1)), 0, 10), "display.Sized: 0 x 10: want"},
		{Table(nil), "display.Table: want a slice of structs, of maps or of slices, or a map, got <nil>"},
	} {
		got, _ := c.got.Data[MIMETypeText].(string)
		if len(c.got.Data) != 1 || !strings.HasPrefix(got, c.want) {
			t.Errorf("got %v, want %q", c.got.Data, c.want)
		}
	}
}

func TestSizedImage(t *testing.T) {
	d := Sized(image.NewRGBA(image.Rect(0, 0, 8, 6)), 80, 60)
	if want := (MIMEMap{MIMETypePNG: MIMEMap{"width": 80, "height": 60}}); !reflect.DeepEqual(d.Metadata, want) {
		t.Errorf("metadata %v", d.Metadata)
	}
	img, err := png.Decode(bytes.NewReader(d.Data[MIMETypePNG].([]byte)))
	if err != nil || img.Bounds().Dx() != 8 || d.Data[MIMETypeText] != "image: 8 x 6 pixels" {
		t.Errorf("%v %v %v", img.Bounds(), err, d.Data[MIMETypeText])
	}
}

// TestOnTheWire: what leaves is text as string, bytes as bytes, and JSON that is known to encode.
func TestOnTheWire(t *testing.T) {
	f := connect(t)
	if err := Display(MIME(MIMEMap{
		"image/svg+xml":                []byte("<svg/>"),
		"image/png":                    []byte{1, 2},
		"application/json":             `{"a": 1}`,
		"application/vnd.x+json":       []any{1},
		"application/vnd.plain.object": map[string]int{"a": 1},
		"text/html":                    "a\xffb",
		"text/plain":                   42,
	}, nil)); err != nil {
		t.Fatal(err)
	}
	want := MIMEMap{
		"image/svg+xml":                "<svg/>",
		"image/png":                    []byte{1, 2},
		"application/json":             json.RawMessage(`{"a": 1}`),
		"application/vnd.x+json":       []any{1},
		"application/vnd.plain.object": map[string]int{"a": 1},
		"text/html":                    "a�b",
		"text/plain":                   "42",
	}
	if e := f.taken(); len(e) != 1 || e[0].Kind != events.Display || !reflect.DeepEqual(e[0].Data, want) {
		t.Errorf("got %+v", e)
	}
	for _, d := range []Data{
		{Data: MIMEMap{"nonsense": 1}},
		{Data: MIMEMap{"application/json": func() {}}},
		{Data: MIMEMap{"application/json": []byte("{")}},
		{Data: MIMEMap{"text/plain": "x"}, Metadata: MIMEMap{"a": make(chan int)}},
	} {
		if err := Display(d); err == nil || !strings.HasPrefix(err.Error(), "cannot display: ") {
			t.Errorf("%v: error %v", d, err)
		}
	}
	if err := Display(Data{}); err != nil || len(f.taken()) != 0 {
		t.Errorf("an empty Data: %v", err)
	}
}

func TestSniff(t *testing.T) {
	for in, want := range map[string]string{
		"\x89PNG\r\n\x1a\n...":             MIMETypePNG,
		"\xff\xd8\xff\xe0":                 MIMETypeJPEG,
		"GIF89a":                           "image/gif",
		"RIFF\x00\x00\x00\x00WEBPVP8 ":     "image/webp",
		"%PDF-1.7":                         MIMETypePDF,
		" \n<html>":                        MIMETypeHTML,
		"<svg xmlns='x'>":                  MIMETypeSVG,
		"<?xml version='1.0'?><svg/>":      MIMETypeSVG,
		"<?xml version='1.0'?><feed/>":     "text/xml",
		"hello, wörld":                     MIMETypeText,
		"":                                 MIMETypeText,
		"\x00\x01\x02":                     "application/octet-stream",
		"\x1a\x45\xdf\xa3":                 "video/webm",
		"\x00\x00\x00\x18ftypmp42":         "video/mp4",
		"RIFF\x00\x00\x00\x00WAVEfmt \xff": "audio/wave",
	} {
		if got := sniff([]byte(in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range []string{"", "%PDF-", "<?xml <svg", "RIFF\x00\x00\x00\x00WAVE", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m := sniff(b); !strings.Contains(m, "/") {
			t.Errorf("%q is no MIME type", m)
		}
		d := Auto(b)
		if _, err := normal(d.Data); err != nil {
			t.Error(err)
		}
	})
}
