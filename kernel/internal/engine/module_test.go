package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/kerneltest"
)

// TestModules runs notebooks in folders that different modules govern. The network is out of reach: what is not in the module
// cache comes from a proxy of the test's own. FULL=1 has thick linking too.
func TestModules(t *testing.T) {
	tree := t.TempDir()
	plant(t, tree)
	env := []string{
		"GOPROXY=file://" + filepath.Join(tree, "goproxy"), "GONOSUMDB=interleave.test", "GOFLAGS=",
		"GOCACHE=" + goEnv(t, "GOCACHE"),
	}
	ownModules(t, "interleave.test")
	modes := []string{"thin"}
	if os.Getenv("FULL") != "" {
		modes = append(modes, "thick")
	}
	for _, mode := range modes {
		cache := t.TempDir() // for a scratch module that is nobody else's
		for folder, dir := range map[string]string{"governed": "governed/notebooks", "workspace": "workspace/a/notebooks", "vendored": "vendored/notebooks", "scratch": "scratch/notebooks",
			"appears": "appears/notebooks", "moves": "scratch/notebooks", "versions": "versions/notebooks", "edited": "edited/notebooks"} {
			t.Run(mode+"/"+folder, func(t *testing.T) {
				root := t.TempDir()
				copyTree(t, root, tree)
				kerneltest.RunTranscript(t, filepath.Join("testdata", "modules", folder+".txtar"), func(t testing.TB) *kerneltest.Kernel {
					return startIn(t, filepath.Join(root, dir), append([]string{"XDG_CACHE_HOME=" + cache, "INTERLEAVE_LINK=" + mode}, env...)...)
				})
			})
		}
	}
}

// ownModules removes what a proxy of the test's own puts into the module cache below a path, before the test and after it.
func ownModules(t *testing.T, path string) {
	t.Helper()
	cache := goEnv(t, "GOMODCACHE")
	forget := func() {
		for _, dir := range []string{filepath.Join(cache, path), filepath.Join(cache, "cache", "download", path)} {
			filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					os.Chmod(path, 0o755)
				}
				return nil
			})
			os.RemoveAll(dir)
		}
	}
	forget()
	t.Cleanup(forget)
}

// startIn starts the kernel of these sources in a folder.
func startIn(t testing.TB, dir string, env ...string) *kerneltest.Kernel {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Dir: dir, Env: append(env, "INTERLEAVE_TEST_SOURCES="+sources)})
}

// plant writes the folders of tree.txt and the proxy.
func plant(t *testing.T, root string) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/modules/tree.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := filepath.Join(root, "goproxy", "interleave.test", "dep", "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	versions, err := os.ReadDir(filepath.Join(root, "proxy"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, v := range versions {
		list = append(list, v.Name())
		dir := filepath.Join(root, "proxy", v.Name())
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(at, v.Name()+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := zip.CreateFromDir(f, module.Version{Path: "interleave.test/dep", Version: v.Name()}, dir); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for ext, data := range map[string]string{".mod": string(mod), ".info": `{"Version":"` + v.Name() + `"}`} {
			if err := os.WriteFile(filepath.Join(at, v.Name()+ext), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(at, "list"), []byte(strings.Join(list, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyTree(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
