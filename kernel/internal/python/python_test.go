package python

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	lesson "interleave/lessons/kit/python"
)

func TestParseAnswer(t *testing.T) {
	for _, c := range []struct{ in, version, path string }{
		{"3 11 2\n/usr/bin/python3.11\n", "3.11.2", "/usr/bin/python3.11"},
		{"2 7 18\n/usr/bin/python2.7\n", "2.7.18", "/usr/bin/python2.7"},
		{"", "", ""},
		{"pyenv: no version\n", "", ""},
		{"3 x 2\n/usr/bin/python\n", "", ""},
	} {
		got, err := parseAnswer(c.in)
		if c.version == "" {
			if err == nil {
				t.Errorf("parseAnswer(%q) = %v, want an error", c.in, got)
			}
			continue
		}
		if err != nil || got.String() != c.version || got.Path != c.path {
			t.Errorf("parseAnswer(%q) = %v %s, %v", c.in, got, got.Path, err)
		}
	}
}

// FuzzParseAnswer: whatever a program called python3 prints, it is refused, or it has a version and a path of one line.
func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{"3 11 2\n/usr/bin/python3.11\n", "3 11\n/x", "3 -1 2\n/x", "3 99999999999999999999 2\n/x", "3 11 2\n\n/x\n", "\n3 11 2\r\n/a b\r\n", "3 11 2\n \n", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, out string) {
		i, err := parseAnswer(out)
		if err != nil {
			return
		}
		if i.Major < 0 || i.Minor < 0 || i.Micro < 0 || i.Path == "" || strings.Contains(i.Path, "\n") || strings.TrimSpace(i.Path) != i.Path {
			t.Fatalf("%q is taken for %+v", out, i)
		}
		again, err := parseAnswer(fmt.Sprintf("%d %d %d\n%s\n", i.Major, i.Minor, i.Micro, i.Path))
		if err != nil || again != i {
			t.Fatalf("%+v is read as %+v, %v", i, again, err)
		}
	})
}

// fakePython writes a program that answers as a Python of the given version, and is nothing else.
func fakePython(t *testing.T, name, version string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	script := "#!/bin/sh\ncase \"$*\" in *version_info*) echo '" + version + "'; echo " + path + ";; *) echo 'No module named ensurepip' >&2; exit 1;; esac\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindNamesTheCure(t *testing.T) {
	old := fakePython(t, "python3", "3 6 15")
	t.Setenv("PATH", filepath.Dir(old)+":/bin")
	// The machine may have versioned Pythons in /bin; only the message of a named one is certain.
	_, err := Find(t.Context(), old)
	var missing *NotFoundError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "apt-get install python3 python3-venv") || !strings.Contains(err.Error(), "3.6.15") {
		t.Errorf("Find(old) = %v", err)
	}
	if _, err := Find(t.Context(), "no-such-python"); err == nil || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("Find(no-such-python) = %v", err)
	}
}

func TestOpenWithoutVenvModule(t *testing.T) {
	fake := fakePython(t, "python3", "3 11 2")
	_, err := Open(t.Context(), Options{Cache: t.TempDir(), Python: fake, Set: Lab})
	if err == nil || !strings.Contains(err.Error(), "apt-get install python3-venv") || !strings.Contains(err.Error(), "No module named ensurepip") {
		t.Errorf("Open = %v", err)
	}
}

// TestMakeVenv: the venv is made without pip, and the pip of Python's own wheel installs into it, itself as well.
func TestMakeVenv(t *testing.T) {
	p, err := Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Dir: filepath.Join(t.TempDir(), "a folder"), Python: p}
	pip, own, err := makeVenv(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if own == "" {
		t.Fatalf("%s has no pip wheel: apt-get install python3-venv", p.Path)
	}
	req := filepath.Join(env.Dir, "pip.txt")
	if err := os.WriteFile(req, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := runPip(t.Context(), append(pip, "install", "--no-index", "--no-compile", "--require-hashes", "-r", req), 1, func(int, int, string) {}); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(env.Program("pip"), "--version").CombinedOutput(); err != nil || !strings.Contains(string(out), env.Dir) {
		t.Errorf("pip --version = %q, %v", out, err)
	}
}

// TestOpenInterrupted: what was half made is removed.
func TestOpenInterrupted(t *testing.T) {
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Open(ctx, Options{Cache: cache, Set: Lab, Progress: func(int, int, string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v", err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "python-*"))
	if err != nil || len(left) != 1 || filepath.Ext(left[0]) != ".lock" {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestPins(t *testing.T) {
	for _, set := range []Set{Lab, Test} {
		for name, text := range set.files() {
			for block := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", ""), "\n") {
				if block = strings.TrimSpace(block); block == "" || strings.HasPrefix(block, "#") {
					continue
				}
				if !strings.Contains(block, "==") || !strings.Contains(block, "--hash=sha256:") {
					t.Errorf("%s: %.60q has no exact pin with a hash", name, block)
				}
			}
		}
	}
	if lab, test := Lab.packages(), Test.packages(); lab < 60 || test <= lab {
		t.Errorf("%d and %d packages counted", lab, test)
	}
}

func TestFollow(t *testing.T) {
	const text = "Collecting anyio==4.16.0 (from -r lab.txt (line 4))\n  Downloading anyio.whl\nCollecting x==1\nInstalling collected packages: x\n"
	var got []string
	var all bytes.Buffer
	follow(strings.NewReader(text), &all, 2, func(done, total int, what string) { got = append(got, what) })
	if want := "anyio==4.16.0|x==1|unpacking all of them"; strings.Join(got, "|") != want {
		t.Errorf("progress %q, want %q", got, want)
	}
	if all.String() != text {
		t.Errorf("text kept: %q", all.String())
	}
}

func TestPipWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Collecting x\nERROR: No matching distribution found for x==9\n", "ERROR: No matching distribution found for x==9"},
		{"a\nb\n", "a\nb"},
	} {
		if got := pipWords(c.in); got != c.want {
			t.Errorf("pipWords(%q) = %q", c.in, got)
		}
	}
}

func TestFailureShowsPipsWords(t *testing.T) {
	p, err := Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	req := filepath.Join(t.TempDir(), "r.txt")
	if err := os.WriteFile(req, []byte("anyio==0.0.0 --hash=sha256:"+strings.Repeat("0", 64)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = runPip(t.Context(), []string{p.Path, "-m", "pip", "install", "--no-index", "--target", t.TempDir(), "-r", req}, 1, func(int, int, string) {})
	var failed *PipError
	if !errors.As(err, &failed) || !strings.Contains(failed.Words, "No matching distribution found for anyio==0.0.0") {
		t.Errorf("runPip = %v", err)
	}
}

// TestOpen makes the environment all tests use, from two callers at once, and opens it again.
func TestOpen(t *testing.T) {
	cache, err := DefaultCache()
	if err != nil {
		t.Fatal(err)
	}
	open := func() (*Env, error) {
		return Open(t.Context(), Options{Cache: cache, Set: Test, Progress: func(done, total int, what string) { t.Logf("%d/%d %s", done, total, what) }})
	}
	var envs [2]*Env
	var errs [2]error
	var wg sync.WaitGroup
	for i := range envs {
		wg.Go(func() { envs[i], errs[i] = open() })
	}
	wg.Wait()
	if err := errors.Join(errs[0], errs[1]); err != nil {
		t.Fatal(err)
	}
	if envs[0].Fresh && envs[1].Fresh {
		t.Error("made twice")
	}
	again, err := open()
	if err != nil || again.Fresh || again.Dir != envs[0].Dir {
		t.Fatalf("third Open = %+v, %v", again, err)
	}
	out, err := exec.Command(again.Program("jupyter"), "lab", "--version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "4.") {
		t.Errorf("jupyter lab --version = %q, %v", out, err)
	}

	// lessons/kit/python knows where environments are; only one of the cache can be found without a PATH.
	t.Setenv("PATH", "")
	t.Setenv(lesson.Variable, "")
	if found, err := lesson.Find(t.Context()); err != nil || !strings.HasPrefix(found.Path, cache) {
		t.Errorf("the lessons find %v, %v", found, err)
	}
}
