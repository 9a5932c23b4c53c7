// Package serve puts one kernel together: sockets, session, engine. It knows what ends a kernel (a shutdown
// request, SIGTERM, the end of the Jupyter server) and starts one goroutine that watches for the last.
package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/wire"
	"interleave/kernel/internal/worker"
)

// drain is how long clients may take to read the last messages.
const drain = 2 * time.Second

// Options are the settings of a kernel.
type Options struct {
	ConnectionFile string
	HistoryFile    string // "" keeps the history of this session only
	Engine         engine.Options
	Logger         *slog.Logger
}

// Main serves one notebook until it is told to end.
func Main(ctx context.Context, o Options) error {
	log := o.Logger
	conn, err := wire.ReadConnection(o.ConnectionFile, log)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go worker.WatchParent(ctx, cancel)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT) // before anything else: the default would end the kernel
	defer signal.Stop(interrupts)

	srv, err := wire.Listen(ctx, conn, wire.Options{Logger: log})
	if err != nil {
		return fmt.Errorf("open the sockets of %s: %w", o.ConnectionFile, err)
	}
	if o.Engine.Dir == "" {
		if o.Engine.Dir, err = os.Getwd(); err != nil {
			return err
		}
	}
	o.Engine.Logger = log
	eng := engine.New(o.Engine)
	s := session.New(eng, session.Options{Log: log, HistoryFile: o.HistoryFile})
	go func() {
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
	if ctx.Err() != nil {
		err = nil
	}
	if cerr := eng.Close(); cerr != nil {
		log.Warn("end the worker", "error", cerr)
	}
	dctx, done := context.WithTimeout(context.Background(), drain)
	defer done()
	srv.Close(dctx)
	return err
}

// HistoryFile is where the history of all sessions is kept, "" when the machine has no such place.
func HistoryFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "interleave", "history.jsonl")
}
