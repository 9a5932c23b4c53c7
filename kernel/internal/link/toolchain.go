package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	// Oldest is the oldest Go release that the technique was tried with.
	Oldest = "go1.26"
	// Proved is the newest one. It is fetched where the Go that is found does not do.
	Proved = "go1.27.4"
)

// Toolchain is the user's own go installation with the settings that change what it makes.
type Toolchain struct {
	Go      string            // the go command, in Root where it can be: it never switches to another toolchain
	Found   string            // the go command that was looked up; it may switch
	Version string            // "go1.26.8"
	Root    string            // GOROOT
	Why     string            // why this one
	Tools   string            // where compile and link lie
	Env     map[string]string // what go env says in the notebook's folder
	CC      []string          // the C compiler with its arguments
	Linker  []string          // the linker that joins thin plugins
	Joiner  []string          // the linker that joins thick plugins: the fastest of those there are
	Key     string            // a hash of all of it

	given string // GOFLAGS as the user has set it; Env has what of it holds
	work  string // GOWORK as the user has set it; Env has what was found at the start
}

// ToolchainError is a toolchain that cannot be used. Cure is a sentence that says what to do.
type ToolchainError struct {
	Problem, Cure string
}

func (e *ToolchainError) Error() string { return e.Problem + ". " + e.Cure }

// settings are the variables of go env that change what compiler and linker make.
var settings = []string{
	"GOVERSION", "GOROOT", "GOTOOLDIR", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140",
	"GOFLAGS", "CGO_ENABLED", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS", "GODEBUG",
}

// FindToolchain is Search.Find for a folder; a nil env means this process's.
func FindToolchain(ctx context.Context, dir string, env []string) (*Toolchain, error) {
	return Search{Dir: dir, Env: env}.Find(ctx)
}

// ask has the go command at path tell about the toolchain that it uses in the folder.
func (s Search) ask(ctx context.Context, path string, env []string) (*Toolchain, error) {
	t := &Toolchain{Found: path}
	cmd := exec.CommandContext(ctx, path, "env", "-json")
	cmd.Dir, cmd.Env = s.Dir, env
	cmd.WaitDelay = time.Second // a script may leave children that hold the pipes
	stderr := &heard{said: s.Said}
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if said := stderr.String(); err != nil && strings.Contains(said, "go: download go") { // it ends so when it cannot switch
		return nil, &ToolchainError{fmt.Sprintf("%s has to switch to a newer Go and could not get it: %s", path, strings.TrimSpace(said)),
			"Connect to the network, or install that Go from https://go.dev/dl, or lower the go line of go.mod"}
	}
	if err != nil {
		return nil, &ToolchainError{"go env failed: " + words(stderr.String(), err), "Run go env in the notebook's folder and mend what it names"}
	}
	if err := json.Unmarshal(out, &t.Env); err != nil {
		return nil, fmt.Errorf("read go env: %w", err)
	}
	t.Version, t.Root, t.Tools = t.Env["GOVERSION"], t.Env["GOROOT"], t.Env["GOTOOLDIR"]
	t.work = namedWork(env, t.Env["GOENV"])
	t.Go = path
	if inside, err := exec.LookPath(filepath.Join(t.Root, "bin", "go")); err == nil && filepath.IsAbs(inside) {
		t.Go = inside
	}
	return t, nil
}

// only are the variables with which a go command uses this toolchain and no other.
func (t *Toolchain) only() map[string]string {
	return map[string]string{"GOTOOLCHAIN": "local", "GOROOT": t.Root}
}

// Environ is what keeps this toolchain's go command from using another one.
func (t *Toolchain) Environ() []string { return []string{"GOTOOLCHAIN=local", "GOROOT=" + t.Root} }

// complete looks for what else building takes.
func (t *Toolchain) complete(env []string) error {
	if err := t.settle(); err != nil {
		return err
	}
	t.CC = strings.Fields(t.Env["CC"])
	if len(t.CC) == 0 {
		t.CC = []string{"gcc"}
	}
	cc, err := findCommand(t.CC[0], env)
	if err != nil {
		return &ToolchainError{"no C compiler was found (" + t.CC[0] + "), and cells are linked with one", "Install one (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc) or set CC"}
	}
	t.CC[0] = cc
	if t.Linker, err = findLinker(env, "ld", "ld.bfd", "mold", "ld.lld", "ld.gold"); err != nil {
		return err
	}
	if t.Joiner, err = findLinker(env, "mold", "ld.lld", "ld.gold", "ld", "ld.bfd"); err != nil {
		return err
	}
	if filepath.Base(t.Joiner[0]) == "ld.gold" { // the others use all CPUs unasked
		t.Joiner = append(t.Joiner, "--threads", "--thread-count", strconv.Itoa(min(4, runtime.NumCPU())))
	}
	t.Key = t.key()
	return nil
}

// release is the version without what a vendor or an experiment adds: "go1.26.8"; not valid for a development version.
func (t *Toolchain) release() string { return release(t.Version) }

func release(version string) string {
	version, _, _ = strings.Cut(version, "-")
	version, _, _ = strings.Cut(version, " ")
	return version
}

// Headers tells whether the C compiler finds the headers of the C library and of the kernel, which Debian has in packages of
// their own. It runs the compiler, so it is asked before something is built and not at every start. The error is a
// *ToolchainError.
func (t *Toolchain) Headers(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, t.CC[0], append(slices.Clone(t.CC[1:]), "-E", "-x", "c", "-")...)
	cmd.Stdin = strings.NewReader("#include <stdlib.h>\n#include <pthread.h>\n#include <errno.h>\n")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	said, _, _ := strings.Cut(words(stderr.String(), err), "\n")
	return &ToolchainError{"the C compiler " + t.CC[0] + " does not find the headers of the C library: " + said,
		"Install them (Debian, Ubuntu: apt-get install libc6-dev; Fedora: dnf install glibc-devel)"}
}

// findLinker takes the first of names that there is. A thin plugin is one small object, for which all linkers are equal; a
// thick one has 4 to 25 MB, and GNU ld takes 1.5 to 2 times as long for it as gold.
func findLinker(env []string, names ...string) ([]string, error) {
	for _, name := range names {
		if p, err := findCommand(name, env); err == nil {
			return []string{p}, nil
		}
	}
	return nil, &ToolchainError{"no linker was found (mold, ld, ld.lld)", "Install one (Debian, Ubuntu: apt install binutils; Fedora: dnf install binutils)"}
}

func (t *Toolchain) key() string {
	h := sha256.New()
	for _, name := range settings {
		value := t.Env[name]
		switch name {
		case "GOFLAGS":
			value = strings.Join(slices.DeleteFunc(strings.Fields(value), indifferent), " ")
		case "CC": // below, as it is found
			continue
		}
		fmt.Fprintf(h, "%s=%s\n", name, value)
	}
	for _, tool := range []string{t.CC[0], t.Linker[0], t.Joiner[0], filepath.Join(t.Tools, "compile"), filepath.Join(t.Tools, "link")} {
		if at, err := filepath.EvalSymlinks(tool); err == nil { // /bin is /usr/bin for many, and users search them in different orders
			tool = at
		}
		if st, err := os.Stat(tool); err == nil {
			fmt.Fprintf(h, "%s %d %d\n", tool, st.Size(), st.ModTime().UnixNano())
		}
	}
	fmt.Fprintln(h, t.CC[1:], t.Linker[1:], t.Joiner[1:])
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// indifferent tells flags in GOFLAGS that change nothing in compiled packages. Users of one machine may have set them differently.
func indifferent(flag string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
	return slices.Contains([]string{"modcacherw", "insecure"}, name)
}

// findCommand is exec.LookPath with the PATH of env.
func findCommand(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(getenv(env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// getenv is the value of the last setting of name.
func getenv(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// setenv returns a copy of env with the given settings in place of older ones.
func setenv(env []string, set map[string]string) []string {
	out := make([]string, 0, len(env)+len(set))
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); !hasKey(set, name) {
			out = append(out, e)
		}
	}
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		out = append(out, n+"="+set[n])
	}
	return out
}

func hasKey(m map[string]string, k string) bool { _, ok := m[k]; return ok }

// words are a command's own words, or err when it said nothing.
func words(stderr string, err error) string {
	if s := strings.TrimSpace(stderr); s != "" {
		return s
	}
	return err.Error()
}
