package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/whole"
)

// Packages that notebooks of a module imported, and that the base had not, are wishes for the next base: there they cost a plugin nothing.
// A base is first built without them. With them it is built behind a kernel that works, and a package with which that fails, because it
// does not link into a shared library, or panics or blocks when it is initialised, is refused for good in that version: it stays
// outside, where plugins take its code along.

// wanted are packages that notebooks of this module required and the base had not.
func (w *workshop) wanted() []string {
	data, ok := whole.ReadNote(w.wantedFile())
	if !ok {
		return nil
	}
	paths := strings.Fields(string(data))
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (w *workshop) wantedFile() string {
	return w.cache.path("state", "wanted-"+hash(w.module.Path, w.module.Dir)+".txt")
}

// want writes packages down for the next base.
func (w *workshop) want(paths []string) error {
	all := append(w.wanted(), paths...)
	slices.Sort(all)
	return whole.WriteNote(w.wantedFile(), []byte(strings.Join(slices.Compact(all), "\n")+"\n"))
}

// refusal is the note that says that a package is refused.
func (w *workshop) refusal(mode Mode, p *listed) string {
	return w.cache.path("state", "refused-"+hash(format, string(mode), w.tool.Key, p.ImportPath, p.version())+".txt")
}

func (p *listed) version() string {
	if p.Module == nil {
		return ""
	}
	return p.Module.Version
}

func (w *workshop) refused(mode Mode, p *listed) bool {
	_, ok := whole.ReadNote(w.refusal(mode, p))
	return ok
}

// refuse marks packages for good.
func (w *workshop) refuse(mode Mode, list []*listed, why error) error {
	for _, p := range list {
		w.log.Warn("package stays outside of the base library: a base with it does not work", "package", p.ImportPath, "version", p.version(), "error", why)
		if err := whole.WriteNote(w.refusal(mode, p), []byte(p.ImportPath+" "+p.version()+"\n"+why.Error()+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// grant builds the base with the wanted packages. Each attempt that fails refuses one package at least.
func (w *workshop) grant(ctx context.Context, mode Mode, wanted []string) (*base, error) {
	for {
		plan, err := w.compileBase(ctx, mode, wanted)
		if err != nil {
			return nil, err
		}
		b, err := w.finish(ctx, mode, plan, nil)
		if err == nil && len(plan.wishes) > 0 {
			if err = w.starts(ctx, b); err != nil {
				b.close()
				_ = os.RemoveAll(b.dir) // nothing refers to it; what stays is trimmed
			}
		}
		if err == nil || len(plan.wishes) == 0 || !blames(err) || ctx.Err() != nil {
			return b, err
		}
		culprits := plan.named(err.Error())
		if len(culprits) == 0 {
			if culprits = w.suspects(ctx, mode, plan); ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
		}
		if err := w.refuse(mode, culprits, err); err != nil {
			return nil, err
		}
	}
}

// blames tells whether a failure may be the fault of a package, and not of the machine.
func blames(err error) bool {
	var link *LinkError
	if !errors.As(err, &link) {
		return false
	}
	for _, e := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EACCES, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE} {
		if strings.Contains(err.Error(), e.Error()) {
			return false
		}
	}
	return !strings.Contains(err.Error(), "signal: killed") // when memory runs out
}

// named are the wishes that rest on a package which a text names, the tools' or a stack's.
func (p *plan) named(text string) []*listed {
	guilty := map[string]bool{}
	only := p.reached(p.wishes, p.reached(p.given, nil))
	for path := range only {
		if regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(path) + `\.`).MatchString(text) {
			guilty[path] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(p.wishes), func(wish *listed) bool {
		for path := range p.reached([]*listed{wish}, nil) {
			if guilty[path] {
				return false
			}
		}
		return true
	})
}

// reached are the import paths of packages and of all they rest on, but those in without.
func (p *plan) reached(from []*listed, without map[string]bool) map[string]bool {
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		if seen[path] || without[path] || p.byPath[path] == nil {
			return
		}
		seen[path] = true
		for _, i := range p.byPath[path].Imports {
			visit(i)
		}
	}
	for _, l := range from {
		visit(l.ImportPath)
	}
	return seen
}

// most is how many wishes are tried alone when no message names a culprit.
const most = 8

// suspects tries each wish alone, in a library of it and what it rests on. When none fails, or there are too many, all are suspects.
func (w *workshop) suspects(ctx context.Context, mode Mode, p *plan) []*listed {
	if mode != Thin || len(p.wishes) == 1 || len(p.wishes) > most {
		return p.wishes
	}
	var bad []*listed
	for _, wish := range p.wishes {
		if err := w.linksAlone(ctx, mode, p, wish); err != nil {
			bad = append(bad, wish)
		}
	}
	if len(bad) == 0 {
		return p.wishes
	}
	return bad
}

func (w *workshop) linksAlone(ctx context.Context, mode Mode, p *plan, wish *listed) error {
	tmp, err := w.cache.temp("wish")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	s := &site{w: w, mode: mode, dir: tmp, lib: tmp}
	in := p.reached([]*listed{wish, p.byPath["runtime/cgo"]}, nil)
	for _, l := range p.all {
		if in[l.ImportPath] {
			s.add(l.ImportPath, l.Export)
		}
	}
	return s.linkLibrary(ctx, filepath.Join(tmp, libraryName))
}

// startTime is how long the packages of a base may take to be initialised.
var startTime = 30 * time.Second

// starts tells whether the worker of a base gets through the initialisers of all packages. Without a kernel it says so, and ends. The error
// is a *LinkError with what it has said, the stack of what blocks for one.
func (w *workshop) starts(ctx context.Context, b *base) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, workerName))
	cmd.Env, cmd.Dir = w.goEnv(), w.tempDir()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "it is started by the kernel, not by hand") {
		return nil
	}
	return &LinkError{"the base library", fmt.Errorf("its worker does not start: %s", words(string(out), err))}
}
