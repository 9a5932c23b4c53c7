package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/assist"
	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/link"
)

// warmCommand is what install and lab start in the installed program.
type warmCommand struct {
	Dir    string `arg:"" default:"." help:"Folder of the notebooks."`
	Part   string `enum:"all,cells,completion" default:"all" help:"What to prepare."`
	Report bool   `help:"Print steps as JSON, for a program that shows them."`
}

// warmReport is a line of warm --report.
type warmReport struct {
	Step        string
	Done, Total int
	Detail      string
	Note        string // what a person should read, instead of a step
}

func (c *warmCommand) Run(ctx context.Context, to streams) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	renew(ctx, dir, to)
	sources, err := installation.Sources(ctx)
	if err != nil {
		return err
	}
	p := newProgress(to.err)
	tell := func(r warmReport) {
		if r.Note != "" {
			p.say(r.Note)
		} else {
			p.show(r.Step, r.Done, r.Total, r.Detail)
		}
	}
	if c.Report {
		lines := json.NewEncoder(to.out)
		tell = func(r warmReport) { _ = lines.Encode(r) } // who does not listen any more stops this process
	}
	b, err := link.Open(ctx, link.Options{Dir: dir, Sources: sources, Progress: func(s link.Step) {
		tell(warmReport{Step: s.What, Done: s.Done, Total: s.Total, Detail: s.Detail})
	}})
	p.end()
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Part != "completion" {
		tell(warmReport{Note: b.About()})
	}
	if c.Part == "cells" {
		return nil
	}
	err = assist.Warm(ctx, b, "", func(s gopls.Step) {
		tell(warmReport{Step: "build gopls, for completion", Done: s.Done, Total: s.Total, Detail: s.Package})
	})
	p.end()
	if ctx.Err() != nil {
		return err
	} else if err != nil { // the kernel can do without
		tell(warmReport{Note: fmt.Sprintf("note: completion will know less, because of this: %v", err)})
	}
	return nil
}

// warmPart is the job that has the installed program prepare one part for a folder. gently lets other programs go first.
func warmPart(inst **installation.Installation, part, dir string, gently bool) func(context.Context, *task) error {
	return func(ctx context.Context, t *task) error {
		cmd := exec.CommandContext(ctx, (*inst).Program, "warm", "--report", "--part", part, dir)
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		// A process group of its own: the signal that ends it reaches the compilers that the go command has started, too.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
		cmd.WaitDelay = 10 * time.Second
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("prepare %s: %w", part, err)
		}
		if gently {
			_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, 10) // it only helps
		}
		lines := json.NewDecoder(out)
		for {
			var r warmReport
			if lines.Decode(&r) != nil { // the end, or a process that was killed: Wait says
				break
			}
			if r.Note != "" {
				t.end()
				t.p.say(r.Note)
			} else {
				t.show(r.Step, r.Done, r.Total, r.Detail)
			}
		}
		err = cmd.Wait()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if text := strings.TrimPrefix(strings.TrimSpace(said.String()), "interleave: "); err != nil && text != "" {
			return errors.New(text)
		}
		return err
	}
}
