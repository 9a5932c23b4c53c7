package seed_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"interleave/lessons/choose"
	"interleave/lessons/seed"
	"interleave/lessons/talk"
)

func rows(t *testing.T) []seed.Row {
	t.Helper()
	list, err := seed.Rows()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestComplete: nothing of the talk is without a line.
func TestComplete(t *testing.T) {
	var want []string
	for i := 1; i <= 42; i++ { // slide 3, the speaker's card, is in row 1
		if i != 3 {
			want = append(want, strconv.Itoa(i))
		}
	}
	want = append(want, "2b", "2c", "N.iowait", "N.time-sharing", "N.thread-state", "N.fork-spawn", "N.guidelines", "N.start-server", "N.minutes")
	for _, leaf := range choose.Original().Leaves() {
		want = append(want, "38."+leaf.ID)
	}
	for _, p := range choose.Packages()[:10] {
		want = append(want, "39."+p.Python)
	}
	for i := range 15 {
		want = append(want, fmt.Sprint("40.", i+1))
	}
	for _, p := range talk.Programs() {
		want = append(want, "bench."+p.String())
	}
	for _, leaf := range choose.Go2026().Leaves() {
		want = append(want, "go."+leaf.ID)
	}
	found := map[string]bool{}
	for _, r := range rows(t) {
		found[r.Row] = true
	}
	for _, w := range want {
		if !found[w] {
			t.Errorf("row %s has no cell", w)
		}
	}
}

// TestParts: a row has as many lines as the talk's slide has parts, so that none is lost.
func TestParts(t *testing.T) {
	lines := map[string]int{}
	for _, r := range rows(t) {
		lines[r.Row]++
	}
	for row, want := range map[string]int{
		"1": 4, "2": 2, "7": 3, "8": 5, "9": 4, "11": 3, "12": 3, "2b": 2, "13": 4, "14": 5, "16": 3, "17": 4, "18": 2, "19": 2, "21": 3,
		"22": 3, "24": 2, "25": 4, "26": 3, "27": 2, "29": 2, "30": 4, "31": 3, "32": 2, "34": 2, "35": 3, "37": 4, "38": 4, "39": 2,
	} {
		if lines[row] < want {
			t.Errorf("row %s has %d lines, and its slide %d parts", row, lines[row], want)
		}
	}
	for _, p := range talk.Programs() {
		if row := "bench." + p.String(); lines[row] != 2 {
			t.Errorf("%s has %d lines: as recorded, and run again", row, lines[row])
		}
	}
}

// TestProofs: the leaves of the Go edition and the map name the same cells.
func TestProofs(t *testing.T) {
	var chart, lines []string
	for _, leaf := range choose.Go2026().Leaves() {
		if len(leaf.Proofs) == 0 {
			t.Errorf("leaf %q has no proof", leaf.ID)
		}
		for _, p := range leaf.Proofs {
			chart = append(chart, strings.Join([]string{leaf.ID, p.Notebook[:2], p.Cell}, " "))
			if _, err := os.Stat(filepath.Join("..", "..", "notebooks", p.Notebook+".ipynb")); err != nil {
				t.Errorf("leaf %q: %v", leaf.ID, err)
			}
		}
	}
	for _, r := range rows(t) {
		if leaf, ok := strings.CutPrefix(r.Row, "go."); ok {
			lines = append(lines, strings.Join([]string{leaf, r.Notebook, r.Cell}, " "))
		}
	}
	slices.Sort(chart)
	slices.Sort(lines)
	if !slices.Equal(chart, lines) {
		t.Errorf("the chart has\n%s\nand the map\n%s", strings.Join(chart, "\n"), strings.Join(lines, "\n"))
	}
}

// TestCommitted: every line is true of the notebooks as they are committed. A test of the kernel does the same with
// what they show when they are run.
func TestCommitted(t *testing.T) {
	files, err := filepath.Glob("../../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	list, known := rows(t), map[string]bool{}
	for _, file := range files {
		number := filepath.Base(file)[:2]
		known[number] = true
		if err := seed.Check(list, number, read(t, file)); err != nil {
			t.Error(err)
		}
	}
	for _, r := range list {
		if !known[r.Notebook] {
			t.Errorf("%v: there is no such notebook", r)
		}
	}
}

// read reads the cells of a notebook, in which text may be a string or a list of them.
func read(t *testing.T, file string) (cells []seed.Cell) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var nb struct {
		Cells []struct {
			ID      string
			Type    string `json:"cell_type"`
			Source  text
			Outputs []struct {
				Type, Name string
				Kind       string `json:"output_type"`
				Text       text
				Data       map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(raw, &nb); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, c := range nb.Cells {
		cell := seed.Cell{ID: c.ID, Code: c.Type == "code", Source: string(c.Source)}
		for _, o := range c.Outputs {
			if o.Name != "stderr" {
				cell.Output += string(o.Text)
			}
			cell.Failed = cell.Failed || o.Kind == "error"
			for mime, value := range o.Data {
				var s text
				_ = json.Unmarshal(value, &s) // what is no text is not looked at
				cell.Show(mime, string(s))
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var lines []string
	if err := json.Unmarshal(raw, &lines); err == nil {
		*t = text(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(raw, (*string)(t))
}

// TestCheckFinds is the test of the test.
func TestCheckFinds(t *testing.T) {
	list := rows(t)
	i := slices.IndexFunc(list, func(r seed.Row) bool { return r.Row == "2b" })
	r := list[i]
	cells := read(t, "../../notebooks/05-race-condition.ipynb")
	good := cells[slices.IndexFunc(cells, func(c seed.Cell) bool { return c.ID == r.Cell })]
	if err := seed.Check(list[i:i+1], r.Notebook, []seed.Cell{good}); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*seed.Cell){
		"there is no such cell":  func(c *seed.Cell) { c.ID = "another" },
		"the cell failed":        func(c *seed.Cell) { c.Failed = true },
		"the cell has no output": func(c *seed.Cell) { c.Output, c.MIME = "", nil },
		"and no text/html":       func(c *seed.Cell) { c.MIME = []string{"text/plain"} },
		"nothing matches":        func(c *seed.Cell) { c.Output = strings.ReplaceAll(c.Output, "← 0", "← 1") },
		`nothing matches "<td>`:  func(c *seed.Cell) { c.Code, c.Source = false, "n is 1" },
	} {
		bad := good
		change(&bad)
		if err := seed.Check(list[i:i+1], r.Notebook, []seed.Cell{bad}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := seed.Check(list, "99", nil); err != nil {
		t.Errorf("of a notebook without lines: %v", err)
	}
}

// most is how many cells of the workshop may hold the evidence of a line: what is everywhere shows nothing.
const most = 8

// TestSpecific: evidence that many cells would do for is none.
func TestSpecific(t *testing.T) {
	files, err := filepath.Glob("../../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	var cells []seed.Cell
	for _, file := range files {
		cells = append(cells, read(t, file)...)
	}
	for _, r := range rows(t) {
		n := 0
		for _, c := range cells {
			c.ID = r.Cell
			if seed.Check([]seed.Row{r}, r.Notebook, []seed.Cell{c}) == nil {
				n++
			}
		}
		if n > most {
			t.Errorf("%v: %d of %d cells hold %q", r, n, len(cells), r.Pattern)
		}
	}
}
