package link

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSelfTest(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		if err := SelfTest(t.Context(), Options{Dir: repository, Env: os.Environ()}, mode); err != nil {
			t.Fatal(err)
		}
	})
}

// overlaid has a workshop compile a file of this module with another text: each old one is replaced by the new one.
func overlaid(t *testing.T, w *workshop, name, old, new string) {
	t.Helper()
	at, err := filepath.Abs(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s lacks %q", name, old)
	}
	dir := t.TempDir()
	write(t, dir, "changed.go", strings.ReplaceAll(string(data), old, new))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{at: filepath.Join(dir, "changed.go")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "overlay.json", string(overlay))
	w.module.flags = append(w.module.flags, "-overlay="+filepath.Join(dir, "overlay.json"))
}

// On a runtime whose module data is not as the worker expects it, the self test does not pass, and says why.
func TestSelfTestLayoutChanged(t *testing.T) {
	const tables = "kernel/internal/worker/inmate/itabs.go"
	for name, c := range map[string]struct{ old, new, want string }{
		"a field is gone": {`find("pluginpath"`, `find("pluginname"`, "runtime.moduledata of go1."},
		"nothing is done": {"\tif len(instead) == 0 {", "\tif true {", "interface tables: false false false"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := newWorkshop(t.Context(), Options{Dir: repository, Cache: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer w.close()
			overlaid(t, w, tables, c.old, c.new)
			err = w.selfTest(t.Context(), Thin)
			var refused *LinkError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want a LinkError with %q", err, c.want)
			}
			t.Log(err)
		})
	}
}
