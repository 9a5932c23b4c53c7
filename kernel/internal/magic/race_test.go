package magic

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/racereport"
	"interleave/kernel/internal/testreport"
	"interleave/kernel/internal/worker"
)

// hostile is a cell whose source would be a script if it were not escaped.
const hostile = "s[\"<script>alert(1)</script>\"]++"

const hostileReport = `WARNING: DATA RACE
Read at 0x00c000018118 by goroutine 8:
  main.main.func1()
      /In/ID:1 +0xf1

Previous write at 0x00c000018118 by goroutine 9:
  example.com/p.F()
      /src/p/f.go:14 +0x106

Goroutine 8 (running) created at:
  main.main()
      /In/ID:1 +0xc4
==================
`

// wellFormed checks HTML that is written as XML would be.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<div>" + text + "</div>"))
	for {
		tok, err := d.Token()
		if err != nil {
			if err.Error() != "EOF" {
				t.Errorf("%v in\n%s", err, text)
			}
			return
		}
		if el, ok := tok.(xml.StartElement); ok && (el.Name.Local == "script" || len(el.Attr) > 1 || len(el.Attr) == 1 && el.Attr[0].Value != "text-align: left") {
			t.Errorf("element %v in\n%s", el, text)
		}
	}
}

func TestRaceCard(t *testing.T) {
	cells := &faults.Cells{}
	text := cell.NewText(hostile)
	cells.Remember(text, 7)
	reports := racereport.Parse(strings.Repeat(strings.ReplaceAll(hostileReport, "ID", text.ID), 2))
	list := races(cells, reports, racereport.Globals{})
	if len(list) != 1 || list[0].count != 2 {
		t.Fatalf("grouped into %+v", list)
	}
	wellFormed(t, raceCard(list))
	for _, want := range []string{"2 data races of 1 kind", "read at In[7]:1 by goroutine 8", "write at f.go:14 by goroutine 9", "started at In[7]:1   " + hostile, "reported 2 times"} {
		if got := raceText(list); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestTestTable(t *testing.T) {
	rows := []testRow{{"FAIL", "Test<b>", "0.1s", []string{"<script>", "a & b"}}, {"pass", "TestY", "0s", nil}}
	measures := []testreport.Measure{{Name: "B<i>", Unit: "sec/op", Center: "1n", Range: "3%", N: 6}}
	wellFormed(t, testTable("1 & 2", rows, measures, "note <"))
	if got := testText("title", rows, measures, "note"); !strings.Contains(got, "FAIL  Test<b>  (0.1s)\n      <script>") || !strings.Contains(got, "± 3%") {
		t.Error(got)
	}
}

func TestEndingText(t *testing.T) {
	for want, end := range map[string]worker.Ending{
		"":                                     {},
		"the program ended with exit status 3": {Code: 3},
		"the program was ended by a signal: killed":                   {Code: -1, Signal: 9},
		"the program was stopped after 1s (-timeout)":                 {Code: -1, Signal: 9, TimedOut: true},
		"the program was killed because the system ran out of memory": {Code: -1, Signal: 9, OOM: true},
	} {
		if got := endingText(end, time.Second); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTestFlags(t *testing.T) {
	p, err := testFlags("-bench=. -cpu 1,2")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.args(), " "); got != "-json -vet=off -bench=. -benchmem -benchtime=100ms -run=^$ -cpu=1,2 -count=6" {
		t.Error(got)
	}
	for line, want := range map[string]string{
		"-cpu 1,x":      "whole numbers with commas between",
		"-benchtime 0s": "neither a duration nor a number of runs",
		"-count 0":      "a whole number from 1 on",
		"-bnech .":      "did you mean %%test -bench .?",
		"-race x":       "takes no arguments",
	} {
		if _, err := testFlags(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

// TestRunScript has the shell read the script that starts a test's program.
func TestRunScript(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `it's "a folder"`)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := runScript(dir, []string{`A=it's $HOME "x"`, "B=", "%odd=1"}, []string{"HOME", "odd name"})
	cmd := exec.Command("sh", "-c", script, "sh", "sh", "-c", `pwd; echo "$A|$B|$HOME|"`)
	out, err := cmd.Output()
	if want := dir + "\n" + `it's $HOME "x"|||` + "\n"; err != nil || string(out) != want {
		t.Errorf("%v, got %q, want %q", err, out, want)
	}
}
