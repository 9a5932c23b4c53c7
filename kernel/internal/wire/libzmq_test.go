package wire_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// python runs a case of testdata/libzmq.py against the server.
func python(t *testing.T, s *wire.Server, args ...string) {
	t.Helper()
	interpreter := kerneltest.Python(t)
	c := s.Connection()
	info, err := json.Marshal(map[string]any{
		"transport": c.Transport, "ip": c.IP, "key": string(c.Key), "shell_port": c.Ports.Shell, "control_port": c.Ports.Control,
		"stdin_port": c.Ports.Stdin, "iopub_port": c.Ports.IOPub, "hb_port": c.Ports.Heartbeat,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	argv := append([]string{"testdata/libzmq.py", args[0], string(info)}, args[1:]...)
	if out, err := exec.CommandContext(ctx, interpreter, argv...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", args[0], err, out)
	}
}

// echo answers the requests of a channel.
func echo(s *wire.Server, requests <-chan *wire.Request) {
	for req := range requests {
		s.Publish(&req.Header, "status", map[string]any{"execution_state": "busy"}, nil)
		req.Reply("echo_reply", req.Content)
		s.Publish(&req.Header, "status", map[string]any{"execution_state": "idle"}, nil)
	}
}

func TestLibzmq(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		for _, test := range []string{"basic", "many", "heartbeats"} {
			t.Run(transport+"/"+test, func(t *testing.T) {
				t.Parallel() // heartbeats mostly waits
				s := listen(t, connection(t, transport), wire.Options{Logger: kerneltest.Logger(t)})
				go echo(s, s.Shell())
				go echo(s, s.Control())
				python(t, s, test)
			})
		}
	}
}

// TestLibzmqFlood closes the server right behind the last message, with a queue so small that the kernel has
// to wait for the reader.
func TestLibzmqFlood(t *testing.T) {
	const n = 50_000
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 1 << 20})
	closed := make(chan error, 1)
	go func() {
		req := <-s.Shell()
		for i := range n {
			s.Publish(&req.Header, "stream", map[string]any{"n": i}, nil)
		}
		req.Reply("flood_reply", nil)
		closed <- s.Close(testContext(t))
	}()
	python(t, s, "flood", strconv.Itoa(n))
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
