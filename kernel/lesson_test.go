package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestOwnLesson runs the cells of lessons/README.md in a folder of its own, as its reader would.
func TestOwnLesson(t *testing.T) {
	text, err := os.ReadFile("../lessons/README.md")
	if err != nil {
		t.Fatal(err)
	}
	cells := regexp.MustCompile("(?ms)^```go\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
	want := []string{"", "atomic", "200,000 additions", "18", "which one is quicker", "0 passed, 1 failed"}
	if len(cells) != len(want) {
		t.Fatalf("%d cells, want %d", len(cells), len(want))
	}
	kernel, err := startChild(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.close()
	for i, c := range cells {
		var shown strings.Builder
		reply, err := kernel.Execute(t.Context(), c[1], false, func(_ string, content json.RawMessage) { shown.Write(content) })
		if err != nil || reply.Status != "ok" {
			t.Fatalf("cell %d: %v %s: %s\n%s", i+1, err, reply.EName, reply.EValue, c[1])
		}
		if !strings.Contains(shown.String(), want[i]) {
			t.Errorf("cell %d does not show %q:\n%s", i+1, want[i], shown.String()[:min(2000, shown.Len())])
		}
	}
}
