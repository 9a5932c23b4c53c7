package kerneltest

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"interleave/kernel/internal/client"
)

// The client's words, so that most tests import one package.
type (
	Call           = client.Call
	CallOptions    = client.CallOptions
	Client         = client.Client
	ExecuteOptions = client.ExecuteOptions
	Kernel         = client.Kernel
	Result         = client.Result
	Spec           = client.Spec
)

// StartT is Start for a test: the kernel is killed when the test ends, and a failure is fatal.
func StartT(t testing.TB, spec Spec) *Kernel {
	t.Helper()
	dir, err := os.MkdirTemp("", "kt") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	k, err := client.Start(ctx, dir, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Kill()
		if t.Failed() {
			t.Logf("output of the kernel process:\n%s", k.Output())
		}
	})
	return k
}

// Logger returns a logger that writes to the test's log.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
