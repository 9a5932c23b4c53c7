package kerneltest

import (
	"testing"

	"interleave/kernel/internal/python"
)

// Python returns the interpreter of the pinned environment that all tests share, which has libzmq and
// Jupyter's own clients. It is made on first use, which needs the network; a test that cannot have it fails.
func Python(t testing.TB) string {
	t.Helper()
	env, err := python.Open(t.Context(), python.Options{Set: python.Test, Progress: func(done, total int, what string) {
		t.Logf("%d/%d %s", done, total, what)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return env.Program("python")
}
