package link

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The kernel's own go commands do not see what would disturb them, wherever it is set; each flag that holds is kept, and
// what cannot be worked with is refused by its name, with what to do.
func TestOwnEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	usual, err := FindToolchain(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set   string // name=value
		flags string // GOFLAGS that hold
		bad   string // what is refused
	}{
		{set: "GOFLAGS="}, {set: "GOFLAGS=-mod=vendor"}, {set: "GOFLAGS=-mod=readonly"}, {set: "GOFLAGS=-trimpath"}, {set: "GOFLAGS=-buildvcs=true"},
		{set: "GOFLAGS=-ldflags=-s"}, {set: "GOFLAGS=-nonsense"}, {set: "GOFLAGS=-v -x -a -n"}, {set: "GOFLAGS=-race=false"}, {set: "GOFLAGS=-cover"},
		{set: "GOFLAGS=-toolexec=/nonexistent"}, {set: "GOFLAGS=-buildmode=c-archive"}, {set: "GOFLAGS=-modfile=/nonexistent"},
		{set: "GOFLAGS=-tags=foo", flags: "-tags=foo"}, {set: "GOFLAGS=-mod=mod", flags: "-mod=mod"},
		{set: "GOFLAGS=-v --tags=a,b -mod=vendor", flags: "--tags=a,b"}, {set: "GOFLAGS=-modcacherw", flags: "-modcacherw"},
		{set: "GOFLAGS=-race", bad: "GOFLAGS has -race"}, {set: "GOFLAGS=-tags=x -msan", bad: "GOFLAGS has -msan"}, {set: "GOFLAGS=--asan=true", bad: "GOFLAGS has --asan=true"},
		{set: "GOOS=windows"}, {set: "GOARCH=arm64"}, {set: "GOARCH=wasm"}, {set: "CGO_ENABLED=0"},
		{set: "GOWORK=off"}, {set: "GOWORK=/nonexistent/go.work", bad: "GOWORK names /nonexistent/go.work"},
		{set: "GODEBUG=schedtrace=1000,scheddetail=1"}, {set: "GODEBUG=gctrace=1"}, {set: "GODEBUG=inittrace=1"}, {set: "GODEBUG=netdns=go"},
		{set: "GOGC=1"}, {set: "GOGC=off"}, {set: "GOMEMLIMIT=1"}, {set: "GOMAXPROCS=0"}, {set: "GOMAXPROCS=1"}, {set: "GOMAXPROCS=1000000"},
		{set: "TMPDIR=/nonexistent/tmp"}, {set: "TMPDIR=" + file}, {set: "TMPDIR=/proc"}, {set: "LD_PRELOAD=/nonexistent.so"}, {set: "LD_LIBRARY_PATH=/nonexistent"},
		{set: "GOTOOLCHAIN=local"}, {set: "GOPROXY=off"}, {set: "GONOSUMDB=*"}, {set: "GOINSECURE=*"}, {set: "LANG=C"},
		{set: "GOEXPERIMENT=bogus", bad: "GOEXPERIMENT bogus"}, {set: "CC=nonexistent", bad: "no C compiler was found (nonexistent)"},
	} {
		name, value, _ := strings.Cut(c.set, "=")
		ways := []string{"environment"}
		if strings.HasPrefix(name, "GO") && name != "GODEBUG" && name != "GOGC" && name != "GOMEMLIMIT" && name != "GOMAXPROCS" && name != "GOWORK" || name == "CGO_ENABLED" || name == "CC" {
			ways = append(ways, "go env -w")
		}
		for _, way := range ways {
			t.Run(c.set+" by "+way, func(t *testing.T) {
				env := os.Environ()
				if way == "environment" {
					env = setenv(env, map[string]string{name: value})
				} else {
					saved := filepath.Join(t.TempDir(), "env")
					if err := os.WriteFile(saved, []byte(c.set+"\n"), 0o644); err != nil {
						t.Fatal(err)
					}
					env = setenv(env, map[string]string{"GOENV": saved, name: ""})
				}
				tool, err := FindToolchain(t.Context(), t.TempDir(), env)
				if c.bad != "" {
					var refused *ToolchainError
					if !errors.As(err, &refused) || !strings.Contains(refused.Problem, c.bad) || refused.Cure == "" || strings.Contains(err.Error(), "\n") {
						t.Fatalf("got %v", err)
					}
					t.Log(err)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if tool.Env["GOOS"] != runtime.GOOS || tool.Env["GOARCH"] != runtime.GOARCH || tool.Env["CGO_ENABLED"] != "1" || tool.Env["GOFLAGS"] != c.flags {
					t.Errorf("%s %s cgo=%s %q", tool.Env["GOOS"], tool.Env["GOARCH"], tool.Env["CGO_ENABLED"], tool.Env["GOFLAGS"])
				}
				if same := tool.Key == usual.Key; same != ((c.flags == "" || c.flags == "-modcacherw") && value != "netdns=go") {
					t.Errorf("the base is another: %v", !same)
				}
				cmd := (&Module{}).command(t.Context(), tool, tool.environment(ownEnvironment(env)), "env", "GOFLAGS", "GOOS", "GOARCH", "CGO_ENABLED")
				said, err := cmd.CombinedOutput()
				if got := strings.TrimPrefix(string(said), "-modcacherw=false"); err != nil || got != c.flags+"\n"+runtime.GOOS+"\n"+runtime.GOARCH+"\n1\n" {
					t.Errorf("a go command of the kernel has %q, %v", said, err)
				}
			})
		}
	}
}

// A folder that was removed is named, before anything is tried in it.
func TestLostFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	_, err := newWorkshop(t.Context(), Options{Dir: dir})
	var refused *ToolchainError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), dir+" is not there any more") {
		t.Errorf("got %v", err)
	}
}
