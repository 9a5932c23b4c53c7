package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/wire"
)

// rawPeer speaks ZMTP byte by byte, so that it can also say what no library would.
type rawPeer struct {
	t testing.TB
	net.Conn
}

func connect(t testing.TB, s *wire.Server, ch wire.Channel) *rawPeer {
	t.Helper()
	network, address := s.Connection().Address(ch)
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(within))
	return &rawPeer{t, conn}
}

// greeting announces ZMTP 3.1 with the NULL mechanism.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10], g[11] = 0xFF, 0x7F, 3, 1
	copy(g[12:], "NULL")
	return g
}

func property(name, value string) []byte {
	p := append([]byte{byte(len(name))}, name...)
	p = binary.BigEndian.AppendUint32(p, uint32(len(value)))
	return append(p, value...)
}

func command(name string, body []byte) []byte {
	return frame(4, append(append([]byte{byte(len(name))}, name...), body...))
}

func frame(flags byte, body []byte) []byte {
	if len(body) < 256 {
		return append([]byte{flags, byte(len(body))}, body...)
	}
	return append(longHeader(flags, uint64(len(body))), body...)
}

func longHeader(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | 2}, size)
}

func message(frames ...[]byte) []byte {
	var out []byte
	for i, f := range frames {
		flags := byte(1)
		if i == len(frames)-1 {
			flags = 0
		}
		out = append(out, frame(flags, f)...)
	}
	return out
}

func (p *rawPeer) send(b ...[]byte) {
	p.t.Helper()
	if _, err := p.Write(bytes.Join(b, nil)); err != nil {
		p.t.Fatal(err)
	}
}

// open completes the handshake.
func (p *rawPeer) open(kind, id string) *rawPeer {
	p.t.Helper()
	p.send(greeting(), command("READY", append(property("Socket-Type", kind), property("Identity", id)...)))
	if _, err := io.ReadFull(p, make([]byte, 64)); err != nil {
		p.t.Fatalf("greeting: %v", err)
	}
	if flags, body := p.frame(); flags&4 == 0 || !bytes.HasPrefix(body, []byte("\x05READY")) {
		p.t.Fatalf("got %q, want READY", body)
	}
	return p
}

// frame reads one frame.
func (p *rawPeer) frame() (flags byte, body []byte) {
	p.t.Helper()
	flags, body, err := readFrame(p)
	if err != nil {
		p.t.Fatal(err)
	}
	return flags, body
}

func readFrame(r io.Reader) (flags byte, body []byte, err error) {
	header := make([]byte, 9)
	if _, err := io.ReadFull(r, header[:2]); err != nil {
		return 0, nil, err
	}
	size := uint64(header[1])
	if header[0]&2 != 0 {
		if _, err := io.ReadFull(r, header[2:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(header[1:])
	}
	body = make([]byte, size)
	_, err = io.ReadFull(r, body)
	return header[0], body, err
}

// message reads the frames of one message.
func (p *rawPeer) message() [][]byte {
	p.t.Helper()
	var frames [][]byte
	for {
		flags, body := p.frame()
		if flags&4 != 0 {
			p.t.Fatalf("got command %q, want a message", body)
		}
		frames = append(frames, body)
		if flags&1 == 0 {
			return frames
		}
	}
}

// wantClosed reads until the server closes the connection.
func (p *rawPeer) wantClosed() {
	p.t.Helper()
	_, err := io.Copy(io.Discard, p)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		p.t.Errorf("the connection was not closed: %v", err)
	}
}

// logBuffer is a log that a test reads.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// wantServed checks that a new client is served, on every socket.
func wantServed(t testing.TB, s *wire.Server) {
	t.Helper()
	client := dial(t, s)
	defer client.Close()
	if _, err := client.Request(testContext(t), wire.Shell, "echo_request", nil); err != nil {
		t.Errorf("a new client is not served: %v", err)
	}
	if err := client.Ping(testContext(t)); err != nil {
		t.Error(err)
	}
}

var allChannels = []wire.Channel{wire.Shell, wire.Control, wire.Stdin, wire.IOPub, wire.Heartbeat}

func peerKind(ch wire.Channel) string {
	switch ch {
	case wire.IOPub:
		return "SUB"
	case wire.Heartbeat:
		return "REQ"
	}
	return "DEALER"
}

// take returns the next request, which should come at once.
func take(t testing.TB, requests <-chan *wire.Request) *wire.Request {
	t.Helper()
	select {
	case req := <-requests:
		return req
	case <-time.After(within):
		t.Fatal("no request came")
		return nil
	}
}

func fileMode(t testing.TB, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func numbered(i int) map[string]any {
	return map[string]any{"name": "stdout", "text": fmt.Sprintln(i)}
}
