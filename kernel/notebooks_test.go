package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/notebook"
)

// patience is how long a notebook may take, and longestRun each of its cells, before they count as hung. On two quiet
// CPUs a notebook takes 20 s at most; but a cell that compiles what it measures takes minutes of a slow one.
const patience, longestRun = 20 * time.Minute, 6 * time.Minute

// longestCell is how many lines a code cell of the workshop may have: more belongs into a lesson.
const longestCell = 15

// TestNotebooks runs every notebook in fast mode and compares the kinds of its outputs with the committed ones,
// and what it shows with the seed map.
func TestNotebooks(t *testing.T) {
	files, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".ipynb"), func(t *testing.T) { runNotebook(t, file, "thin") })
	}
	t.Run("thick", func(t *testing.T) { runNotebook(t, "../notebooks/05-race-condition.ipynb", "thick") })
}

func runNotebook(t *testing.T, file, mode string) {
	committed, err := notebook.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := startChild(ctx, folder, "FAST=1", "INTERLEAVE_LINK="+mode)
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.close()
	started := time.Now()
	if err := (&notebook.Runner{Kernel: kernel, Timeout: longestRun}).Run(ctx, nb); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v", time.Since(started).Round(time.Second))
	count, charts := 0, 0
	for i, c := range nb.Cells {
		if c.Type() != "code" {
			continue
		}
		if lines := strings.Count(strings.TrimSpace(c.Source()), "\n") + 1; lines > longestCell {
			t.Errorf("cell %d has %d lines:\n%s", i+1, lines, c.Source())
		}
		if strings.TrimSpace(c.Source()) != "" {
			if count++; committed.Cells[i].Count() != count {
				t.Errorf("cell %d is committed as In[%d], not In[%d]: the notebook was not run from its start", i+1, committed.Cells[i].Count(), count)
			}
		}
		if got, want := kinds(c), kinds(committed.Cells[i]); !slices.Equal(got, want) {
			t.Errorf("cell %d shows %v, and %v when it was committed:\n%s", i+1, got, want, c.Source())
		}
		charts += checkCharts(t, i+1, c)
	}
	if charts == 0 {
		t.Error("there is no chart")
	}
	checkSeed(t, file, nb)
}

// kinds lists what a cell shows: the MIME types of rich outputs, the names of streams; each once, sorted. Standard
// error is left out: the kernel writes its notes there, and whether a goroutine has outlived its cell is a matter of
// microseconds.
func kinds(c *notebook.Cell) []string {
	var out []string
	for _, o := range c.Outputs() {
		switch o["output_type"] {
		case "stream":
			if name := o["name"].(string); name != "stderr" {
				out = append(out, name)
			}
		case "error":
			out = append(out, "error "+o["ename"].(string))
		default:
			data, _ := o["data"].(map[string]any)
			for mime := range data {
				out = append(out, mime)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkCharts counts the pictures of a cell; each has its data with it, as a table.
func checkCharts(t *testing.T, number int, c *notebook.Cell) int {
	t.Helper()
	charts := 0
	for _, o := range c.Outputs() {
		data, _ := o["data"].(map[string]any)
		if data["image/png"] == nil {
			continue
		}
		charts++
		if html, _ := data["text/html"].(string); !strings.Contains(html, "<table") {
			t.Errorf("the chart of cell %d has no table of its data", number)
		}
	}
	return charts
}
