package whole

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkBroken is what looking at a folder of the size of a base costs: remembered, and read.
func BenchmarkBroken(b *testing.B) {
	dir := b.TempDir()
	for i := range 480 {
		size := 32 << 10
		if i == 0 {
			size = 60 << 20
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), make([]byte, size), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	l, err := Make(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			l.Broken(dir, filepath.Join(b.TempDir(), "none"))
		}
	})
	note := filepath.Join(b.TempDir(), "note")
	for {
		l.Broken(dir, note)
		if _, ok := ReadNote(note); ok {
			break
		}
	}
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			l.Broken(dir, note)
		}
	})
}
