package main

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"interleave/kernel/internal/notebook"
)

var redraw = flag.Bool("pictures", false, "draw notebooks/images anew from the charts of the notebooks")

// pictures are the cells whose charts stand for their notebooks in the index.
var pictures = map[string]string{
	"00": "spin-strip", "01": "io-chart", "02": "jobs-lanes", "03": "dots-chart", "04": "signals-gantt",
	"05": "all-chart", "06": "cost-chart", "07": "live-graph", "08": "ways-chart", "09": "map-chart",
	"10": "scale-chart", "11": "nine-chart", "12": "ipc-chart", "13": "camera-ecdf",
}

// pictureWidth is the width of a picture, twice what README shows.
const pictureWidth = 440

// index is notebooks/README.md as far as the tests look at it.
type index struct {
	text string
	rows map[string]indexRow
}

type indexRow struct {
	file    string
	minutes int
	before  []string // numbers of the notebooks that come first
	picture string
}

var indexLine = regexp.MustCompile(`(?m)^\| (\d\d) \| \[[^\]]+\]\(([^)]+)\)[^|]*\| (\d+) \| ([^|]*) \| <img src="([^"]+)" width="\d+" alt="[^"]+"> \|$`)

func readIndex(t *testing.T) index {
	t.Helper()
	raw, err := os.ReadFile("../notebooks/README.md")
	if err != nil {
		t.Fatal(err)
	}
	x := index{text: string(raw), rows: map[string]indexRow{}}
	for _, m := range indexLine.FindAllStringSubmatch(x.text, -1) {
		minutes, _ := strconv.Atoi(m[3])
		x.rows[m[1]] = indexRow{m[2], minutes, regexp.MustCompile(`\d\d`).FindAllString(m[4], -1), m[5]}
	}
	return x
}

// workshop are the notebooks by number.
func workshop(t *testing.T) map[string]*notebook.Notebook {
	t.Helper()
	files, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	all := map[string]*notebook.Notebook{}
	for _, file := range files {
		nb, err := notebook.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)[:2]] = nb
	}
	return all
}

var budget = regexp.MustCompile(`\*\*Time:\*\* (\d+) minutes`)

// minutes is the time that a notebook's title promises.
func minutes(nb *notebook.Notebook) int {
	if m := budget.FindStringSubmatch(nb.Cells[0].Source()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// TestIndex: every notebook has its line in the index and in the plan of notebook 00, with the time of its own title.
func TestIndex(t *testing.T) {
	x, all := readIndex(t), workshop(t)
	plan := ""
	for _, c := range all["00"].Cells {
		if c.ID() == "plan" {
			plan = c.Source()
		}
	}
	for number, nb := range all {
		row, ok := x.rows[number]
		if !ok {
			t.Errorf("the index has no line for %s", number)
			continue
		}
		if row.minutes != minutes(nb) || row.minutes == 0 {
			t.Errorf("%s takes %d minutes by the index, and %d by its title", number, row.minutes, minutes(nb))
		}
		if want := fmt.Sprintf("| %d |", minutes(nb)); !regexp.MustCompile(`(?m)^\| ` + number + ` .*` + regexp.QuoteMeta(want) + `$`).MatchString(plan) {
			t.Errorf("the plan in 00 has no line for %s with %d minutes", number, minutes(nb))
		}
		for _, b := range row.before {
			if all[b] == nil || b >= number {
				t.Errorf("%s wants %s before it", number, b)
			}
		}
	}
	for number := range x.rows {
		if all[number] == nil {
			t.Errorf("the index has a line for %s, which does not exist", number)
		}
	}
	if len(x.rows) != len(all) {
		t.Errorf("%d lines for %d notebooks", len(x.rows), len(all))
	}
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#]+)\)|src="([^"]+)"`)
	pathLine     = regexp.MustCompile(`(?m)^\*\*([^*]+)\*\* \((\d+) minutes\): (.+)$`)
	pathStop     = regexp.MustCompile(`\b(\d\d)\b(?: \((\d+)\))?`)
)

// TestIndexLinks: links and pictures lead somewhere, and the times of the three ways through add up.
func TestIndexLinks(t *testing.T) {
	x, all := readIndex(t), workshop(t)
	for _, m := range markdownLink.FindAllStringSubmatch(x.text, -1) {
		to := m[1] + m[2]
		if strings.Contains(to, "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join("../notebooks", to)); err != nil {
			t.Errorf("link to %s: %v", to, err)
		}
	}
	ways := pathLine.FindAllStringSubmatch(x.text, -1)
	if len(ways) != 4 { // the talk, half a day, and two days
		t.Errorf("the index has %d lines of ways through", len(ways))
	}
	for _, w := range ways {
		sum, last := 0, ""
		for _, stop := range pathStop.FindAllStringSubmatch(w[3], -1) {
			n, _ := strconv.Atoi(stop[2])
			if stop[2] == "" && all[stop[1]] != nil {
				n = minutes(all[stop[1]])
			}
			if all[stop[1]] == nil || stop[1] <= last {
				t.Errorf("%s: %s comes after %q", w[1], stop[1], last)
			}
			sum, last = sum+n, stop[1]
		}
		if strconv.Itoa(sum) != w[2] {
			t.Errorf("%s: its parts take %d minutes, not %s", w[1], sum, w[2])
		}
	}
}

// TestIndexPictures: the pictures of the index are the charts of the notebooks, made smaller.
func TestIndexPictures(t *testing.T) {
	x := readIndex(t)
	for number, nb := range workshop(t) {
		want, err := picture(nb, pictures[number])
		if err != nil {
			t.Errorf("%s: %v", number, err)
			continue
		}
		file := filepath.Join("../notebooks", x.rows[number].picture)
		if *redraw {
			var b bytes.Buffer
			if err := png.Encode(&b, want); err != nil {
				t.Fatal(err)
			}
			file = filepath.Join("../notebooks/images", number+".png")
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", number, err)
			continue
		}
		got, err := png.Decode(bytes.NewReader(raw))
		if err != nil || !alike(got, want) {
			t.Errorf("%s is not the chart %s of notebook %s (%v): after running notebooks anew run go test ./kernel -run TestIndexPictures -pictures",
				file, pictures[number], number, err)
		}
	}
}

// picture is the chart of a cell, made smaller.
func picture(nb *notebook.Notebook, id string) (*image.RGBA, error) {
	i := slices.IndexFunc(nb.Cells, func(c *notebook.Cell) bool { return c.ID() == id })
	if i < 0 {
		return nil, fmt.Errorf("there is no cell %q", id)
	}
	for _, o := range nb.Cells[i].Outputs() {
		data, _ := o["data"].(map[string]any)
		encoded, ok := data["image/png"].(string)
		if !ok {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", ""))
		if err != nil {
			return nil, err
		}
		chart, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		b := chart.Bounds()
		small := image.NewRGBA(image.Rect(0, 0, pictureWidth, b.Dy()*pictureWidth/b.Dx()))
		draw.CatmullRom.Scale(small, small.Bounds(), chart, b, draw.Src, nil)
		return small, nil
	}
	return nil, fmt.Errorf("cell %q shows no chart", id)
}

// alike reports whether two pictures are the same but for how processors round.
func alike(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	near := func(x, y uint32) bool { return max(x, y)-min(x, y) <= 2*0x101 }
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, bl2, _ := b.At(x, y).RGBA()
			if !near(r, r2) || !near(g, g2) || !near(bl, bl2) {
				return false
			}
		}
	}
	return true
}

var relativeLink = regexp.MustCompile(`\]\(([^):#\s"]+)\)`)

// TestLinks: a link from a notebook to a file beside it finds one, and each notebook has one to the notebook before it and one
// to the notebook after it.
func TestLinks(t *testing.T) {
	for number, nb := range workshop(t) {
		var linked []string
		for _, c := range nb.Cells {
			if c.Type() != "markdown" {
				continue
			}
			for _, m := range relativeLink.FindAllStringSubmatch(c.Source(), -1) {
				linked = append(linked, m[1])
				if _, err := os.Stat(filepath.Join("../notebooks", m[1])); err != nil {
					t.Errorf("notebook %s, cell %s: the link to %s leads nowhere", number, c.ID(), m[1])
				}
			}
		}
		n, _ := strconv.Atoi(number)
		for _, neighbour := range []int{n - 1, n + 1} {
			file := readIndex(t).rows[fmt.Sprintf("%02d", neighbour)].file
			if file != "" && !slices.Contains(linked, file) {
				t.Errorf("notebook %s has no link to %s", number, file)
			}
		}
	}
}
