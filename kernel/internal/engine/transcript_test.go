package engine_test

import (
	"testing"

	"interleave/kernel/internal/kerneltest"
)

// TestTranscripts runs every transcript on both ways to link.
func TestTranscripts(t *testing.T) {
	for _, mode := range []string{"thin", "thick"} {
		t.Run(mode, func(t *testing.T) {
			prepare(t, mode)
			kerneltest.RunTranscripts(t, "testdata/*.txtar", start(mode))
		})
	}
}
