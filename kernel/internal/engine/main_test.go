package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/serve"
	"interleave/kernel/internal/worker"
)

// The test binary is the kernel under test, and its guard and linker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "guard":
			os.Exit(worker.GuardMain(os.Args[2:]))
		case "serve":
			os.Exit(serveMain(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// prepare builds the base library of a mode ahead, so that no cell shows how far it has come.
func prepare(t testing.TB, mode string) {
	t.Helper()
	b, err := link.Open(t.Context(), link.Options{Dir: ".", Mode: link.Mode(mode)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func serveMain(file string) int {
	self, err := os.Executable()
	unused, _ := time.ParseDuration(os.Getenv("INTERLEAVE_TEST_UNUSED"))
	if err == nil {
		err = serve.Main(context.Background(), serve.Options{
			ConnectionFile: file,
			Engine: engine.Options{Guard: []string{self, "guard"}, Version: "test", Sources: os.Getenv("INTERLEAVE_TEST_SOURCES"),
				Gopls: os.Getenv("INTERLEAVE_TEST_TOOL"), GoplsUnused: unused},
			Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// start starts the kernel in a folder of this module.
func start(mode string) func(t testing.TB) *kerneltest.Kernel {
	return func(t testing.TB) *kerneltest.Kernel {
		t.Helper()
		return startWith(t, "INTERLEAVE_LINK="+mode)
	}
}

// startWith starts the kernel there with an addition to its environment.
func startWith(t testing.TB, env string) *kerneltest.Kernel {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Dir: dir, Env: []string{env}})
}

// onBothWays runs a test with thin and with thick linking.
func onBothWays(t *testing.T, test func(t *testing.T, mode string)) {
	t.Helper()
	for _, mode := range []string{"thin", "thick"} {
		t.Run(mode, func(t *testing.T) {
			prepare(t, mode)
			test(t, mode)
		})
	}
}
