package wire_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// within is the deadline of whatever should happen at once; it is generous because the machine may be busy.
const within = 60 * time.Second

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	t.Cleanup(cancel)
	return ctx
}

// connection returns a connection with ports to choose.
func connection(t testing.TB, transport string) wire.Connection {
	t.Helper()
	c := wire.Connection{Transport: transport, IP: "127.0.0.1", Key: "secret", SignatureScheme: "hmac-sha256"}
	if transport == "ipc" {
		c.IP = filepath.Join(t.TempDir(), "k")
	}
	return c
}

// listen starts a server that is closed with the test.
func listen(t testing.TB, c wire.Connection, opts wire.Options) *wire.Server {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := wire.Listen(testContext(t), c, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

// serveEcho answers each shell request with its own content, between busy and idle.
func serveEcho(s *wire.Server) {
	for req := range s.Shell() {
		s.Publish(&req.Header, "status", map[string]any{"execution_state": "busy"}, nil)
		req.Reply("echo_reply", req.Content, req.Buffers...)
		s.Publish(&req.Header, "status", map[string]any{"execution_state": "idle"}, nil)
	}
}

func dial(t testing.TB, s *wire.Server) *kerneltest.Client {
	t.Helper()
	c, err := client.Dial(testContext(t), s.Connection())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestRequestReplyAndIOPub(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			s := listen(t, connection(t, transport), wire.Options{})
			go serveEcho(s)
			client := dial(t, s)
			result, err := client.Request(testContext(t), wire.Shell, "echo_request", map[string]any{"word": "日本 \xff <b>"})
			if err != nil {
				t.Fatal(err)
			}
			var content map[string]string
			if err := json.Unmarshal(result.Reply.Content, &content); err != nil || content["word"] != "日本 \uFFFD <b>" {
				t.Errorf("content is %s, %v", result.Reply.Content, err)
			}
			if len(result.IOPub) != 2 {
				t.Errorf("%d IOPub messages, want busy and idle", len(result.IOPub))
			}
			if err := client.Ping(testContext(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// BenchmarkPublish publishes lines to a reader that only counts bytes: what is measured is the kernel's side.
func BenchmarkPublish(b *testing.B) {
	for name, size := range map[string]int{"line": 20, "64KiB": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			s := listen(b, connection(b, "tcp"), wire.Options{})
			p := connect(b, s, wire.IOPub).open("SUB", "")
			p.SetDeadline(time.Time{})
			p.send(message([]byte("\x01")))
			p.message()
			ended := make(chan int64)
			go func() {
				n, _ := io.Copy(io.Discard, p)
				ended <- n
			}()
			parent := &wire.Header{Raw: json.RawMessage(`{"msg_id":"8a1c-1","session":"8a1c","username":"u","date":"2026-01-02T03:04:05.000006Z","msg_type":"execute_request","version":"5.3"}`)}
			text := strings.Repeat("x", size-1) + "\n"
			b.SetBytes(int64(size))
			for b.Loop() {
				if err := s.Publish(parent, "stream", map[string]any{"name": "stdout", "text": text}, nil); err != nil {
					b.Fatal(err)
				}
			}
			s.Close(testContext(b))
			<-ended
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
