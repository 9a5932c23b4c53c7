package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	gover "go/version"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// recordedName is the file beside an installation's sources that names the go command that it was made with.
const recordedName = "go.path"

// search is where to look for the Go of these options.
func (o Options) search() Search {
	s := Search{Dir: o.Dir, Env: o.Env, Said: func(what string) {
		if o.Progress != nil {
			o.Progress(Step{What: what})
		}
	}}
	if dir, err := filepath.Abs(o.Dir); err == nil {
		s.Dir = dir
	}
	if o.Sources != "" {
		s.Recorded = Recorded(o.Sources)
	}
	return s
}

// Recorded is the go command that the installation of the sources was made with, "" if that is not known.
func Recorded(sources string) string {
	path, err := os.ReadFile(filepath.Join(filepath.Dir(sources), recordedName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(path))
}

// Record writes down the go command that an installation is made with.
func (t *Toolchain) Record(sources string) error {
	return os.WriteFile(filepath.Join(filepath.Dir(sources), recordedName), []byte(t.Found+"\n"), 0o644)
}

// choose settles which toolchain builds and how it links: the workshop of that toolchain, the mode, and in a sentence why that one.
func (o Options) choose(ctx context.Context) (w *workshop, mode Mode, why string, err error) {
	s := o.search()
	shops := map[*Toolchain]*workshop{}
	defer func() {
		for tool, shop := range shops {
			if w == nil || tool != w.tool {
				shop.close()
			}
		}
	}()
	shop := func(t *Toolchain) (*workshop, error) {
		if shops[t] == nil {
			made, err := o.workshop(t)
			if err != nil {
				return nil, err
			}
			shops[t] = made
		}
		return shops[t], nil
	}
	c := chooser{search: s, built: runtime.Version(), forced: o.Mode,
		prove: func(t *Toolchain, mode Mode) error {
			w, err := shop(t)
			if err != nil {
				return err
			}
			return w.passed(ctx, mode)
		},
		failed: func(t *Toolchain, version string, err error) error {
			w, shopErr := shop(t)
			if shopErr != nil {
				return nil
			}
			return w.failure(version, err)
		}}
	if c.forced == Auto {
		c.forced = Mode(getenv(s.env(), "INTERLEAVE_LINK"))
		c.by = "INTERLEAVE_LINK says so"
	}
	c.by = cmp.Or(c.by, "the caller's choice")
	if c.forced != Auto && c.forced != Thin && c.forced != Thick {
		return nil, "", "", fmt.Errorf("INTERLEAVE_LINK=%s: it is thin or thick", c.forced)
	}
	tool, mode, why, err := c.choose(ctx)
	if err != nil {
		return nil, "", "", err
	}
	w, err = shop(tool)
	return w, mode, why, err
}

// chooser chooses a toolchain and a mode.
type chooser struct {
	search Search
	built  string // the Go that built this program
	forced Mode   // Auto when the self test decides
	by     string // who has forced it
	prove  func(*Toolchain, Mode) error
	// failed remembers that a version could not be had, when err is set; without, it tells whether that was so a short while ago.
	failed func(t *Toolchain, version string, err error) error
}

// choose takes the user's Go if this program can read what it compiles and thin linking works with it; else the release Proved, if it
// can be had; else the user's Go with thick linking.
func (c chooser) choose(ctx context.Context) (t *Toolchain, mode Mode, why string, err error) {
	if t, err = c.readable(ctx); err != nil {
		return nil, "", "", err
	}
	if c.forced != Auto {
		return t, c.forced, c.by, nil
	}
	err = c.prove(t, Thin)
	if err == nil {
		return t, Thin, "it passes the self test on " + t.Version, nil
	}
	var thin *LinkError
	if !errors.As(err, &thin) {
		return nil, "", "", err
	}
	other, not := c.proved(ctx, t)
	if not == nil {
		not = c.prove(other, Thin)
	}
	if not == nil {
		other.Why = fmt.Sprintf("with %s (%s) cells can only be linked the slow way; this is the newest Go that this release was tested with", t.Version, t.Found)
		return other, Thin, "it passes the self test on " + other.Version, nil
	}
	if ctx.Err() != nil {
		return nil, "", "", context.Cause(ctx)
	}
	if err := c.prove(t, Thick); err != nil {
		return nil, "", "", fmt.Errorf("no way to link works here (thin: %v): %w", thin, err)
	}
	why = "thin does not work here: " + thin.Error()
	if !errors.Is(not, errSame) {
		why += fmt.Sprintf("; %s, with which it does, is not used: %v", Proved, not)
	}
	return t, Thick, why, nil
}

// errSame says that Proved is what is in use.
var errSame = errors.New("it is the same")

// proved gets the release Proved in place of t.
func (c chooser) proved(ctx context.Context, t *Toolchain) (*Toolchain, error) {
	if t.Version == Proved {
		return nil, errSame
	}
	if !readable(Proved, c.built) {
		return nil, fmt.Errorf("this kernel was built with %s", c.built)
	}
	return c.get(ctx, t, Proved)
}

// kept is Search.cached for a folder whose go.mod does not ask for a newer one.
func (c chooser) kept(ctx context.Context, t *Toolchain, version string) (*Toolchain, error) {
	if _, newest, file := t.asked(); gover.Compare(newest, version) > 0 {
		return nil, fmt.Errorf("%s asks for %s", file, newest)
	}
	return c.search.cached(ctx, t, version)
}

// get is kept, or a download.
func (c chooser) get(ctx context.Context, t *Toolchain, version string) (*Toolchain, error) {
	other, err := c.kept(ctx, t, version)
	if err == nil {
		return other, nil
	}
	if _, newest, _ := t.asked(); gover.Compare(newest, version) > 0 || !t.switches() {
		return nil, err
	}
	if t.Env["GOPROXY"] == "off" {
		return nil, fmt.Errorf("%s is not in the module cache, and GOPROXY=off", version)
	}
	if err := c.failed(t, version, nil); err != nil {
		return nil, err
	}
	other, err = c.search.get(ctx, t, version)
	if err != nil && ctx.Err() == nil {
		_ = c.failed(t, version, err) // it is only tried again earlier
	}
	return other, err
}

// readable is the user's Go or, when this program cannot read what that compiles, one which it can: another on this machine, or the
// very release that built this program.
func (c chooser) readable(ctx context.Context) (*Toolchain, error) {
	t, first, err := c.search.find(ctx, func(t *Toolchain) bool { return readable(t.Version, c.built) })
	if err != nil {
		return nil, err
	}
	if t == first {
		return t, nil
	}
	newer := fmt.Sprintf("this kernel was built with %s and cannot read what %s (%s) compiles", c.built, first.Version, first.Found)
	if t == nil {
		if t, err = c.get(ctx, first, release(c.built)); err != nil {
			return nil, &ToolchainError{newer, "A kernel for it is being built in the background: restart this kernel in a minute or two. The command doctor builds one in the foreground and says what is in the way"}
		}
	}
	t.Why = newer + "; " + t.Found + " is used until a kernel for it has been built"
	return t, nil
}

// retry is how long a toolchain that could not be had is not asked for again.
const retry = time.Hour

// failure is chooser.failed, with a file for memory.
func (w *workshop) failure(version string, err error) error {
	note := w.cache.path("state", "toolchain-"+version+".txt")
	if err != nil {
		return writeFile(note, []byte(strings.TrimSpace(err.Error())+"\n"))
	}
	st, err := os.Stat(note)
	if err != nil || time.Since(st.ModTime()).Abs() > retry {
		return nil
	}
	text, err := os.ReadFile(note)
	if err != nil {
		return nil
	}
	return errors.New(strings.TrimSpace(string(text)))
}
