package engine_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/kerneltest"
)

// fetchTest is a machine whose only network is a proxy with the modules of testdata/fetch/proxy.txt.
type fetchTest struct {
	cache, mode string
	env         []string
}

func newFetchTest(t *testing.T, mode string) *fetchTest {
	t.Helper()
	modules := goEnv(t, "GOMODCACHE")
	ownModules(t, "fetch.interleave.test")
	return &fetchTest{cache: t.TempDir(), mode: mode, env: []string{
		"GOPROXY=" + proxy(t, "testdata/fetch/proxy.txt") + ",file://" + filepath.Join(modules, "cache", "download"),
		"GONOSUMDB=fetch.interleave.test", "GOFLAGS=", "GOCACHE=" + goEnv(t, "GOCACHE"),
	}}
}

// start starts a kernel in a folder.
func (f *fetchTest) start(t testing.TB, dir string, env ...string) *kerneltest.Kernel {
	t.Helper()
	return startIn(t, dir, append(append([]string{"XDG_CACHE_HOME=" + f.cache, "INTERLEAVE_LINK=" + f.mode}, f.env...), env...)...)
}

// proxy makes a module proxy of an archive whose files are named MODULE@VERSION/NAME.
func proxy(t *testing.T, name string) (url string) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	sources := map[module.Version]string{}
	for _, f := range archive.Files {
		path, rest, _ := strings.Cut(f.Name, "@")
		version, file, _ := strings.Cut(rest, "/")
		m := module.Version{Path: path, Version: version}
		if sources[m] == "" {
			sources[m] = t.TempDir()
		}
		at := filepath.Join(sources[m], file)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list := map[string]string{}
	for m, dir := range sources {
		at := filepath.Join(root, m.Path, "@v")
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := os.Create(filepath.Join(at, m.Version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := zip.CreateFromDir(out, m, dir); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		list[at] += m.Version + "\n"
		for ext, data := range map[string]string{".mod": string(mod), ".info": `{"Version":"` + m.Version + `"}`} {
			if err := os.WriteFile(filepath.Join(at, m.Version+ext), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for at, versions := range list {
		if err := os.WriteFile(filepath.Join(at, "list"), []byte(versions), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + root
}

// TestFetch runs notebooks in folders of their own, without a go.mod but for governed.
func TestFetch(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		f := newFetchTest(t, mode)
		for _, name := range []string{"import", "get", "off", "governed"} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				if name == "governed" {
					for file, text := range map[string]string{
						"go.mod":           "module fetch.interleave.test/governed\n\ngo 1.26\n\nrequire fetch.interleave.test/dep v1.0.0\n",
						"shapes/shapes.go": "package shapes\n\nfunc Square(x int) int { return x * x }\n",
					} {
						at := filepath.Join(dir, file)
						if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
							t.Fatal(err)
						}
					}
				}
				kerneltest.RunTranscript(t, filepath.Join("testdata", "fetch", name+".txtar"), func(t testing.TB) *kerneltest.Kernel { return f.start(t, dir) })
			})
		}
	})
}

// TestGetAtOnce has kernels of one folder ask for modules at the same moment: each succeeds and tells of what it asked for alone.
func TestGetAtOnce(t *testing.T) {
	f := newFetchTest(t, "thin")
	dir := t.TempDir()
	asked := []string{"quote", "needs", "effect", "taken-back"}
	var kernels []*kerneltest.Kernel
	for range asked {
		k := f.start(t, dir)
		execute(t, k, "1 + 1") // it's open
		kernels = append(kernels, k)
	}
	told := make([]string, len(asked))
	var all sync.WaitGroup
	for i, name := range asked {
		all.Go(func() {
			r, err := kernels[i].Execute(within(t, 2*time.Minute), "%get fetch.interleave.test/"+name, kerneltest.ExecuteOptions{ContinueOnError: true})
			if err != nil {
				t.Error(err)
				return
			}
			told[i] = kerneltest.Text(r, kerneltest.TextOptions{})
		})
	}
	all.Wait()
	for i, name := range asked {
		if !strings.Contains(told[i], "added fetch.interleave.test/"+name+" v1.") {
			t.Errorf("%s: %s", name, told[i])
		}
		for _, other := range asked {
			if other != name && strings.Contains(told[i], "/"+other+" ") {
				t.Errorf("%s tells of %s: %s", name, other, told[i])
			}
		}
	}
	r, err := kernels[0].Execute(within(t, time.Minute), "%get", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range asked {
		if text := kerneltest.Text(r, kerneltest.TextOptions{}); !strings.Contains(text, "/"+name+"@v1.") {
			t.Errorf("%s was lost: %s", name, text)
		}
	}
}

// TestFoldersAreApart asks for a module in one folder: another one doesn't have it, and opens without preparing anything.
func TestFoldersAreApart(t *testing.T) {
	f := newFetchTest(t, "thin")
	one, other := t.TempDir(), t.TempDir()
	execute(t, f.start(t, one), "%get fetch.interleave.test/dep\nclient.Do()")
	k := f.start(t, other)
	r, err := k.Execute(within(t, time.Minute), "client.Do()", kerneltest.ExecuteOptions{ContinueOnError: true})
	if err != nil {
		t.Fatal(err)
	}
	text := kerneltest.Text(r, kerneltest.TextOptions{})
	if !strings.Contains(text, "undefined: client") || strings.Contains(text, "Preparing") {
		t.Error(text)
	}
}

// TestFetchInterrupted has a proxy that never answers: an interrupt ends an import that waits for it, and its go command.
func TestFetchInterrupted(t *testing.T) {
	f := newFetchTest(t, "thin")
	asked, never := make(chan struct{}, 100), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-never:
		case <-r.Context().Done(): // the go command is gone
			asked <- struct{}{}
		}
	}))
	defer silent.Close()
	defer close(never)
	k := f.start(t, t.TempDir(), "GOPROXY="+silent.URL)
	execute(t, k, "1 + 1")
	done := make(chan string, 1)
	go func() {
		r, err := k.Execute(within(t, 2*time.Minute), "import \"fetch.interleave.test/quote\"", kerneltest.ExecuteOptions{ContinueOnError: true})
		if err != nil {
			done <- err.Error()
			return
		}
		done <- kerneltest.Text(r, kerneltest.TextOptions{})
	}()
	<-asked
	if err := k.Interrupt(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if text := <-done; !strings.Contains(text, "Interrupted") {
		t.Error(text)
	}
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Error("the go command still asks the proxy")
	}
	execute(t, k, "2 + 2")
}
