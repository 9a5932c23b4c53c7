package engine_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// ownCache starts a kernel with a cache of its own, in a folder that no go.mod governs, and returns the folder of the cache.
func ownCache(t *testing.T, env ...string) (k *kerneltest.Kernel, cache string) {
	t.Helper()
	root := t.TempDir()
	k = startIn(t, t.TempDir(), append([]string{"XDG_CACHE_HOME=" + root, "GOCACHE=" + goEnv(t, "GOCACHE"), "INTERLEAVE_LINK=thin"}, env...)...)
	return k, filepath.Join(root, "interleave")
}

// TestCacheIsRemoved takes the cache away under a running kernel, whole and in parts: the next cell is right, the worker and the state stay.
func TestCacheIsRemoved(t *testing.T) {
	k, cache := ownCache(t)
	execute(t, k, "import \"expvar\"\ntype T struct{ n int }\nfunc (t *T) inc() int { t.n++; return t.n }\nkept := &T{}\nvars := expvar.NewInt(\"vars\")")
	pid := value(t, k, "os.Getpid()")
	in := func(patterns ...string) func(t *testing.T) {
		return func(t *testing.T) {
			for _, p := range patterns {
				found, err := filepath.Glob(filepath.Join(cache, "link", p))
				if err != nil || len(found) == 0 {
					t.Fatalf("%s: %v, %v", p, found, err)
				}
				for _, path := range found {
					if err := os.RemoveAll(path); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	last := 0.0
	for _, c := range []struct {
		what   string
		damage func(t *testing.T)
		base   bool // the base was made again
	}{
		{"nothing", func(*testing.T) {}, false},
		{"tmp", in("tmp"), false},
		{"plugins", in("plugin"), false},
		{"state and locks", in("state", "lock"), false},
		{"modules of folders and generated ones", in("folder", "mod"), false},
		{"a package's export data", in("base/*/pkg/*"), true},
		{"worker and stubs", in("base/*/worker", "base/*/stub*"), true},
		{"packages outside of the base", in("extra"), true},
		{"everything", func(t *testing.T) {
			if err := os.RemoveAll(cache); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		c.damage(t)
		r, err := k.Execute(within(t, 5*time.Minute), "vars.Add(1)\nfmt.Println(strings.ToUpper(vars.String()), \""+c.what+"\")\nkept.inc()", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text := kerneltest.Text(r, kerneltest.TextOptions{})
		if last++; !strings.Contains(text, "result: "+string(rune('0'+int(last)))) {
			t.Fatalf("without %s: %s", c.what, text)
		}
		if now := value(t, k, "os.Getpid()"); now != pid {
			t.Errorf("without %s: another worker", c.what)
		}
		if told := strings.Contains(text, "were made again"); told != c.base {
			t.Errorf("without %s: it is told: %v", c.what, told)
		}
	}
	if err := os.RemoveAll(cache); err != nil { // what a new worker needs, and what programs and editors need
		t.Fatal(err)
	}
	execute(t, k, "%reset")
	execute(t, k, "type U struct{ T int }\nU{1}")
	if now := value(t, k, "os.Getpid()"); now == pid {
		t.Error("the same worker after %reset")
	}
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	execute(t, k, "%%program\nfmt.Println(strings.ToUpper(\"program\"))")
	left := 0
	_ = filepath.WalkDir(filepath.Join(cache, "link", "tmp"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(d.Name(), ".old") {
			left++
		}
		return nil
	})
	if left > 0 {
		t.Errorf("%d folders are left", left)
	}
}

// TestWithoutABase has a C compiler that fails until it is mended: what needs no compiler works, and cells do when it is.
func TestWithoutABase(t *testing.T) {
	dir := t.TempDir()
	mended := filepath.Join(dir, "mended")
	cc := filepath.Join(dir, "cc")
	if err := os.WriteFile(cc, []byte("#!/bin/sh\n[ -e "+mended+" ] && exec gcc \"$@\"\necho 'cc: the disk is upside down' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	k, _ := ownCache(t, "CC="+cc)
	run := func(code string) string {
		t.Helper()
		r, err := k.Execute(within(t, 5*time.Minute), code, kerneltest.ExecuteOptions{ContinueOnError: true})
		if err != nil {
			t.Fatal(err)
		}
		return kerneltest.Text(r, kerneltest.TextOptions{}) + r.EValue
	}
	for range 2 {
		if text := run("1 + 1"); !strings.Contains(text, "upside down") {
			t.Fatalf("a cell: %s", text)
		}
	}
	for code, want := range map[string]string{
		"%version":                 "cells cannot be compiled",
		"%help %get":               "add modules",
		"!echo $((6 * 7))":         "42",
		"%%bash\necho $((6 * 7))":  "42",
		"$ echo 42":                "42",
		"%%file 42.txt\nsome text": "wrote 42.txt",
		"%get example.com/a@none":  "nothing to change",
		"%reset":                   "prepared once more",
		"%vars":                    "upside down",
	} {
		if text := run(code); !strings.Contains(text, want) {
			t.Errorf("%s: %s", code, text)
		}
		run("1 + 1") // opens it again, in vain
	}
	if err := os.WriteFile(mended, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if text := run("6 * 7"); !strings.Contains(text, "result: 42") {
		t.Errorf("when it is mended: %s", text)
	}
}
