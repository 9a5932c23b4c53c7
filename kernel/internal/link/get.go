package link

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// fetchTime is how long the go command may take to get modules.
const fetchTime = 5 * time.Minute

// getScratch is Get in a scratch module. The go command works on a copy, and what it made of it replaces the module under a
// lock, so several kernels in one folder may ask at the same time. said is told what is being downloaded; nil for nobody.
func (b *Builder) getScratch(ctx context.Context, w *workshop, args []string, said func(string)) ([]Change, error) {
	quiet := *w
	quiet.progress, quiet.announce = nil, nil
	unlock, err := quiet.turn(ctx, "folder-"+filepath.Base(w.module.Dir))
	if err != nil {
		return nil, err
	}
	defer unlock()
	old := w.module.requests
	if now, err := w.cache.requests(w.module.Dir); err != nil {
		return nil, err
	} else if now.Mod != "" {
		old.Mod, old.Sum, old.Asked = now.Mod, now.Sum, now.Asked
	}
	next, err := w.request(ctx, old, args, said)
	if err != nil {
		return nil, err
	}
	after, loaded := next.versions(), b.holding().versions
	for _, arg := range args {
		path, version, _ := strings.Cut(arg, "@")
		module := moduleOf(path, after)
		if semver.IsValid(version) && module != "" && semver.Compare(after[module], loaded[module]) < 0 {
			return nil, &PackageError{fmt.Sprintf("%s: a notebook outside of any module has gonum, gonum/plot and the packages of this kernel, which need %s %s; "+
				"make a module in the notebook's folder (! go mod init notebook), and restart the kernel, to choose versions yourself", arg, module, loaded[module])}
		}
	}
	if err := w.cache.writeRequests(w.module.Dir, next); err != nil {
		return nil, err
	}
	list := b.changes(old.visible(loaded), next.visible(loaded))
	for i, c := range list {
		switch version := loaded[c.Path]; {
		case c.Before == "" && version != "" && semver.Compare(c.After, version) > 0:
			list[i].Before, list[i].Loaded = version, version
		case c.After == "" && b.base.Modules[c.Path] != "" && semver.Compare(c.Before, version) <= 0:
			list[i].Loaded = "" // it goes on being there
		}
	}
	return list, nil
}

// visible are the modules that are used because the folder's notebooks asked for something. Of others, what is loaded is used.
func (r requests) visible(loaded map[string]string) map[string]string {
	versions := r.versions()
	visible := maps.Clone(versions)
	maps.DeleteFunc(visible, func(path, version string) bool {
		return semver.Compare(version, loaded[path]) <= 0 && !r.asksFor(path, versions)
	})
	return visible
}

// request has the go command add packages to what was asked for, or remove them ("x@none").
func (w *workshop) request(ctx context.Context, r requests, args []string, said func(string)) (requests, error) {
	versions := r.versions()
	var gets []string
	removed := false
	for _, arg := range args {
		path, ok := strings.CutSuffix(arg, "@none")
		if !ok {
			gets = append(gets, arg)
			continue
		}
		module := moduleOf(path, versions)
		if module == "" {
			continue // it isn't there
		}
		if !r.asksFor(module, versions) {
			return r, &PackageError{fmt.Sprintf("%s is there because a package that was asked for needs it: %%get shows those that were; remove one of them instead", module)}
		}
		r.Asked = slices.DeleteFunc(slices.Clone(r.Asked), func(asked string) bool { return moduleOf(asked, versions) == module })
		removed = true
	}
	if removed { // begin anew, so that what only the removed one needed goes as well
		f, err := modfile.Parse("go.mod", []byte(r.Mod), nil)
		if err != nil {
			return r, fmt.Errorf("read the folder's requests: %w", err)
		}
		f.SetRequire(nil)
		f.Cleanup()
		empty, err := f.Format()
		if err != nil {
			return r, fmt.Errorf("write scratch go.mod: %w", err)
		}
		r.Mod = string(empty)
		for _, path := range r.Asked {
			gets = append(gets, path+"@"+versions[moduleOf(path, versions)])
		}
	}
	if len(gets) == 0 {
		return r, nil
	}
	tmp, err := w.cache.temp("get")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(tmp)
	names := [2]string{filepath.Join(tmp, "go.mod"), filepath.Join(tmp, "go.sum")}
	if err := errors.Join(os.WriteFile(names[0], []byte(r.Mod), 0o644), os.WriteFile(names[1], []byte(r.Sum), 0o644)); err != nil {
		return r, fmt.Errorf("write the folder's module: %w", err)
	}
	if err := w.goGet(ctx, tmp, gets, said); err != nil {
		return r, err
	}
	mod, err1 := os.ReadFile(names[0])
	sum, err2 := os.ReadFile(names[1])
	if err := errors.Join(err1, err2); err != nil {
		return r, fmt.Errorf("read the folder's module: %w", err)
	}
	r.Mod, r.Sum = string(mod), string(sum)
	for _, get := range gets {
		path, _, _ := strings.Cut(get, "@")
		r.Asked = append(r.Asked, path)
	}
	versions = r.versions()
	slices.Sort(r.Asked)
	r.Asked = slices.DeleteFunc(slices.Compact(r.Asked), func(path string) bool { return moduleOf(path, versions) == "" })
	return r, nil
}

// goGet runs go get in a folder with a go.mod. The error is a *PackageError with its own words.
func (w *workshop) goGet(ctx context.Context, dir string, args []string, said func(string)) error {
	limited, cancel := context.WithTimeoutCause(ctx, fetchTime, fmt.Errorf("getting %s took more than %v", strings.Join(args, " "), fetchTime))
	defer cancel()
	cmd := exec.CommandContext(limited, w.tool.Go, append([]string{"get", "--"}, args...)...)
	cmd.Dir = dir
	cmd.Env = setenv(setenv(w.goEnv(), w.tool.only()), map[string]string{"GOWORK": "off", "GIT_TERMINAL_PROMPT": "0"})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with the git commands that it started
	cmd.WaitDelay = time.Second
	out := &heard{said: said}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return &PackageError{context.Cause(limited).Error()}
	}
	return &PackageError{words(withoutProgress(out.String()), err)}
}

// withoutProgress leaves out the lines that tell of what succeeds.
func withoutProgress(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool {
		return slices.ContainsFunc([]string{"go: downloading ", "go: finding ", "go: added ", "go: upgraded "}, func(p string) bool { return strings.HasPrefix(line, p) })
	}), "\n")
}

// Holding is what the governing go.mod holds.
type Holding struct {
	File    string // the go.mod that governs; "" for a folder without one
	Folder  string // the folder of the notebooks
	Modules []Held // by path
}

// Held is a module that was asked for.
type Held struct {
	Path, Version string
	Packages      []string // import paths that were asked for; none where that is not known
}

// Holding tells what was asked for.
func (b *Builder) Holding() (Holding, error) { return holdingOf(b.governing()) }

// HoldingOf is Builder.Holding for a folder for which there is no Builder.
func HoldingOf(ctx context.Context, o Options) (Holding, error) {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return Holding{}, err
	}
	defer w.close()
	return holdingOf(w, nil)
}

func holdingOf(w *workshop, err error) (h Holding, _ error) {
	if err != nil {
		return h, err
	}
	if m := w.module; m.Scratch {
		h.Folder = m.requests.Folder
		versions := m.requests.versions()
		for _, path := range slices.Sorted(maps.Keys(versions)) {
			held := Held{Path: path, Version: versions[path]}
			for _, asked := range m.requests.Asked {
				if moduleOf(asked, versions) == path {
					held.Packages = append(held.Packages, asked)
				}
			}
			if len(held.Packages) > 0 {
				h.Modules = append(h.Modules, held)
			}
		}
		return h, nil
	}
	h.File = w.module.LangBy
	for _, p := range w.module.providers {
		if p.Version != "" {
			h.Modules = append(h.Modules, Held{Path: p.Path, Version: p.Version})
		}
	}
	slices.SortFunc(h.Modules, func(x, y Held) int { return strings.Compare(x.Path, y.Path) })
	return h, nil
}

// ErrOwnModule is the refusal to reset a go.mod that is the user's.
var ErrOwnModule = errors.New("a go.mod governs this notebook, and it's yours: remove modules from it with %get MODULE@none")

// Reset forgets what the notebooks of a folder without a go.mod asked for, and tells what that was. What is loaded stays so.
func (b *Builder) Reset(ctx context.Context) ([]Change, error) {
	b.requiring.Lock()
	defer b.requiring.Unlock()
	w, err := b.governing()
	if err != nil {
		return nil, err
	}
	if !w.module.Scratch {
		return nil, ErrOwnModule
	}
	quiet := *w
	quiet.progress, quiet.announce = nil, nil
	unlock, err := quiet.turn(ctx, "folder-"+filepath.Base(w.module.Dir))
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, err := w.cache.requests(w.module.Dir)
	if err != nil {
		return nil, err
	}
	if err := w.cache.writeRequests(w.module.Dir, requests{Folder: w.module.requests.Folder}); err != nil {
		return nil, err
	}
	if err := os.Remove(w.wantedFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("forget the folder's packages: %w", err)
	}
	versions := old.versions()
	maps.DeleteFunc(versions, func(path, _ string) bool { return !old.asksFor(path, versions) })
	return b.changes(versions, nil), nil
}

// Reset is Builder.Reset for a folder for which there is no Builder.
func Reset(ctx context.Context, o Options) ([]Change, error) {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return nil, err
	}
	defer w.close()
	b := &Builder{opts: o, shop: w, base: &base{}, extra: map[string]*Package{}, mentioned: map[string]bool{}}
	return b.Reset(ctx)
}
