package letters_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"gonum.org/v1/plot/vg/vgimg"

	"interleave/plots/letters"
)

// folder makes a folder the only one that is searched for fonts.
func folder(t testing.TB, dir string) { t.Setenv(letters.FoldersVariable, dir) }

const testFonts = "testdata/fonts"

var cache = font.NewCache(liberation.Collection())

func sans(weight xfont.Weight) font.Face {
	return cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, 12)
}

// spelled are runs as text: a run of another font stands in brackets, one of boxes with the letters that are lost.
func spelled(face font.Face, runs []letters.Run) string {
	var b strings.Builder
	for _, r := range runs {
		switch {
		case r.Lost != "":
			fmt.Fprintf(&b, "{%s for %s}", r.Text, r.Lost)
		case r.Face.Face != face.Face:
			fmt.Fprintf(&b, "[%s]", r.Text)
		default:
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

// A line is split where its font has to change. Letters that no font has, and those that cannot stand alone, become boxes.
func TestRuns(t *testing.T) {
	for _, c := range []struct{ name, line, want, without string }{
		{"ordinary", "Zeit (µs) λ→∞ Привет", "Zeit (µs) λ→∞ Привет", ""},
		{"Chinese", "漢字", "[漢字]", "{□□ for 漢字}"},
		{"mixed", "時間 (ms)", "[時間] (ms)", "{□□ for 時間} (ms)"},
		{"Japanese, Korean", "かなカナ、한글", "[かなカナ、한글]", "{□□□□□□□ for かなカナ、한글}"},
		{"wide blank", "漢\u3000字", "[漢\u3000字]", "{□ for 漢} {□ for 字}"},
		{"not in the font", "漢龘", "[漢]{□ for 龘}", "{□□ for 漢龘}"},
		{"emoji, with its selector and joiner", "a 😀\ufe0f\u200d b", "a {□ for 😀} b", ""},
		{"Arabic", "x عرب y", "x {□□□ for عرب} y", ""},
		{"Devanagari, with a mark below", "हु", "{□ for हु}", ""},
		{"Thai", "กำ", "{□□ for กำ}", ""},
		{"Hebrew goes from right to left", "a שלום 12 (b)", "a םולש 12 (b)", ""},
		{"Hebrew with a number and brackets", "אב (12) גד", "דג (12) בא", ""},
		{"control characters", "a\tb\x01c", "a b c", ""},
		{"bytes that are not UTF-8", "a\xffb", "a□b", ""},
		{"soft hyphen", "co\u00adop", "coop", ""},
		{"nothing", "", "", ""},
	} {
		folder(t, testFonts)
		face := sans(xfont.WeightNormal)
		got := spelled(face, letters.Runs(face, c.line))
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		folder(t, "")
		want := c.without
		if want == "" {
			want = c.want
		}
		got = spelled(face, letters.Runs(face, c.line))
		if got != want {
			t.Errorf("%s, without fonts: %q, want %q", c.name, got, want)
		}
	}
}

// What is measured is what is drawn: the widths of the runs, in the font of each.
func TestWidth(t *testing.T) {
	folder(t, testFonts)
	face := sans(xfont.WeightNormal)
	if got := letters.Width(face, "plain AV text"); got != face.Width("plain AV text") {
		t.Errorf("an ordinary text is %v wide, by its font %v", got, face.Width("plain AV text"))
	}
	if got := letters.Width(face, "漢字"); got != 24 {
		t.Errorf("two Chinese letters of 12 points are %v wide, want 24", got)
	}
	if got, want := letters.Width(face, "漢 ms"), 12+face.Width(" ms"); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	folder(t, "")
	if got, want := letters.Width(face, "漢字"), face.Width("□□"); got != want {
		t.Errorf("two boxes are %v wide, want %v", got, want)
	}
}

// A bold text takes the bold font if that has the letter, and else the other.
func TestWeight(t *testing.T) {
	folder(t, testFonts)
	for weight, want := range map[xfont.Weight]string{xfont.WeightNormal: "Regular.ttc", xfont.WeightBold: "Bold.otf"} {
		r := letters.Runs(sans(weight), "漢")[0]
		if !strings.Contains(string(r.Face.Font.Typeface), want) || r.Face.Font.Weight != weight {
			t.Errorf("%v: %v", weight, r.Face.Font)
		}
	}
	if r := letters.Runs(sans(xfont.WeightBold), "時")[0]; r.Lost != "" {
		t.Error("a letter that the bold font lacks is lost")
	}
}

// Of a collection's fonts the one for the user's place is taken.
func TestPlace(t *testing.T) {
	name := func(locale string) string {
		t.Setenv("LC_ALL", locale)
		dir := t.TempDir() // so that nothing of before is used
		copyFile(t, testFonts+"/NotoSansCJK-Regular.ttc", dir+"/NotoSansCJK-Regular.ttc")
		folder(t, dir)
		name, err := letters.Runs(sans(xfont.WeightNormal), "骨")[0].Face.Face.Name(nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	for locale, want := range map[string]string{
		"zh_CN.UTF-8": "Noto Sans CJK SC", "ja_JP.UTF-8": "Noto Sans CJK JP", "de_DE.UTF-8": "Noto Sans CJK JP", "ko_KR.UTF-8": "Noto Sans CJK JP",
	} {
		if got := name(locale); got != want {
			t.Errorf("%s: %s, want %s", locale, got, want)
		}
	}
}

// Notes name the letters, each once, and what to do.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"漢字漢", []string{"the chart's font has no letters for 漢 字; install a font that has them, for example the Debian package fonts-noto-cjk, and run the cell again"}},
		{"漢😀ა", []string{"the chart's font has no letters for 漢 😀 ა; install a font that has them, for example the Debian packages fonts-noto-cjk and fonts-symbola and fonts-noto-core, and run the cell again"}},
		{"عर", []string{"charts can't write ع र, because letters of this script take their shape from their neighbours; write this text outside the chart"}},
		{"ع字", []string{
			"the chart's font has no letters for 字; install a font that has them, for example the Debian package fonts-noto-cjk, and run the cell again",
			"charts can't write ع, because letters of this script take their shape from their neighbours; write this text outside the chart",
		}},
	} {
		var m letters.Missing
		m.Add(c.text)
		if got := m.Notes(); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
	var many letters.Missing
	for r := '一'; r < '一'+40; r++ {
		many.Add(string(r))
	}
	if n := many.Notes(); len(n) != 1 || !strings.Contains(n[0], " and 24 more;") {
		t.Errorf("of 40 letters: %q", n)
	}
}

// The handler places a text as gonum's does, with the widths of all fonts, and splits it on canvases of pixels only: a document
// holds the text whole.
func TestHandler(t *testing.T) {
	folder(t, testFonts)
	plain := text.Plain{Fonts: cache}
	ours := letters.Handler{Plain: plain}
	style := text.Style{Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: 12}, XAlign: text.XCenter, YAlign: text.YTop}
	actions := func(h text.Handler, txt string, rotation float64) []recorder.Action {
		var c recorder.Canvas
		s := style
		s.Handler, s.Rotation = h, rotation
		h.Draw(draw.NewCanvas(sized{&c}, 100, 100), txt, s, vg.Point{X: 50, Y: 60})
		return c.Actions
	}
	for _, rotation := range []float64{0, 0.7} {
		const txt = "two AV\nlines"
		if got, want := calls(actions(ours, txt, rotation)), calls(actions(plain, txt, rotation)); got != want {
			t.Errorf("an ordinary text is drawn as\n%s\ngonum does\n%s", got, want)
		}
	}
	if got := calls(actions(ours, "時間 ms", 0)); strings.Count(got, "FillString") != 1 || !strings.Contains(got, "時間 ms") {
		t.Errorf("a document gets %s", got)
	}
	style.Handler = ours
	if got := style.Width("漢字\nab"); got != 24 {
		t.Errorf("a text is %v wide, want 24", got)
	}
	image := vgimg.New(100, 50)
	ours.Draw(draw.New(image), "漢", style, vg.Point{X: 50, Y: 40})
	if ink(image) == 0 {
		t.Error("nothing is drawn on gonum's own canvas of pixels")
	}
}

type sized struct{ *recorder.Canvas }

func (sized) Size() (vg.Length, vg.Length) { return 100, 100 }

func calls(actions []recorder.Action) string {
	var b strings.Builder
	for _, a := range actions {
		b.WriteString(a.Call() + "\n")
	}
	return b.String()
}

// ink is how many pixels are dark.
func ink(c *vgimg.Canvas) (n int) {
	img := c.Image()
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				n++
			}
		}
	}
	return n
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
