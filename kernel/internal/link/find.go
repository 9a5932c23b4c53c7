package link

import (
	"cmp"
	"context"
	"fmt"
	gover "go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// Search says where to look for Go, and for whom. The zero value of every field but Dir has a meaning.
type Search struct {
	Dir      string       // the notebook's folder, whose go.mod the go command looks at
	Env      []string     // nil means that of this process
	Recorded string       // the go command that an installation was made with
	Said     func(string) // is told what a go command downloads, as it says it
}

func (s Search) env() []string {
	if s.Env == nil {
		return ownEnvironment(os.Environ())
	}
	return ownEnvironment(s.Env)
}

// candidate is a place where a go command is.
type candidate struct {
	path   string
	where  string // "on PATH"
	onPath bool
}

// goFolders are where installers put Go, in the order of trust. ~ is the home folder; of several that match the newest comes first.
var goFolders = []string{
	"/usr/local/go/bin", // go.dev's instructions
	"~/sdk/go*/bin",     // golang.org/dl
	"~/go/sdk/go*/bin",  // GoLand
	"~/.local/go/bin", "~/.go/bin",
	"/usr/lib/go/bin", "/usr/lib/go-*/bin", "/usr/lib/golang/bin", // Arch; Debian; Fedora
	"/snap/bin", "/home/linuxbrew/.linuxbrew/bin", "/opt/homebrew/bin",
}

// candidates are the go commands of this machine, the first to be tried first. INTERLEAVE_GO names the only one.
func (s Search) candidates() (list []candidate) {
	env, seen := s.env(), map[string]bool{}
	add := func(path, where string, onPath bool) {
		path, err := exec.LookPath(path)
		if err != nil || !filepath.IsAbs(path) {
			return
		}
		real, err := filepath.EvalSymlinks(path)
		// Programs such as snap and asdf have one file for all commands, which looks at the name.
		if err != nil || filepath.Base(real) != "go" {
			real = path
		}
		if !seen[real] {
			seen[real] = true
			list = append(list, candidate{path, where, onPath})
		}
	}
	if named := getenv(env, "INTERLEAVE_GO"); named != "" {
		add(named, "named by INTERLEAVE_GO", false)
		return list
	}
	for _, dir := range filepath.SplitList(getenv(env, "PATH")) {
		if filepath.IsAbs(dir) {
			add(filepath.Join(dir, "go"), "on PATH", true)
		}
	}
	if root := getenv(env, "GOROOT"); root != "" {
		add(filepath.Join(root, "bin", "go"), "in GOROOT", false)
	}
	if s.Recorded != "" {
		add(s.Recorded, "that with which the kernel was installed", false)
	}
	home := getenv(env, "HOME")
	for _, folder := range goFolders {
		if rest, ok := strings.CutPrefix(folder, "~"); ok {
			if folder = home + rest; !filepath.IsAbs(home) {
				continue
			}
		}
		found, _ := filepath.Glob(folder)
		slices.SortFunc(found, func(a, b string) int { return -gover.Compare(releaseIn(a), releaseIn(b)) })
		for _, dir := range found {
			add(filepath.Join(dir, "go"), "in "+dir, false)
		}
	}
	return list
}

// releaseIn is the release in a path: go1.26 of /usr/lib/go-1.26/bin and of ~/sdk/go1.26/bin.
func releaseIn(dir string) string {
	return strings.Replace(filepath.Base(filepath.Dir(dir)), "go-", "go", 1)
}

// Find finds the Go that the user means: the first on PATH that is not too old, else one that lies where Go is usually put, else the
// release Proved, which an old go command gets. The error is a *ToolchainError when the user can do something about it.
func (s Search) Find(ctx context.Context) (*Toolchain, error) {
	t, _, err := s.find(ctx, func(*Toolchain) bool { return true })
	return t, err
}

// find is Find for a toolchain that suits. first is the one that Find finds, whether it suits or not, and may be nil.
func (s Search) find(ctx context.Context, suits func(*Toolchain) bool) (t, first *Toolchain, err error) {
	env := s.env()
	var refused error
	var why []string
	var switcher *Toolchain
	for _, c := range s.candidates() {
		t, err := s.ask(ctx, c.path, env)
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err == nil && tooOld(t.Version) {
			if switcher == nil && t.switches() {
				switcher = t
			}
			why = append(why, fmt.Sprintf("%s is %s, older than %s", c.path, t.Version, Oldest))
			err = &ToolchainError{fmt.Sprintf("%s is %s, and Interleave needs %s", c.path, t.Version, Oldest), "Install a newer Go from https://go.dev/dl (a distribution's package is often too old) and put its bin folder first on PATH"}
		} else if err == nil {
			if err = t.old(); err != nil {
				why = append(why, fmt.Sprintf("%s is %s, older than go.mod asks for", c.path, t.Version))
			}
		} else {
			why = append(why, fmt.Sprintf("%s fails", c.path))
		}
		if err != nil {
			refused = cmp.Or(refused, err)
			continue
		}
		t.Why = s.reason(c, t, why)
		if first == nil {
			first = t
		}
		if suits(t) {
			return t, first, t.complete(env)
		}
	}
	if first != nil {
		return nil, first, nil
	}
	if switcher != nil {
		if t, err := s.get(ctx, switcher, Proved); err == nil {
			t.Why = strings.Join(why, "; ") + "; it got " + Proved + ", with which this release was tested"
			return t, t, nil
		}
	}
	if refused == nil {
		refused = &ToolchainError{"the go command was not found", "Install Go 1.26 or newer from https://go.dev/dl and put its bin folder on PATH"}
	}
	return nil, nil, refused
}

// reason says in a sentence why the toolchain of a candidate is used; why is what was against earlier ones.
func (s Search) reason(c candidate, t *Toolchain, why []string) string {
	text := "the Go " + c.where
	if c.onPath {
		text = "the first Go on PATH"
	} else if len(why) == 0 && c.where != "named by INTERLEAVE_GO" {
		text = "no Go is on PATH; this one is " + c.where
	}
	if t.Switched() {
		text += fmt.Sprintf(", %s, which switches to it here", c.path)
	}
	if len(why) > 0 {
		text = fmt.Sprintf("%s; this one is %s", strings.Join(why, "; "), c.where)
	}
	return text
}

// Switched tells whether the go command that was found uses another toolchain than its own.
func (t *Toolchain) Switched() bool {
	real, err := filepath.EvalSymlinks(t.Found)
	return err == nil && filepath.Base(real) == "go" && filepath.Dir(filepath.Dir(real)) != t.Root && t.Env["GOTOOLCHAIN"] != "local"
}

// switches tells whether the go command may get another toolchain, as far as the user's settings say.
func (t *Toolchain) switches() bool {
	choice := t.Env["GOTOOLCHAIN"] // Go before 1.21 knows none
	return choice == "auto" || strings.HasSuffix(choice, "+auto")
}

func tooOld(version string) bool {
	return !strings.HasPrefix(version, "devel") && gover.Compare(release(version), Oldest) < 0
}

// Readable tells whether this program, which reads and checks what a toolchain compiles with the packages of the Go that built it,
// can do so with a release: it must not be newer.
func Readable(version string) bool { return readable(version, runtime.Version()) }

func readable(version, built string) bool {
	if strings.HasPrefix(built, "devel") || strings.HasPrefix(version, "devel") {
		return strings.HasPrefix(built, "devel") || version == built
	}
	return gover.Compare(gover.Lang(release(version)), gover.Lang(release(built))) <= 0
}

// Readable tells whether there is a Go on this machine whose packages this program can read.
func (s Search) Readable(ctx context.Context) bool {
	c := chooser{search: s, built: runtime.Version()}
	t, first, err := c.search.find(ctx, func(t *Toolchain) bool { return readable(t.Version, c.built) })
	if err == nil && t == nil {
		t, err = c.kept(ctx, first, release(c.built))
	}
	return err == nil && t != nil
}

// MayBeNewer tells whether the Go of a folder may be too new for this program. It only looks at files, so that it costs nothing where
// the answer is no, as it is nearly always.
func MayBeNewer(dir string) bool {
	env := os.Environ()
	for _, name := range []string{"INTERLEAVE_GO", "GOROOT", "GOTOOLCHAIN", "GOENV", "GOWORK"} {
		if v := getenv(env, name); v != "" && v != "local" && v != "auto" && v != "off" {
			return true
		}
	}
	path, err := findCommand("go", env)
	if err != nil {
		return true
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return true
	}
	version, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(path)), "VERSION"))
	own, _, _ := strings.Cut(string(version), "\n")
	if err != nil || tooOld(own) || !Readable(own) {
		return true
	}
	if config, err := os.UserConfigDir(); err == nil {
		if set, err := os.ReadFile(filepath.Join(config, "go", "env")); err == nil && strings.Contains(string(set), "GOTOOLCHAIN=go") {
			return true
		}
	}
	for at, err := filepath.Abs(dir); err == nil; at = filepath.Dir(at) {
		for _, name := range []string{"go.mod", "go.work"} {
			if _, newest := askedIn(filepath.Join(at, name)); newest != "" && !Readable(newest) {
				return true
			}
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	return false
}

// asked is the Go that the go.work or go.mod of the folder asks for: by its go line, and by the newer of both lines.
func (t *Toolchain) asked() (line, newest, file string) {
	file = t.Env["GOWORK"]
	if file == "" || file == "off" {
		file = t.Env["GOMOD"]
	}
	line, newest = askedIn(file)
	return line, newest, file
}

func askedIn(file string) (line, newest string) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	if strings.HasSuffix(file, ".work") {
		if f, err := modfile.ParseWork(file, data, nil); err == nil {
			return lines(f.Go, f.Toolchain)
		}
		return "", ""
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil { // who reads all of it says so
		return "", ""
	}
	return lines(f.Go, f.Toolchain)
}

func lines(g *modfile.Go, t *modfile.Toolchain) (line, newest string) {
	if g != nil {
		line = "go" + g.Version
	}
	newest = line
	if t != nil && gover.Compare(release(t.Name), newest) > 0 {
		newest = release(t.Name)
	}
	return line, newest
}

// old is an error when the folder's go.mod asks for a newer Go than t, and the go command has not switched to it.
func (t *Toolchain) old() error {
	line, _, file := t.asked()
	if line == "" || strings.HasPrefix(t.Version, "devel") || gover.Compare(release(t.Version), line) >= 0 {
		return nil
	}
	return &ToolchainError{
		fmt.Sprintf("%s asks for %s, and %s is %s, which may not switch to a newer one (GOTOOLCHAIN=%s)", file, line, t.Found, t.Version, t.Env["GOTOOLCHAIN"]),
		fmt.Sprintf("Install %s from https://go.dev/dl, or let the go command download it (go env -u GOTOOLCHAIN, and unset GOTOOLCHAIN), or lower the go line", line)}
}

// fetchPatience is how long the download of a toolchain, some 70 MB, may take.
const fetchPatience = 3 * time.Minute

// cached is the toolchain of a version in the module cache of t.
func (s Search) cached(ctx context.Context, t *Toolchain, version string) (*Toolchain, error) {
	s.Said = nil // it would say that it downloads
	return s.become(ctx, t, version, map[string]string{"GOPROXY": "off"})
}

// get is the toolchain of a version as t's go command gets it: from the module cache, else through the proxy.
func (s Search) get(ctx context.Context, t *Toolchain, version string) (*Toolchain, error) {
	other, err := s.cached(ctx, t, version)
	if err == nil || ctx.Err() != nil || t.Env["GOPROXY"] == "off" {
		return other, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchPatience, fmt.Errorf("the download of %s took more than %v", version, fetchPatience))
	defer cancel()
	return s.become(ctx, t, version, nil)
}

// become has the go command of t switch to a version, which is never done against the user's GOTOOLCHAIN.
func (s Search) become(ctx context.Context, t *Toolchain, version string, set map[string]string) (*Toolchain, error) {
	if !t.switches() {
		return nil, t.fixed(version)
	}
	env := setenv(setenv(s.env(), map[string]string{"GOTOOLCHAIN": version}), set)
	other, err := s.ask(ctx, t.Found, env)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	case other.Version != version:
		return nil, fmt.Errorf("%s was asked for %s and is %s", t.Found, version, other.Version)
	}
	for _, name := range []string{"GOTOOLCHAIN", "GOPROXY"} { // as the user has them
		other.Env[name] = t.Env[name]
	}
	return other, other.complete(s.env())
}

// fixed says that the user's settings keep t's go command from switching.
func (t *Toolchain) fixed(version string) error {
	if t.Env["GOTOOLCHAIN"] == "" {
		return fmt.Errorf("%s is %s, which cannot switch to %s", t.Found, t.Version, version)
	}
	return fmt.Errorf("GOTOOLCHAIN=%s keeps %s from switching to %s", t.Env["GOTOOLCHAIN"], t.Found, version)
}

// heard keeps what a go command says, and tells what it downloads.
type heard struct {
	text strings.Builder
	told int // bytes that were looked at
	said func(string)
}

func (h *heard) Write(p []byte) (int, error) {
	h.text.Write(p)
	for {
		line, _, whole := strings.Cut(h.text.String()[h.told:], "\n")
		if !whole {
			return len(p), nil
		}
		h.told += len(line) + 1
		if what, ok := strings.CutPrefix(line, "go: downloading "); ok && h.said != nil {
			h.said("download " + what)
		}
	}
}

func (h *heard) String() string { return h.text.String() }
