package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/browser"
	"interleave/kernel/internal/gopls"
)

// TestLabEditor presses Tab and Shift+Tab in a real JupyterLab.
func TestLabEditor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	tool, err := gopls.At("")
	if err != nil {
		t.Fatal(err)
	}
	if err := tool.Build(ctx, "go", nil); err != nil {
		t.Fatalf("%v\nCure: the first build needs a network; then go run ./kernel install builds it", err)
	}
	lab := startLab(t, ctx)
	p := openLab(t, ctx, lab)
	defer p.Close()
	step := stepper(t, lab, p, "lab-editor-failed.png")
	picture := func(name string) {
		t.Helper()
		shot, err := p.Screenshot()
		step("screenshot", err)
		save(t, name, shot)
	}
	step("run all", p.RunAll())
	step("run all", p.Wait("the last number", func(cells []browser.Cell) bool { return len(cells) == 4 && cells[3].Number() == "4" }))

	step("members", p.Edit(1, "fmt.Println(\"ä 😀\", p.Title.Tex"))
	step("members", p.Show(1))
	list, err := p.Complete()
	step("members", err)
	if !slices.ContainsFunc(list, func(c browser.Proposal) bool { return c.Text == "Text" && c.Type == "field" }) {
		t.Errorf("Tab shows %+v", list)
	}
	picture("lab-complete.png")
	step("accept", p.Accept())
	if got := read(t, p)[1].Source; got != "fmt.Println(\"ä 😀\", p.Title.TextStyle" && got != "fmt.Println(\"ä 😀\", p.Title.Text" {
		t.Errorf("the cell became %q", got)
	}

	step("a package", p.Edit(1, "strings."))
	list, err = p.Complete()
	step("a package", err)
	if len(list) < 40 || !slices.ContainsFunc(list, func(c browser.Proposal) bool { return c.Text == "NewReader" && c.Type == "function" }) {
		t.Errorf("Tab shows %d proposals: %+v", len(list), list)
	}
	picture("lab-complete-package.png")
	step("a package", p.Escape())

	step("tooltip", p.Edit(1, "line, err := plotter.NewLine("))
	for tries := 0; ; tries++ { // on a busy machine the first answer may be the kernel's own, which knows no documentation
		text, err := p.Tooltip()
		step("tooltip", err)
		if strings.Contains(text, "NewLine(xys plotter.XYer) (*plotter.Line, error)") && strings.Contains(text, "NewLine returns a Line that uses") {
			break
		}
		if tries == 5 {
			t.Fatalf("Shift+Tab shows %q", text)
		}
		step("tooltip", p.Escape())
	}
	picture("lab-tooltip.png")
	step("tooltip", p.Escape())
}
