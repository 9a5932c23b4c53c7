package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxSocketPath is what fits into sockaddr_un with its final zero byte.
const maxSocketPath = 107

func (c Connection) withPort(ch Channel, port int) Connection {
	switch ch {
	case Shell:
		c.Ports.Shell = port
	case Control:
		c.Ports.Control = port
	case Stdin:
		c.Ports.Stdin = port
	case IOPub:
		c.Ports.IOPub = port
	case Heartbeat:
		c.Ports.Heartbeat = port
	}
	return c
}

// bind listens for one socket and returns its port. An address in use is tried again until ctx is done: a
// restarted kernel may start before the system has let go of its predecessor's ports.
func bind(ctx context.Context, c Connection, k socketPort) (net.Listener, int, error) {
	if c.Transport == "ipc" {
		return bindIPC(ctx, c, k)
	}
	_, address := c.Address(k.channel)
	for {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			return l, l.Addr().(*net.TCPAddr).Port, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || !pause(ctx) {
			return nil, 0, err
		}
	}
}

func bindIPC(ctx context.Context, c Connection, k socketPort) (net.Listener, int, error) {
	port := k.port
	for port == 0 {
		for n := 1; port == 0; n++ {
			c = c.withPort(k.channel, n)
			_, path := c.Address(k.channel)
			if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				port = n
			} else if err != nil {
				return nil, 0, err
			}
		}
	}
	_, path := c.withPort(k.channel, port).Address(k.channel)
	if len(path) > maxSocketPath {
		return nil, 0, fmt.Errorf("socket path %s has %d bytes, the system allows %d; set JUPYTER_RUNTIME_DIR to a shorter directory", path, len(path), maxSocketPath)
	}
	for {
		if err := removeStale(path); err != nil {
			if !errors.Is(err, syscall.EADDRINUSE) || !pause(ctx) {
				return nil, 0, err
			}
			continue
		}
		l, err := listenPrivate(ctx, path)
		if err == nil {
			return l, port, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || !pause(ctx) {
			return nil, 0, err
		}
	}
}

// listenPrivate makes the socket with mode 0600. On Linux the mode is set before the name exists, so there
// is no moment at which others can connect; elsewhere that has no effect and chmod follows.
func listenPrivate(ctx context.Context, path string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { unix.Fchmod(int(fd), 0o600) })
	}}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// removeStale removes the socket of a process that was killed. A socket somebody listens on, and a file
// that is no socket, stay.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket; remove it", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		conn.Close()
		return fmt.Errorf("another process listens on %s: %w", path, syscall.EADDRINUSE)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// pause waits a moment, and reports false when ctx is done.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}
