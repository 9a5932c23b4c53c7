package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/worker"
)

// A kernel cannot read what a Go compiles that is newer than the one that built it. It then builds itself again with that Go, and goes
// on in the new program: the process, its arguments, environment, descriptors and parent stay.

// goOn replaces this program by a newer one of the same sources, if there is one.
func goOn() {
	if program, ok := installation.Newer(); ok {
		become(program)
	}
}

// become returns when the program cannot be run; this one goes on then.
func become(program string) {
	_ = syscall.Exec(program, os.Args, os.Environ())
}

// with is a toolchain as installations take it.
func with(tool *link.Toolchain) installation.Go {
	return installation.Go{Command: tool.Go, Version: tool.Version, Proxy: tool.Env["GOPROXY"], Env: tool.Environ()}
}

// searchIn looks where the kernel of a folder looks for Go.
func searchIn(ctx context.Context, dir string) link.Search {
	s := link.Search{Dir: dir}
	if sources, err := installation.Sources(ctx); err == nil {
		s.Recorded = link.Recorded(sources)
	}
	return s
}

// renew builds the kernel anew when the Go of a folder is too new for this one, and goes on in the new one. Commands that a person waits
// for begin with it. When it fails, cells are compiled with an older Go if there is one, and say so if there is none.
func renew(ctx context.Context, dir string, to streams) {
	renewBy(ctx, dir, to, func(tool *link.Toolchain) (string, error) { return rebuild(ctx, tool, true, nil) })
}

// renewShared is renew for all users of an installation.
func renewShared(ctx context.Context, sources string, to streams) {
	renewBy(ctx, sources, to, func(tool *link.Toolchain) (string, error) { return with(tool).RebuildShared(ctx, sources) })
}

func renewBy(ctx context.Context, dir string, to streams, rebuild func(*link.Toolchain) (string, error)) {
	if !link.MayBeNewer(dir) {
		return
	}
	tool, err := searchIn(ctx, dir).Find(ctx)
	if err != nil || link.Readable(tool.Version) {
		return
	}
	p := newProgress(to.err)
	p.show("build the kernel for "+tool.Version, 0, 0, "")
	program, err := rebuild(tool)
	p.end()
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(to.err, "note: this kernel cannot read what %s compiles, and could not be built for it: %v\n", tool.Version, err)
	}
	if err == nil {
		become(program)
	}
}

func rebuild(ctx context.Context, tool *link.Toolchain, wait bool, run func(*exec.Cmd) ([]byte, error)) (string, error) {
	sources, err := installation.Sources(ctx)
	if err != nil {
		return "", err
	}
	return with(tool).Rebuild(ctx, sources, wait, run)
}

// startPatience is how long a kernel that Jupyter has started may be silent while it is built anew. Jupyter waits for a minute.
const startPatience = 40 * time.Second

// renewServed is renew for a kernel that is about to serve. It must be there soon: when cells can be compiled with another Go meanwhile,
// or the build takes long, the new kernel is built in the background, by the function that is returned, for the next start.
func renewServed(log *slog.Logger, guard []string) (background func(context.Context)) {
	dir, err := os.Getwd()
	if err != nil || !link.MayBeNewer(dir) {
		return nil
	}
	parent := os.Getppid()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	search := searchIn(ctx, dir)
	tool, err := search.Find(ctx)
	if err != nil || link.Readable(tool.Version) {
		return nil
	}
	if !search.Readable(ctx) {
		log.Warn("the kernel is built anew, as it cannot read what a newer Go compiles", "go", tool.Version)
		limited, cancel := context.WithTimeout(ctx, startPatience)
		defer cancel()
		program, err := rebuild(limited, tool, true, nil)
		if ctx.Err() != nil || os.Getppid() != parent {
			os.Exit(0) // Jupyter has ended the kernel
		}
		if err == nil {
			become(program)
		} else if limited.Err() == nil {
			log.Warn("the kernel was not built anew", "error", err)
		}
	}
	return func(ctx context.Context) {
		_, err := rebuild(ctx, tool, false, func(cmd *exec.Cmd) ([]byte, error) { return quietly(ctx, cmd, guard) })
		switch {
		case err == nil:
			log.Info("the kernel was built for the next start", "go", tool.Version)
		case ctx.Err() == nil && !errors.Is(err, installation.ErrBusy):
			log.Warn("the kernel was not built anew", "error", err)
		}
	}
}

// quietly runs a command that must not disturb cells, nor outlive the kernel.
func quietly(ctx context.Context, cmd *exec.Cmd, guard []string) ([]byte, error) {
	argv := append([]string{cmd.Path}, cmd.Args[1:]...)
	if nice, err := exec.LookPath("nice"); err == nil {
		argv = append([]string{nice, "-n", "19"}, argv...)
	}
	var said words
	end, err := worker.Command{Argv: argv, Env: cmd.Env, Dir: cmd.Dir, Guard: guard, Handler: &said}.Run(ctx)
	if err == nil && end.Code != 0 {
		err = fmt.Errorf("exit status %d", end.Code)
	}
	return []byte(said.String()), err
}

// words are what a command says.
type words struct{ strings.Builder }

func (w *words) Text(_ string, b []byte) { w.Write(b) }
func (w *words) Event(worker.Event)      {}
func (w *words) Input(context.Context, string, bool) (string, error) {
	return "", worker.ErrNoInput
}
