package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/serve"
)

type serveCommand struct {
	ConnectionFile string `arg:"" help:"File in which Jupyter says where to listen, and the key."`
	NoHistory      bool   `help:"Do not keep what is run for other sessions."`
	RunBy          int    `hidden:"" help:"The process that runs notebooks and made the folder of the connection file, which is removed in the end: it may be killed at any time."`
	Debug          bool   `env:"INTERLEAVE_DEBUG" help:"Log more, to standard error."`
}

func (serveCommand) Help() string {
	return `The cells run in the current folder. INTERLEAVE_LINK (thin or thick) chooses how cells are linked, INTERLEAVE_MEMORY (2GiB, or none) limits the memory that their process and everything they start may use together, INTERLEAVE_GO names the go command to compile them with.

Examples:

    interleave serve /run/user/1000/jupyter/kernel-1.json
`
}

// Run takes no context: main's ends with SIGINT, which is Jupyter's interrupt in signal mode.
func (c *serveCommand) Run(_ context.Context, to streams) error {
	ctx := context.Background()
	if c.RunBy != 0 {
		defer os.RemoveAll(filepath.Dir(c.ConnectionFile))
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the kernel's own program: %w", err)
	}
	log := c.logger(to)
	background := renewServed(log, []string{self, "guard"})
	o := serve.Options{
		ConnectionFile: c.ConnectionFile, Logger: log, Parent: c.RunBy,
		Engine: engine.Options{Sources: sources, Guard: []string{self, "guard"}, Slides: []string{self, "slides"}, Version: release},
	}
	if !c.NoHistory {
		o.HistoryFile = historyFile()
	}
	if background != nil {
		ctx, cancel := context.WithCancel(ctx)
		var build sync.WaitGroup
		build.Go(func() { background(ctx) }) // ends with the kernel
		defer build.Wait()
		defer cancel()
	}
	return serve.Main(ctx, o)
}

func (c *serveCommand) logger(to streams) *slog.Logger {
	level := slog.LevelWarn
	if c.Debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(to.err, &slog.HandlerOptions{Level: level}))
}

// historyFile is where history_request finds what was typed in earlier sessions.
func historyFile() string {
	root, err := installation.Root()
	if err != nil {
		return "" // this session's only
	}
	return filepath.Join(root, "history")
}
