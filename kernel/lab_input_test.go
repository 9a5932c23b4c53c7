package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/browser"
)

// TestLabInput has a cell read standard input in a real JupyterLab: a box opens below what was printed, takes the
// reader's line, and an interrupt closes it.
func TestLabInput(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	lab := startLab(t, ctx)
	p := openLab(t, ctx, lab)
	defer p.Close()
	step := stepper(t, lab, p, "lab-input-failed.png")
	step("run all", p.RunAll())
	step("run all", p.Wait("the last number", func(cells []browser.Cell) bool { return len(cells) == 4 && cells[3].Number() == "4" }))
	const ask = "var name string\nfmt.Print(\"Your name? \")\nfmt.Scan(&name)\nfmt.Println(\"Hello,\", name)"
	step("edit", p.Edit(3, ask))
	step("run", p.Run())
	step("asked", p.Asked())
	step("show", p.Show(3))
	shot, err := p.Screenshot()
	step("screenshot", err)
	save(t, "lab-input.png", shot)
	step("answer", p.Answer("Ada"))
	step("idle", p.WaitIdle())
	step("output", p.Wait("the greeting", func(cells []browser.Cell) bool { return strings.Contains(cells[3].Text(), "Hello, Ada") }))

	step("edit", p.Edit(3, ask))
	step("run", p.Run())
	step("asked", p.Asked())
	step("interrupt", p.Interrupt())
	step("idle", p.WaitIdle())
	step("output", p.Wait("the interrupt", func(cells []browser.Cell) bool { return strings.Contains(cells[3].Text(), "Interrupted") }))
}
