package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/wire"
)

// Defect 8: what was sent before Close arrives.
func TestCloseDrains(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		s := listen(t, connection(t, transport), wire.Options{})
		const n = 2000
		c := newCounter(n)
		req := subscriber(t, s, c.see)
		shell := connect(t, s, wire.Shell).open("DEALER", "")
		shell.send(message(signed("secret", header("1"), "{}", "{}", "{}")...))
		asked := take(t, s.Shell())
		for i := range n {
			s.Publish(&req.Header, "stream", numbered(i), nil)
			if err := asked.Reply("echo_reply", numbered(i)); err != nil {
				t.Fatal(err)
			}
		}
		shell.send(bytes.Repeat(message([]byte("unread")), 1000)) // must not make the system drop our bytes
		closed := make(chan error)
		go func() { closed <- s.Close(testContext(t)) }()
		c.wait(t, within)
		for range n {
			shell.message()
		}
		shell.wantClosed()
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		if _, ok := <-s.Shell(); ok {
			t.Error("the channel of requests is open after Close")
		}
		if err := asked.Reply("late", nil); !errors.Is(err, wire.ErrClosed) {
			t.Errorf("a reply after Close: %v", err)
		}
		if err := s.Publish(nil, "late", nil, nil); !errors.Is(err, wire.ErrClosed) {
			t.Errorf("Publish after Close: %v", err)
		}
	}
}

// Close waits for a reader that is slow to begin, and that keeps sending: were the connection closed with
// bytes of its unread, the system would throw ours away.
func TestCloseWaitsForASlowReader(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	p := connect(t, s, wire.IOPub).open("SUB", "")
	p.send(message([]byte("\x01")))
	p.message()
	const n = 20_000
	text := strings.Repeat("x", 1000)
	for range n { // 20 MB, more than the system's buffers hold
		s.Publish(nil, "stream", map[string]any{"text": text}, nil)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.Close(testContext(t))
	}()
	select {
	case <-closed:
		t.Fatal("Close did not wait")
	case <-time.After(1500 * time.Millisecond): // longer than its grace for peers to close
	}
	for i := range n {
		if _, err := p.Write(message([]byte("junk"))); err != nil {
			t.Fatalf("after %d messages: %v", i, err)
		}
		p.message()
	}
	p.wantClosed()
	p.Close()
	<-closed
}

// A peer that reads nothing delays Close until its deadline, not longer.
func TestCloseHasADeadline(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 32 << 20})
	p := connect(t, s, wire.IOPub).open("SUB", "")
	p.send(message([]byte("\x01")))
	p.message()
	connect(t, s, wire.Shell) // and one that has said nothing
	for range 20 {
		s.Publish(nil, "stream", map[string]any{"text": strings.Repeat("x", 1<<20)}, nil)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	closed := make(chan error)
	go func() { closed <- s.Close(ctx) }()
	select {
	case <-closed:
	case <-time.After(within):
		t.Fatal("Close waits for a peer that reads nothing")
	}
}

// Defect 13: nothing is left running after Close.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		s := listen(t, connection(t, "tcp"), wire.Options{})
		go serveEcho(s)
		client := dial(t, s)
		if err := client.Ping(testContext(t)); err != nil {
			t.Error(err)
		}
		connect(t, s, wire.Control).open("DEALER", "")
		connect(t, s, wire.Stdin)
		s.Close(testContext(t))
		client.Close()
	}
	deadline := time.After(within)
	for runtime.NumGoroutine() > before+1 { // serveEcho ends on its own time
		select {
		case <-deadline:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		default:
			runtime.Gosched()
		}
	}
}

// A restarted kernel takes the same ports while clients of the old one are still connected.
func TestRestartOnTheSamePorts(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		c := connection(t, transport)
		for range 20 {
			s := listen(t, c, wire.Options{})
			c = s.Connection()
			go serveEcho(s)
			wantServed(t, s)
			for _, ch := range allChannels {
				connect(t, s, ch).open(peerKind(ch), "")
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			s.Close(ctx)
			cancel()
		}
	}
}

// A port that is still taken is waited for.
func TestWaitsForPorts(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	c := s.Connection()
	if _, err := wire.Listen(testContext(t), c, wire.Options{BindWait: 100 * time.Millisecond}); err == nil {
		t.Fatal("two servers on the same ports")
	}
	next := make(chan error)
	go func() {
		s, err := wire.Listen(testContext(t), c, wire.Options{BindWait: within})
		if err == nil {
			err = s.Close(testContext(t))
		}
		next <- err
	}()
	s.Close(testContext(t))
	if err := <-next; err != nil {
		t.Error(err)
	}
}

// Defect 11: ipc sockets are private, the stale ones of a killed kernel are replaced, and the sockets of a
// live one and ordinary files are left alone.
func TestIPCSockets(t *testing.T) {
	c := connection(t, "ipc")
	c.Ports = wire.Ports{Shell: 1, Control: 2, Stdin: 3, IOPub: 4, Heartbeat: 5}
	for _, ch := range allChannels {
		_, path := c.Address(ch)
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false) // as after kill -9
		l.Close()
	}
	s := listen(t, c, wire.Options{})
	go serveEcho(s)
	wantServed(t, s)
	for _, ch := range allChannels {
		_, path := c.Address(ch)
		if mode := fileMode(t, path); mode.Perm() != 0o600 || mode.Type() != fs.ModeSocket {
			t.Errorf("%s has mode %v", path, mode)
		}
	}
	if os.Geteuid() == 0 { // who may become another user finds out what that one may
		wantKeptOut(t, c)
	}
	if _, err := wire.Listen(testContext(t), c, wire.Options{BindWait: 100 * time.Millisecond}); err == nil {
		t.Error("the sockets of a live kernel were taken")
	}
	wantServed(t, s)
	s.Close(testContext(t))
	_, path := c.Address(wire.Shell)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left after Close", path)
	}
	if err := os.WriteFile(path, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.Listen(testContext(t), c, wire.Options{}); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("error is %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "a letter" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	c.IP = filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if _, err := wire.Listen(testContext(t), c, wire.Options{}); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a path too long: error is %v", err)
	}
}

// wantKeptOut connects to the sockets as another user, for whom the folders are open.
func wantKeptOut(t *testing.T, c wire.Connection) {
	t.Helper()
	_, path := c.Address(wire.Shell)
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const other = 54321
	dial := func(path string) error {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		return unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	}
	runtime.LockOSThread() // the user whom files ask for is this thread's alone
	defer runtime.UnlockOSThread()
	defer unix.Setfsuid(0)
	for _, ch := range allChannels {
		_, path := c.Address(ch)
		for user, want := range map[int]error{0: nil, other: unix.EACCES} {
			unix.Setfsuid(user)
			if err := dial(path); err != want {
				t.Errorf("user %d connects to %s: %v, want %v", user, ch, err, want)
			}
		}
	}
}

func TestUnreadRequestsDoNotDelayClose(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	p := connect(t, s, wire.Shell).open("DEALER", "")
	for i := range 1000 {
		p.send(message(signed("secret", header(string(rune('a'+i))), "{}", "{}", "{}")...))
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.Close(testContext(t))
	}()
	select {
	case <-closed:
	case <-time.After(within):
		t.Fatal("Close waits for requests to be taken")
	}
	io.Copy(io.Discard, p)
}
