package plots_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"interleave/plots"
	"interleave/plots/letters"
)

// words is a chart in letters of several alphabets.
func words(t *testing.T, labels plots.Labels, group string) *plots.Chart {
	t.Helper()
	kind, err := plots.NewECDF("ms", plots.Group{Name: group, Values: []float64{1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := plots.NewChart(plots.Notebook(), labels, kind)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Letters that the chart's font lacks come from another font: in all files a chart is saved to, and without a note.
func TestOtherLetters(t *testing.T) {
	t.Setenv(letters.FoldersVariable, "letters/testdata/fonts")
	c := words(t, plots.Labels{Title: "漢字 title", X: "時間 (ms)"}, "漢字")
	if notes := c.Notes(); len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
	file := func(name string) []byte {
		path := filepath.Join(t.TempDir(), name)
		if err := c.Save(path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	svg := string(file("chart.svg"))
	for _, want := range []string{">漢字 title</text>", ">時間 (ms)</text>", ">漢字</text>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the SVG has no %s", want)
		}
	}
	with, document := file("chart.png"), file("chart.pdf")
	t.Setenv(letters.FoldersVariable, "")
	if bytes.Equal(with, file("chart.png")) {
		t.Error("the picture is the same without a font that has the letters")
	}
	if !bytes.Contains(document, []byte("/ToUnicode")) {
		t.Error("the PDF does not say what its letters mean")
	}
	t.Logf("SVG %d bytes, PDF %d bytes, PNG %d bytes", len(svg), len(document), len(with))
}

// A chart without a font for its letters is drawn, and says which are missing.
func TestMissingLetters(t *testing.T) {
	t.Setenv(letters.FoldersVariable, "")
	c := words(t, plots.Labels{Title: "漢字 😀 title", X: "時間 (ms)"}, "عرب")
	notes := c.Notes()
	if len(notes) != 2 || !strings.Contains(notes[0], "漢 字 😀 時 間;") || !strings.Contains(notes[1], "ع ر ب,") {
		t.Errorf("notes: %q", notes)
	}
	if notes := words(t, plots.Labels{Title: "Привет λ→∞"}, "a").Notes(); len(notes) > 0 {
		t.Errorf("notes on a chart whose font has everything: %q", notes)
	}
}

// A title without blanks is broken where its script allows it.
func TestWrapWithoutBlanks(t *testing.T) {
	t.Setenv(letters.FoldersVariable, "letters/testdata/fonts")
	title := strings.Repeat("漢字時間", 20) + "。" + strings.Repeat("温度", 30)
	s, err := words(t, plots.Labels{Title: title}, "a").ForSlide()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range regexp.MustCompile(`>([^<>]*[漢字時間温度][^<>]*)</text>`).FindAllStringSubmatch(string(unpack(t, s)), -1) {
		lines = append(lines, m[1])
	}
	if strings.Join(lines, "") != title || len(lines) < 3 {
		t.Errorf("the title's lines are %q", lines)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "。") || len([]rune(line)) > 37 {
			t.Errorf("a line of %d letters: %s", len([]rune(line)), line)
		}
	}
}
