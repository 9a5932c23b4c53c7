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

// overlaid is an environment in which a file of the worker's program reads otherwise: each old text is replaced by the new one.
func overlaid(t *testing.T, name string, replace ...string) []string {
	t.Helper()
	at, err := filepath.Abs(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s lacks %q", name, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	data, err = json.Marshal(map[string]any{"Replace": map[string]string{at: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{changed: []byte(text), overlay: data} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return setenv(os.Environ(), map[string]string{"GOFLAGS": "-overlay=" + overlay})
}

// On a runtime whose module data is not as the worker expects it, the self test does not pass, and says why.
func TestSelfTestLayoutChanged(t *testing.T) {
	const tables = "kernel/internal/worker/inmate/itabs.go"
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"a field is gone": {overlaid(t, tables, `find("pluginpath"`, `find("pluginname"`), "runtime.moduledata of go1."},
		"nothing is done": {overlaid(t, tables, "\tif len(instead) == 0 {", "\tif true {"), "interface tables: false false false"},
	} {
		t.Run(name, func(t *testing.T) {
			err := SelfTest(t.Context(), Options{Dir: repository, Env: c.env, Cache: t.TempDir()}, Thin)
			var refused *LinkError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want a LinkError with %q", err, c.want)
			}
			t.Log(err)
		})
	}
}
