package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestJupyterKernelTest runs Jupyter's own suite for kernels, all of it: testdata/kernel_test.py fails when
// one of its tests, parts or samples is left out. Twenty times in a row is -count=20.
func TestJupyterKernelTest(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
			defer cancel()
			j := newJupyter(t, ctx)
			out := j.run(t, ctx, 0, "python", script(t, "kernel_test.py"), transport)
			if !strings.Contains(out, "13 tests with 25 parts passed, none skipped, over "+transport) {
				t.Errorf("not all of it ran:\n%s", out)
			}
		})
	}
}
