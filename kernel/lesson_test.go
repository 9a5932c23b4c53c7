package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// TestLessonFolders: lessons/README.md has each folder, and each notebook that imports it.
func TestLessonFolders(t *testing.T) {
	text, err := os.ReadFile("../lessons/README.md")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir("../lessons")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !strings.Contains(string(text), fmt.Sprintf("[`%s`](%[1]s)", f.Name())) {
			t.Errorf("lessons/README.md does not have lessons/%s", f.Name())
		}
	}
	notebooks, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(notebooks) == 0 {
		t.Fatalf("%v, %v", notebooks, err)
	}
	for _, path := range notebooks {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(filepath.Base(path), "-")
		for _, m := range lessonImport.FindAllStringSubmatch(string(source), -1) {
			row := regexp.MustCompile("(?m)^\\| .*\\(" + m[1] + "\\).* \\| ([0-9, ]+|all) \\|").FindStringSubmatch(string(text))
			if row == nil || row[1] != "all" && !slices.Contains(strings.Split(row[1], ", "), number) {
				t.Errorf("lessons/README.md does not have notebook %s beside lessons/%s", number, m[1])
			}
		}
	}
}

var lessonImport = regexp.MustCompile(`\\"interleave/lessons/(\w+)`)
