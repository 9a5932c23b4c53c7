package kerneltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Home makes an empty home directory in which the go command keeps no telemetry: with it, a child of the
// command writes there after the command has ended, and the directory cannot be removed at the test's end.
func Home(t testing.TB) string {
	t.Helper()
	home := t.TempDir()
	telemetry := filepath.Join(home, ".config", "go", "telemetry")
	if err := os.MkdirAll(telemetry, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(telemetry, "mode"), []byte("off"), 0o644); err != nil {
		t.Fatal(err)
	}
	return home
}
