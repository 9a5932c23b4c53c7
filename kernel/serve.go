package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/wire"
	"interleave/kernel/internal/worker"
)

type serveCommand struct {
	ConnectionFile string `arg:"" help:"File in which Jupyter says where to listen, and the key."`
	NoHistory      bool   `help:"Do not keep what is run for other sessions."`
	Debug          bool   `env:"INTERLEAVE_DEBUG" help:"Log more, to standard error."`
}

func (serveCommand) Help() string {
	return `The cells run in the current folder. INTERLEAVE_LINK (thin or thick) chooses how cells are linked, INTERLEAVE_MEMORY limits the memory of their process.

Examples:

    kernel serve /run/user/1000/jupyter/kernel-1.json
`
}

// drain is how long the last messages may take to leave.
const drain = 5 * time.Second

func (c *serveCommand) Run(_ context.Context, to streams) error {
	log := c.logger(to)
	// SIGINT is Jupyter's interrupt in signal mode, so main's context, which it ends, is not for this command.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)

	conn, err := wire.ReadConnection(c.ConnectionFile, log)
	if err != nil {
		return err
	}
	srv, err := wire.Listen(ctx, conn, wire.Options{Logger: log})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if err := srv.Close(ctx); err != nil {
			log.Warn("close sockets", "err", err)
		}
	}()
	eng, err := newEngine(ctx, log)
	if err != nil {
		return err
	}
	o := session.Options{Log: log, Ports: ports(srv.Connection())}
	if !c.NoHistory {
		o.HistoryFile = historyFile()
	}
	s := session.New(eng, o)
	go worker.WatchParent(ctx, stop) // ends with ctx
	go func() {                      // ends with ctx
		for {
			select {
			case <-interrupts:
				s.Interrupt()
			case <-ctx.Done():
				return
			}
		}
	}()
	err = s.ServeSockets(ctx, srv)
	if errors.Is(err, context.Canceled) { // asked to end, or the parent is gone
		return nil
	}
	return err
}

func (c *serveCommand) logger(to streams) *slog.Logger {
	level := slog.LevelWarn
	if c.Debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(to.err, &slog.HandlerOptions{Level: level}))
}

// newEngine returns the engine of the current folder.
func newEngine(ctx context.Context, log *slog.Logger) (*engine.Engine, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the notebook's folder: %w", err)
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the kernel's own program: %w", err)
	}
	return engine.New(engine.Options{
		Dir: dir, Sources: sources, Guard: []string{self, "guard"}, Version: release, Logger: log,
	}), nil
}

// historyFile is where history_request finds what was typed in earlier sessions.
func historyFile() string {
	root, err := installation.Root()
	if err != nil {
		return "" // this session's only
	}
	return filepath.Join(root, "history")
}

func ports(c wire.Connection) map[string]int {
	return map[string]int{
		"shell_port": c.Ports.Shell, "iopub_port": c.Ports.IOPub, "stdin_port": c.Ports.Stdin,
		"control_port": c.Ports.Control, "hb_port": c.Ports.Heartbeat,
	}
}
