package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
	"interleave/kernel/internal/python"
)

type labCommand struct {
	Dir       string   `arg:"" optional:"" help:"Folder to open; notebooks, if there is one, is the default."`
	Args      []string `arg:"" optional:"" passthrough:"" help:"Arguments for JupyterLab, after --."`
	NoBrowser bool     `help:"Do not open a browser; print the address."`
	Port      int      `help:"Port to listen on; JupyterLab chooses from 8888 up."`
	Python    string   `placeholder:"PROGRAM" help:"Python to make the environment with."`
	Prepare   bool     `help:"Make everything that is needed, completion included, then end."`
}

func (labCommand) Help() string {
	return `The first start needs a network and takes a minute or two. It installs JupyterLab (all versions are pinned) into a Python environment in your cache, builds the kernel, and compiles the packages that cells are linked with. JupyterLab opens as soon as it is installed. A cell that you run before the packages are compiled waits and shows how far they are. Completion is built last, in the background. --prepare makes all of it and then ends; if it is interrupted, the next start continues. Later starts take seconds and need no network. Nothing outside your cache and data folders is changed: the kernel is installed into that environment only.

Examples:

    interleave lab                          open notebooks/
    interleave lab ~/talks                  open another folder
    interleave lab --no-browser --port 9999
    interleave lab notebooks -- --ip 0.0.0.0
`
}

func (c *labCommand) Run(ctx context.Context, to streams) error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	if err := c.ready(ctx); err != nil {
		return err
	}
	ctx, hangup := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer hangup()
	p := newProgress(to.err)
	work := newPreparation(ctx, p)
	defer work.stop()
	var inst *installation.Installation
	var env *python.Env
	program := work.start(func(ctx context.Context, t *task) (err error) {
		inst, err = ensure(ctx, p)
		return err
	})
	environment := work.start(func(ctx context.Context, t *task) (err error) {
		env, err = python.Open(ctx, python.Options{Python: c.Python, Set: python.Lab, Progress: func(done, total int, what string) {
			t.show("install JupyterLab", done, total, what)
		}})
		return err
	})
	settings := work.start(func(ctx context.Context, t *task) error {
		return env.Alone(ctx, func() error {
			// The environment is ours, and so is every kernelspec in it.
			if _, err := register(kernelspec.PrefixDir(env.Dir), kernelspec.DefaultName, inst, true); err != nil {
				return err
			}
			if err := quiet(env); err != nil {
				return fmt.Errorf("set JupyterLab up: %w", err)
			}
			return nil
		})
	}, program, environment)
	cells := work.start(warmPart(&inst, "cells", dir, false), program)
	// gopls is built last, as no cell needs it. While a reader has JupyterLab before them, it leaves the processors to cells.
	completion := work.start(warmPart(&inst, "completion", dir, !c.Prepare), cells, environment)
	if c.Prepare {
		return work.wait(settings, cells, completion)
	}
	if err := work.wait(settings); err != nil {
		return err
	}
	select {
	case <-cells.done:
	case <-time.After(time.Second): // it takes a moment even when nothing is to be built
	}
	work.detach() // JupyterLab asks after Ctrl-C whether it shall end
	p.share()
	fmt.Fprintf(to.err, "JupyterLab on %s; end it with Ctrl-C\n", dir)
	go tellReady(p, cells) // ends with the job, which work.stop ends
	return c.jupyter(env, dir)
}

// tellReady tells a reader who has JupyterLab open already when cells can run.
func tellReady(p *progress, cells *job) {
	select {
	case <-cells.done:
	default:
		p.say("What cells are linked with is still being compiled. You can open notebooks; a cell that you run now waits and shows how far it is.")
		<-cells.done
	}
	if err := cells.err; err != nil && !errors.Is(err, errStopped) {
		p.say("cells cannot be compiled: " + err.Error())
	}
}

// ready looks for what is missing on this machine, all of it, before anything is made that takes minutes.
func (c *labCommand) ready(ctx context.Context) error {
	_, noGo := toolchain(ctx)
	_, noPython := python.Find(ctx, c.Python)
	return errors.Join(noGo, noPython, c.portFree())
}

// portFree reports whether the port is taken that was asked for. JupyterLab would listen on another one, whose address is not the one its user
// has in mind.
func (c *labCommand) portFree() error {
	if c.Port == 0 {
		return nil
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is in use, perhaps by a JupyterLab that still runs: end that one, give another --port, or leave --port away, and JupyterLab takes one that is free", c.Port)
	} else if err != nil {
		return fmt.Errorf("port %d: %w; choose one from 1024 to 65535 by --port", c.Port, err)
	}
	return l.Close()
}

// folder is the absolute path of the folder to open.
func (c *labCommand) folder() (string, error) {
	if c.Dir == "--" { // no folder, only arguments
		c.Dir = ""
	}
	if len(c.Args) > 0 && c.Args[0] == "--" {
		c.Args = c.Args[1:]
	}
	dir := c.Dir
	if dir == "" {
		dir = "notebooks"
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			dir = "."
		}
	}
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no folder %s: make it, or give the folder of your notebooks", dir)
	} else if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder: give the folder the notebook is in", dir)
	}
	return filepath.Abs(dir)
}

// quiet switches off what JupyterLab would ask the network for and ask the reader about, and has it show Markdown as it
// is meant to be read.
func quiet(env *python.Env) error {
	settings := map[string]any{
		"@jupyterlab/apputils-extension:notification": map[string]any{
			"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": false,
		},
		"@jupyterlab/docmanager-extension:plugin": map[string]any{
			"defaultViewers": map[string]string{"markdown": "Markdown Preview"},
		},
	}
	text, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Join(env.Dir, "share", "jupyter", "lab", "settings")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path, text := filepath.Join(dir, "overrides.json"), append(text, '\n')
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil // a JupyterLab that runs may be reading it
	}
	return os.WriteFile(path, text, 0o644)
}

// welcome is the page that a folder opens on, if it has one: that of notebooks/ is the index of the workshop.
const welcome = "README.md"

// jupyterArgs are the arguments of jupyter-lab. The server's limits on output are lifted: the kernel bounds
// its output itself, without losing any.
func (c *labCommand) jupyterArgs(dir string) []string {
	args := []string{
		"--ServerApp.root_dir=" + dir,
		"--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=1e12",
		"--ZMQChannelsWebsocketConnection.iopub_msg_rate_limit=1e9",
	}
	if _, err := os.Stat(filepath.Join(dir, welcome)); err == nil {
		args = append(args, "--LabApp.default_url=/lab/tree/"+welcome)
	}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	if c.NoBrowser {
		args = append(args, "--no-browser")
	}
	if c.Port != 0 {
		args = append(args, fmt.Sprintf("--port=%d", c.Port))
	}
	return append(args, c.Args...)
}

// jupyterEnv makes the environment's own programs and kernels come before the user's: a kernel named
// gophernotes in the user's folder would otherwise be found first.
func jupyterEnv(env *python.Env) []string {
	return append(os.Environ(),
		"PATH="+filepath.Join(env.Dir, "bin")+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"VIRTUAL_ENV="+env.Dir,
		"JUPYTER_PREFER_ENV_PATH=1",
	)
}

// jupyter runs JupyterLab until it ends. Ctrl-C reaches it from the terminal, which asks it and not us;
// SIGTERM is handed on; should this process be killed, the system ends it.
func (c *labCommand) jupyter(env *python.Env, dir string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	defer signal.Stop(signals)

	runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started the child
	defer runtime.UnlockOSThread()
	cmd := exec.Command(env.Program("jupyter-lab"), c.jupyterArgs(dir)...)
	cmd.Env = jupyterEnv(env)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start JupyterLab: %w", err)
	}
	ended := make(chan struct{})
	go func() { // ends with JupyterLab
		for {
			select {
			case s := <-signals:
				if s != os.Interrupt {
					cmd.Process.Signal(syscall.SIGTERM)
					time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
				}
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGTERM {
			return nil
		}
		return fmt.Errorf("JupyterLab ended with %s; what it said is above", strings.TrimSpace(exit.String()))
	}
	return err
}
