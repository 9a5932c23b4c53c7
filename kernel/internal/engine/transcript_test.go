package engine_test

import (
	"testing"

	"interleave/kernel/internal/kerneltest"
)

// TestTranscripts runs every transcript on both ways to link.
func TestTranscripts(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		kerneltest.RunTranscripts(t, "testdata/*.txtar", start(mode))
	})
}
