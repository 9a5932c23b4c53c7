// Package serve puts one kernel together: sockets, session, engine. It knows what ends a kernel (a shutdown
// request, SIGTERM, the end of the Jupyter server) and starts one goroutine that watches for the last.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/wire"
	"interleave/kernel/internal/worker"
)

// drain is how long the last messages may take to leave.
const drain = 5 * time.Second

// Options are the settings of a kernel.
type Options struct {
	ConnectionFile string
	HistoryFile    string // "" keeps the history of this session only
	Parent         int    // the process that started this one, whose end is the kernel's; 0 asks the system
	Engine         engine.Options
	Logger         *slog.Logger
}

// Main serves one notebook until a client, SIGTERM or the end of the Jupyter server ends it. SIGINT is Jupyter's
// interrupt in signal mode.
func Main(ctx context.Context, o Options) error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt) // before anything else: the default would end the kernel
	defer signal.Stop(interrupts)
	// A log line to a server that is gone must not end the kernel before it has cleaned up. Children do not inherit this.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	conn, err := wire.ReadConnection(o.ConnectionFile, o.Logger)
	if err != nil {
		return err
	}
	srv, err := wire.Listen(ctx, conn, wire.Options{Logger: o.Logger})
	if err != nil {
		return fmt.Errorf("open the sockets of %s: %w", o.ConnectionFile, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if err := srv.Close(ctx); err != nil {
			o.Logger.Warn("close sockets", "err", err)
		}
	}()
	if o.Engine.Dir == "" {
		if o.Engine.Dir, err = os.Getwd(); err != nil { // it was removed, which the first cell tells
			o.Engine.Dir = os.Getenv("PWD")
		}
	}
	o.Engine.Logger = o.Logger
	s := session.New(engine.New(o.Engine), session.Options{Log: o.Logger, HistoryFile: o.HistoryFile, Ports: ports(srv.Connection())})
	if o.Parent == 0 {
		o.Parent = os.Getppid()
	}
	go worker.WatchParent(ctx, o.Parent, stop) // ends with ctx
	go func() {                                // ends with ctx
		for {
			select {
			case <-interrupts:
				s.Interrupt()
			case <-ctx.Done():
				return
			}
		}
	}()
	err = serveSockets(ctx, s, srv)
	if errors.Is(err, context.Canceled) { // asked to end, or the parent is gone
		return nil
	}
	return err
}

func ports(c wire.Connection) map[string]int {
	return map[string]int{
		"shell_port": c.Ports.Shell, "iopub_port": c.Ports.IOPub, "stdin_port": c.Ports.Stdin,
		"control_port": c.Ports.Control, "hb_port": c.Ports.Heartbeat,
	}
}
