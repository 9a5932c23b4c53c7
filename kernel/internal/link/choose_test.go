package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeGo is a go command that knows go env -json.
type fakeGo struct {
	version string
	setting string   // GOTOOLCHAIN where the environment has none; "" for a Go that knows none
	cached  []string // toolchains in the module cache
	online  bool     // the others can be downloaded
}

// at writes the command into dir, and counts downloads that were tried in dir/tried.
func (f fakeGo) at(t *testing.T, dir string) {
	t.Helper()
	write(t, dir, "go", fmt.Sprintf(`#!/bin/sh
version=%s setting=${GOTOOLCHAIN-%s} proxy=${GOPROXY-https://proxy}
case $setting in
go1.*)
	case " %s " in
	*" $setting "*) ;;
	*)
		online=%t
		[ "$proxy" = off ] && online=false
		[ "$proxy" = off ] || echo tried >> '%s/tried'
		echo "go: downloading $setting (linux/amd64)" >&2
		if ! $online; then
			echo "go: download $setting for linux/amd64: toolchain not available" >&2
			exit 1
		fi ;;
	esac
	version=$setting ;;
esac
mod=
[ -f go.mod ] && mod=$PWD/go.mod
echo "{\"GOVERSION\": \"$version\", \"GOROOT\": \"%s/root\", \"GOTOOLCHAIN\": \"$setting\", \"GOPROXY\": \"$proxy\", \"GOMOD\": \"$mod\", \"CGO_ENABLED\": \"1\", \"CC\": \"gcc\"}"
`, f.version, f.setting, strings.Join(f.cached, " "), f.online, dir, dir))
	if err := os.Chmod(filepath.Join(dir, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fakes puts go commands where a case wants them, and returns a search that sees those only.
func fakes(t *testing.T, goes map[string]fakeGo, env []string, mod string) Search {
	t.Helper()
	root := t.TempDir()
	old := goFolders
	goFolders = []string{"~/usual/bin", "~/sdk/go*/bin"}
	t.Cleanup(func() { goFolders = old })
	path := []string{}
	for _, name := range []string{"path", "path2"} {
		if _, ok := goes[name]; ok {
			path = append(path, filepath.Join(root, name))
		}
	}
	tools := filepath.Join(root, "tools") // what cells are linked with, and no Go
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gcc", "ld"} {
		at, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(at, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range goes {
		f.at(t, filepath.Join(root, name))
	}
	s := Search{Dir: filepath.Join(root, "notebook"), Env: append([]string{"HOME=" + root, "PATH=" + strings.Join(append(path, tools), ":")}, env...)}
	if mod != "" {
		write(t, s.Dir, "go.mod", mod)
	} else if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, kv := range s.Env {
		s.Env[i] = strings.ReplaceAll(kv, "@@", root)
	}
	if _, ok := goes["recorded"]; ok {
		s.Recorded = filepath.Join(root, "recorded", "go")
	}
	return s
}

func TestFind(t *testing.T) {
	auto := func(version string) fakeGo { return fakeGo{version: version, setting: "auto"} }
	local := func(version string) fakeGo { return fakeGo{version: version, setting: "local"} }
	for _, c := range []struct {
		name string
		goes map[string]fakeGo
		env  []string
		mod  string
		want string // the version and a part of Why, or a part of the error
	}{
		{"on PATH", map[string]fakeGo{"path": auto("go1.26.8"), "recorded": auto("go1.27.1"), "usual/bin": auto("go1.27.2")}, nil, "", "go1.26.8: the first Go on PATH"},
		{"in GOROOT", map[string]fakeGo{"gr/bin": auto("go1.26.7"), "usual/bin": auto("go1.27.2")}, []string{"GOROOT=@@/gr"}, "", "go1.26.7: no Go is on PATH; this one is in GOROOT"},
		{"recorded", map[string]fakeGo{"recorded": auto("go1.26.6"), "usual/bin": auto("go1.27.2")}, nil, "", "go1.26.6: no Go is on PATH; this one is that with which"},
		{"where installers put it", map[string]fakeGo{"sdk/go1.26.8/bin": auto("go1.26.8"), "sdk/go1.27.10/bin": auto("go1.27.10"), "sdk/go1.27.9/bin": auto("go1.27.9")}, nil, "", "go1.27.10: no Go is on PATH; this one is in"},
		{"an old one before", map[string]fakeGo{"path": {version: "go1.19.8"}, "path2": auto("go1.26.8")}, nil, "", "go1.26.8: @@/path/go is go1.19.8, older than go1.26; this one is on PATH"},
		{"an old one, another elsewhere", map[string]fakeGo{"path": {version: "go1.19.8"}, "usual/bin": auto("go1.26.8")}, nil, "", "go1.26.8: @@/path/go is go1.19.8, older than go1.26; this one is in @@/usual/bin"},
		{"an old one alone", map[string]fakeGo{"path": {version: "go1.19.8"}}, nil, "", "go is go1.19.8, and Interleave needs go1.26. Install a newer Go"},
		{"an old one that switches", map[string]fakeGo{"path": {version: "go1.22.1", setting: "auto", online: true}}, nil, "", Proved + ": @@/path/go is go1.22.1, older than go1.26; it got " + Proved},
		{"an old one without a network", map[string]fakeGo{"path": {version: "go1.22.1", setting: "auto"}}, nil, "", "is go1.22.1, and Interleave needs go1.26"},
		{"an old one that is told to stay", map[string]fakeGo{"path": {version: "go1.22.1", setting: "local", online: true}}, nil, "", "is go1.22.1, and Interleave needs go1.26"},
		{"GOTOOLCHAIN names one", map[string]fakeGo{"path": {version: "go1.26.8", setting: "auto", cached: []string{"go1.27.2"}}}, []string{"GOTOOLCHAIN=go1.27.2"}, "", "go1.27.2: the first Go on PATH"},
		{"go.mod asks for more", map[string]fakeGo{"path": local("go1.26.8")}, nil, "module m\n\ngo 1.27\n", "go.mod asks for go1.27, and @@/path/go is go1.26.8, which may not switch to a newer one (GOTOOLCHAIN=local). Install go1.27"},
		{"a toolchain line is advice", map[string]fakeGo{"path": local("go1.26.8")}, nil, "module m\n\ngo 1.26\n\ntoolchain go1.27.4\n", "go1.26.8: the first Go on PATH"},
		{"go.mod asks for what is elsewhere", map[string]fakeGo{"path": local("go1.26.8"), "usual/bin": local("go1.27.0")}, nil, "module m\n\ngo 1.27\n", "go1.27.0: @@/path/go is go1.26.8, older than go.mod asks for"},
		{"named", map[string]fakeGo{"path": auto("go1.26.8"), "mine": auto("go1.27.3")}, []string{"INTERLEAVE_GO=@@/mine/go"}, "", "go1.27.3: the Go named by INTERLEAVE_GO"},
		{"named and missing", map[string]fakeGo{"path": auto("go1.26.8")}, []string{"INTERLEAVE_GO=@@/none/go"}, "", "the go command was not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakes(t, c.goes, c.env, c.mod)
			tool, err := s.Find(t.Context())
			got := fmt.Sprint(err)
			if err == nil {
				got = tool.Version + ": " + tool.Why
				if tool.Key == "" || tool.Go == "" || tool.Found != tool.Go {
					t.Errorf("%+v", tool)
				}
			}
			if want := strings.ReplaceAll(c.want, "@@", getenv(s.Env, "HOME")); !strings.Contains(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			var known *ToolchainError
			if err != nil && !errors.As(err, &known) {
				t.Errorf("%T", err)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	auto := func(version string, cached ...string) fakeGo {
		return fakeGo{version: version, setting: "auto", cached: cached}
	}
	for _, c := range []struct {
		name   string
		goes   map[string]fakeGo
		env    []string
		mod    string
		built  string
		forced Mode
		works  string // the modes and versions that pass the self test
		want   string // the version, the mode, a part of the reason or of the toolchain's, or a part of the error
		tried  int    // downloads, of two choices
	}{
		{"PATH's passes", map[string]fakeGo{"path": auto("go1.26.8", Proved)}, nil, "", "go1.27.4", Auto, "thin go1.26.8", "go1.26.8 thin it passes", 0},
		{"PATH's does not, the proved one is cached", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, nil, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, Proved + " thin with go1.28.0", 0},
		{"cached, and GOPROXY=off", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, []string{"GOPROXY=off"}, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, Proved + " thin with go1.28.0", 0},
		{"downloaded", map[string]fakeGo{"path": {version: "go1.28.0", setting: "auto", online: true}}, nil, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, Proved + " thin with go1.28.0", 2},
		{"no network", map[string]fakeGo{"path": auto("go1.28.0")}, nil, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, "go1.28.0 thick thin does not work here", 1},
		{"GOPROXY=off", map[string]fakeGo{"path": {version: "go1.28.0", setting: "auto", online: true}}, []string{"GOPROXY=off"}, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, "is not in the module cache, and GOPROXY=off", 0},
		{"GOTOOLCHAIN=local", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, []string{"GOTOOLCHAIN=local"}, "", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, "GOTOOLCHAIN=local keeps", 0},
		{"go.mod's go line asks for more", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, nil, "module m\n\ngo 1.28\n", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, "go.mod asks for go1.28", 0},
		{"go.mod's toolchain line asks for more", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, nil, "module m\n\ngo 1.26\n\ntoolchain go1.28.0\n", "go1.28.0", Auto, "thick go1.28.0 thin " + Proved, "go.mod asks for go1.28.0", 0},
		{"the proved one fails here too", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, nil, "", "go1.28.0", Auto, "thick go1.28.0", "go1.28.0 thick thin does not work here", 0},
		{"PATH's is the proved one", map[string]fakeGo{"path": auto(Proved)}, nil, "", Proved, Auto, "thick " + Proved, Proved + " thick thin does not work here: link the self test: no", 0},
		{"nothing works", map[string]fakeGo{"path": auto(Proved)}, nil, "", Proved, Auto, "", "no way to link works here", 0},
		{"forced", map[string]fakeGo{"path": auto("go1.28.0", Proved)}, nil, "", "go1.28.0", Thick, "", "go1.28.0 thick somebody", 0},
		{"an older kernel, an older Go elsewhere", map[string]fakeGo{"path": auto("go1.27.4"), "usual/bin": auto("go1.26.1")}, nil, "", "go1.26.8", Auto, "thin go1.26.1",
			"go1.26.1 thin this kernel was built with go1.26.8 and cannot read what go1.27.4 (@@/path/go) compiles; @@/usual/bin/go is used", 0},
		{"an older kernel, its own Go cached", map[string]fakeGo{"path": auto("go1.27.4", "go1.26.8")}, []string{"GOPROXY=off"}, "", "go1.26.8", Auto, "thin go1.26.8", "go1.26.8 thin this kernel was built with", 0},
		{"an older kernel, its own Go downloaded", map[string]fakeGo{"path": {version: "go1.27.4", setting: "auto", online: true}}, nil, "", "go1.26.8", Auto, "thin go1.26.8", "go1.26.8 thin this kernel was built with", 2},
		{"an older kernel alone", map[string]fakeGo{"path": auto("go1.27.4")}, []string{"GOTOOLCHAIN=local"}, "", "go1.26.8", Auto, "", "this kernel was built with go1.26.8 and cannot read what go1.27.4", 0},
		{"an older kernel, and go.mod asks for more", map[string]fakeGo{"path": auto("go1.27.4", "go1.26.8")}, nil, "module m\n\ngo 1.27\n", "go1.26.8", Auto, "", "cannot read what go1.27.4", 0},
		{"a newer kernel", map[string]fakeGo{"path": auto("go1.26.8")}, nil, "", "go1.27.4", Auto, "thin go1.26.8", "go1.26.8 thin it passes", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakes(t, c.goes, c.env, c.mod)
			home := getenv(s.Env, "HOME")
			cache, err := openCache(t.TempDir(), 0)
			if err != nil {
				t.Fatal(err)
			}
			shop := &workshop{cache: cache}
			works := strings.Fields(c.works)
			choice := chooser{search: s, built: c.built, forced: c.forced, by: "somebody",
				prove: func(tool *Toolchain, mode Mode) error {
					for pair := range slices.Chunk(works, 2) {
						if pair[0] == string(mode) && pair[1] == tool.Version {
							return nil
						}
					}
					return &LinkError{"the self test", errors.New("no")}
				},
				failed: func(_ *Toolchain, version string, err error) error { return shop.failure(version, err) }}
			for range 2 {
				tool, mode, why, err := choice.choose(t.Context())
				got := fmt.Sprint(err)
				if err == nil {
					got = fmt.Sprintf("%s %s %s", tool.Version, mode, why)
					if tool.Why != "" && strings.HasPrefix(c.want, fmt.Sprintf("%s %s with", tool.Version, mode)) || strings.Contains(c.want, "this kernel") {
						got = fmt.Sprintf("%s %s %s", tool.Version, mode, tool.Why)
					}
				}
				if want := strings.ReplaceAll(c.want, "@@", home); !strings.Contains(got, want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
			tried, _ := os.ReadFile(filepath.Join(home, "path", "tried"))
			if n := strings.Count(string(tried), "tried"); n != c.tried {
				t.Errorf("%d downloads were tried, want %d", n, c.tried)
			}
		})
	}
}

// TestDownloadIsTold: what a go command says while it downloads is progress.
func TestDownloadIsTold(t *testing.T) {
	s := fakes(t, map[string]fakeGo{"path": {version: "go1.26.8", setting: "auto", online: true}}, nil, "")
	var said []string
	s.Said = func(what string) { said = append(said, what) }
	tool, err := s.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.get(t.Context(), tool, Proved)
	if err != nil || other.Version != Proved || other.Env["GOTOOLCHAIN"] != "auto" || other.Env["GOPROXY"] != "https://proxy" {
		t.Errorf("got %+v, %v", other, err)
	}
	if want := "download " + Proved + " (linux/amd64)"; !slices.Contains(said, want) {
		t.Errorf("said %q, want %s", said, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.get(ctx, tool, Proved); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestRealToolchain has the go command of this machine become the proved release, which is in the module cache, as users of
// GOTOOLCHAIN=auto have it.
func TestRealToolchain(t *testing.T) {
	env := append(os.Environ(), "GOTOOLCHAIN=auto")
	s := Search{Dir: t.TempDir(), Env: env}
	tool, err := s.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.get(t.Context(), tool, Proved)
	if err != nil {
		t.Fatal(err)
	}
	cmd := (&Module{Dir: s.Dir}).command(t.Context(), other, append(env, "GOROOT="+tool.Root, "GOTOOLCHAIN="+tool.Version), "env", "GOVERSION", "GOROOT")
	out, err := cmd.CombinedOutput()
	if want := Proved + "\n" + other.Root + "\n"; err != nil || string(out) != want || other.Key == tool.Key && tool.Version != Proved {
		t.Errorf("%v said %q, %v; want %q", cmd.Args, out, err, want)
	}
	write(t, s.Dir, "go.mod", "module m\n\ngo 1.26\n\ntoolchain "+Proved+"\n")
	switched, err := s.Find(t.Context())
	if err != nil || switched.Version != Proved || switched.Go != other.Go {
		t.Errorf("a toolchain line: %+v, %v", switched, err)
	}
}
