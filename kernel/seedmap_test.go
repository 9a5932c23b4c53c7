package main

import (
	"path/filepath"
	"testing"

	"interleave/kernel/internal/notebook"
	"interleave/lessons/seed"
)

// checkSeed holds a notebook that has just been run against the seed map.
func checkSeed(t *testing.T, file string, nb *notebook.Notebook) {
	t.Helper()
	rows, err := seed.Rows()
	if err != nil {
		t.Fatal(err)
	}
	if err := seed.Check(rows, filepath.Base(file)[:2], seedCells(nb)); err != nil {
		t.Errorf("lessons/seed/seedmap.csv is not true of what this notebook shows:\n%v", err)
	}
}

// seedCells is a notebook as the seed map looks at it.
func seedCells(nb *notebook.Notebook) (cells []seed.Cell) {
	for _, c := range nb.Cells {
		cell := seed.Cell{ID: c.ID(), Code: c.Type() == "code", Source: c.Source()}
		for _, o := range c.Outputs() {
			if text, ok := o["text"].(string); ok && o["name"] != "stderr" {
				cell.Output += text
			}
			cell.Failed = cell.Failed || o["output_type"] == "error"
			data, _ := o["data"].(map[string]any)
			for mime, value := range data {
				text, _ := value.(string)
				cell.Show(mime, text)
			}
		}
		cells = append(cells, cell)
	}
	return cells
}
