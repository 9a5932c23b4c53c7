package engine

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
)

// What ends the trouble that keeps a kernel from compiling must not wait for a kernel that can: taking a module out by %get, asking for
// help, looking around with the shell. A cell of nothing but such commands runs while the base library is being built, and when it
// could not be.

// earlyPatience is how long such a cell waits for the kernel to open nevertheless, which takes no time when nothing has to be built.
const earlyPatience = 3 * time.Second

// earlyCommands need no compiler.
var earlyCommands = map[string]func(e *Engine, r *run, args string) error{
	"help": (*Engine).help, "version": (*Engine).earlyVersion, "get": (*Engine).earlyGet, "reset": (*Engine).earlyReset,
	"autoget": (*Engine).autoget, "noautoget": (*Engine).noautoget,
}

// early tells whether a cell is to be run before the kernel is open.
func (e *Engine) early(r *run, directives []cell.Directive, code string) bool {
	for i, d := range directives {
		switch d.Mark {
		case "$", "!":
		case "%":
			if earlyCommands[d.Name] == nil {
				return false
			}
		case "%%":
			return i == len(directives)-1 && slices.Contains([]string{"bash", "file", "writefile"}, d.Name) && !e.opens(r)
		}
	}
	return len(directives) > 0 && strings.TrimSpace(code) == "" && !e.opens(r)
}

// opens waits a little for the kernel to be open.
func (e *Engine) opens(r *run) bool {
	select {
	case <-e.openedNow():
	case <-time.After(earlyPatience):
	case <-r.interrupt:
	}
	return e.isOpen()
}

// runEarly runs a cell of commands.
func (e *Engine) runEarly(r *run, directives []cell.Directive, text *cell.Text, code string) *session.Fault {
	for _, d := range directives {
		var fault *session.Fault
		switch d.Mark {
		case "%%":
			return e.mode(r, d, text, code)
		case "%":
			err := earlyCommands[d.Name](e, r, d.Args)
			if err != nil && r.ctx.Err() != nil {
				return faults.Plain("Interrupted", "the command was interrupted")
			}
			fault = faults.Command(err)
		default:
			fault = e.command(r, d)
		}
		if fault != nil {
			return fault
		}
	}
	return nil
}

// whyClosed says in a sentence why no cell can be compiled now.
func (e *Engine) whyClosed() string {
	select {
	case <-e.openedNow():
	default:
		return "Go is still being prepared for notebooks"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.openErr == nil {
		return "it has just become ready"
	}
	return "cells cannot be compiled: " + e.openErr.Error()
}

func (e *Engine) earlyVersion(r *run, args string) error {
	if err := none("%version", args); err != nil {
		return err
	}
	fmt.Fprintf(streamWriter{r.out, "stdout"}, "interleave %s, built with %s\n%s\n", e.o.Version, runtime.Version(), e.whyClosed())
	return nil
}

func (e *Engine) earlyGet(r *run, args string) error {
	return e.getBy(r, args, getter{
		func(words []string) ([]link.Change, error) { return link.Get(r.ctx, e.linkOptions(), words...) },
		func() (link.Holding, error) { return link.HoldingOf(r.ctx, e.linkOptions()) },
		func() ([]link.Change, error) { return link.Reset(r.ctx, e.linkOptions()) },
	})
}

// earlyReset tries once more to open what cells are compiled with.
func (e *Engine) earlyReset(r *run, args string) error {
	if err := none("%reset", args); err != nil {
		return err
	}
	if e.reopen() {
		r.out.Stream("stderr", []byte("note: Go is prepared once more; the next cell waits for it\n"))
	}
	return nil
}

// reopen opens the kernel again if that has failed.
func (e *Engine) reopen() bool {
	select {
	case <-e.openedNow():
	default:
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.openErr == nil || e.closed {
		return false
	}
	e.opened, e.openErr, e.openTold = make(chan struct{}), nil, false
	go e.open()
	return true
}

func (e *Engine) openedNow() chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opened
}

// earlySurroundings are the environment and the folder of commands while there is no worker.
func (e *Engine) earlySurroundings() (env []string, dir string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.withChanges(withLabels(e.baseEnv())), standing(e.o.Dir)
}
