package link

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What locate finds is what the go command says, for folders of every kind and every GOWORK.
func TestLocate(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"m/go.mod", "m/sub/deep/x.go", "w/go.work", "w/a/go.mod", "w/a/x.go", "plain/x.go", "odd/go.mod/x.go", "nested/go.mod", "nested/in/go.mod"} {
		write(t, root, name, map[string]string{"go.mod": "module example.com/m\n\ngo 1.25\n", "go.work": "go 1.25\n\nuse ./a\n"}[filepath.Base(name)])
	}
	config := filepath.Join(root, "env")
	for _, set := range []string{"", "off", "auto", filepath.Join(root, "w", "go.work"), "by go env -w"} {
		env := setenv(os.Environ(), map[string]string{"GOWORK": set, "GOENV": config, "GOFLAGS": ""})
		os.Remove(config)
		if set == "by go env -w" {
			env = setenv(env, map[string]string{"GOWORK": ""})
			write(t, root, "env", "GOWORK="+filepath.Join(root, "w", "go.work")+"\n")
		}
		tool, err := FindToolchain(t.Context(), root, env)
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"m", "m/sub/deep", "w", "w/a", "plain", "odd", "odd/go.mod", "nested/in"} {
			cmd := exec.Command(tool.Go, "env", "-json", "GOMOD", "GOWORK")
			cmd.Dir, cmd.Env = filepath.Join(root, dir), env
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var said map[string]string
			if err := json.Unmarshal(out, &said); err != nil {
				t.Fatal(err)
			}
			want := place{said["GOMOD"], said["GOWORK"]}
			if want.gomod == os.DevNull {
				want.gomod = ""
			}
			if want.gowork == "off" {
				want.gowork = ""
			}
			if got := tool.locate(cmd.Dir); got != want {
				t.Errorf("GOWORK=%s in %s: got %+v, and the go command says %+v", set, dir, got, want)
			}
		}
	}
}

// A go.mod in the system's temporary folder governs nothing.
func TestLocateTemp(t *testing.T) {
	temp := t.TempDir()
	write(t, temp, "go.mod", "module example.com/m\n")
	write(t, temp, "in/go.mod", "module example.com/in\n")
	t.Setenv("TMPDIR", temp)
	tool := &Toolchain{}
	if got := tool.locate(filepath.Join(temp, "elsewhere")); got != (place{}) {
		t.Errorf("got %+v", got)
	}
	if got := tool.locate(filepath.Join(temp, "in")); got.gomod != filepath.Join(temp, "in", "go.mod") {
		t.Errorf("got %+v", got)
	}
}
