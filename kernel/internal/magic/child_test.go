package magic

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is a Progress that keeps the newest text.
type told struct{ text string }

func (l *told) Say(format string, args ...any) { l.text = fmt.Sprintf(format, args...) }
func (l *told) End()                           {}

// What go build -v says of its progress is told, and what the compiler says is kept, however it is cut into pieces.
func TestBuildingIsRead(t *testing.T) {
	line := &told{}
	b := &building{progress: line, what: "the program"}
	text := "runtime\ninternal/race\n# command-line-arguments\n./program.go:3:1: undefined: x\n\tmore of it\ncommand-line-arguments\n"
	for piece := range slices.Chunk([]byte(text), 7) {
		b.Text("stderr", piece)
	}
	if got, want := b.rest(), "# command-line-arguments\n./program.go:3:1: undefined: x\n\tmore of it\n"; got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
	if want := "Compiling the program: the cell's own code (3 packages so far)"; !strings.Contains(line.text, want) {
		t.Errorf("told %q, want %q", line.text, want)
	}
}
