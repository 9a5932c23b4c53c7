package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/link"
)

// TestLanguage runs what releases of Go have added to the language, in a folder without a module, whose language is that of
// the toolchain.
func TestLanguage(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"thin", "thick"} {
		t.Run(mode, func(t *testing.T) {
			b, err := link.Open(t.Context(), link.Options{Dir: t.TempDir(), Sources: sources, Mode: link.Mode(mode)}) // no cell shows how far it has come
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			kerneltest.RunTranscripts(t, "testdata/language/*.txtar", func(t testing.TB) *kerneltest.Kernel {
				return kerneltest.StartT(t, kerneltest.Spec{
					Argv: []string{self, "serve", "{connection_file}"}, Dir: t.TempDir(),
					Env: []string{"GOFLAGS=", "INTERLEAVE_LINK=" + mode, "INTERLEAVE_TEST_SOURCES=" + sources},
				})
			})
		})
	}
}
