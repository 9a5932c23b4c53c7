package engine_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// noExample are examples of kernel/README.md that do not run here: %get and go mod init would change this module's go.mod (testdata/modules
// tests them), %slides needs a notebook's file (testdata/command_slides.txtar), and a cell that never ends is the subject of other tests.
var noExample = regexp.MustCompile(`^(%get |!go mod init|%slides|for \{|ch := make\(chan int\)\nch <- 1)`)

// TestManualRuns runs the examples of kernel/README.md as a reader would, one after the other.
func TestManualRuns(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	prepare(t, "thin")
	k := start("thin")(t)
	ran := 0
	for _, m := range regexp.MustCompile(`(?m)(?:^    .*\n)+`).FindAllString(string(text), -1) {
		code := strings.TrimSuffix(strings.ReplaceAll("\n"+m, "\n    ", "\n")[1:], "\n")
		if noExample.MatchString(code) {
			continue
		}
		if strings.HasPrefix(code, "%forget big") {
			runCell(t, k, "big := make([]int, 1000)")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		r, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
		cancel()
		if shown := kerneltest.Text(r, kerneltest.TextOptions{}); err != nil || r.Status != "ok" {
			t.Errorf("%s\n%v\n%s", code, err, shown)
		}
		ran++
	}
	if ran < 25 {
		t.Errorf("only %d examples ran", ran)
	}
}
