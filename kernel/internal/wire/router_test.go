package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// Defect 9: a client that does not read its replies blocks nobody, and in the end loses its connection.
func TestUnreadReply(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 8 << 20})
	p := connect(t, s, wire.Shell).open("DEALER", "deaf")
	p.send(message(signed("secret", header("deaf"), "{}", "{}", "{}")...))
	deaf := take(t, s.Shell())
	go serveEcho(s)
	big := map[string]any{"x": strings.Repeat("x", 1<<20)}
	var err error
	start := time.Now()
	for range 100 {
		if err = deaf.Reply("echo_reply", big); err != nil {
			break
		}
		if time.Since(start) > within {
			t.Fatal("a reply waits for its reader")
		}
	}
	if !errors.Is(err, wire.ErrPeerGone) {
		t.Errorf("after 100 MiB unread the error is %v, want ErrPeerGone", err)
	}
	wantServed(t, s)
	p.wantClosed()
	if err := deaf.Reply("echo_reply", nil); !errors.Is(err, wire.ErrPeerGone) {
		t.Errorf("a reply to a client that is gone: %v", err)
	}
}

// Defect 10: of two clients with one identity, the one that asked gets the reply.
func TestDuplicateIdentity(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	go serveEcho(s)
	a := connect(t, s, wire.Shell).open("DEALER", "same")
	b := connect(t, s, wire.Shell).open("DEALER", "same")
	for _, p := range []*rawPeer{a, b, a, b} {
		id := time.Now().String()
		p.send(message(signed("secret", header(id), "{}", "{}", `{"to":"`+id+`"}`)...))
		got := p.message()
		var content struct{ To string }
		if err := json.Unmarshal(got[5], &content); err != nil || content.To != id {
			t.Errorf("content %s, want %s", got[5], id)
		}
	}
	for _, p := range []*rawPeer{a, b} { // nothing but PONG is left to read
		p.send(command("PING", []byte{0, 0}))
		if flags, body := p.frame(); flags != 4 {
			t.Errorf("a reply to the other client came: %q", body)
		}
	}
}

// A request for input goes to the stdin connection of the client that asked, with its header as parent.
func TestInput(t *testing.T) {
	s := listen(t, connection(t, "ipc"), wire.Options{})
	for _, name := range []string{"first", "second"} {
		client := dial(t, s)
		call, err := client.Send(wire.Shell, "execute_request", map[string]any{"name": name}, kerneltest.CallOptions{
			OnInput: func(prompt string, password bool) string { return prompt + " " + name },
		})
		if err != nil {
			t.Fatal(err)
		}
		req := take(t, s.Shell())
		// The stdin connection was made before, but the server may not have seen it yet.
		var id string
		var gone <-chan struct{}
		for err = wire.ErrNoStdin; errors.Is(err, wire.ErrNoStdin); {
			id, gone, err = s.Input(req, "input_request", map[string]any{"prompt": "who?", "password": true})
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := call.WaitInput(testContext(t), 1)
		if err != nil || m.ParentID() != call.ID || m.Header.MsgID != id {
			t.Fatalf("parent is %q, %v, want %s", m.ParentID(), err, call.ID)
		}
		select {
		case answer := <-s.Stdin():
			if !strings.Contains(string(answer.Content), "who? "+name) || answer.ParentID() != id {
				t.Errorf("answer %s, parent %s", answer.Content, answer.Parent)
			}
		case <-gone:
			t.Fatal("the client is said to be gone")
		case <-time.After(within):
			t.Fatal("no answer")
		}
		client.Close()
		select {
		case <-gone:
		case <-time.After(within):
			t.Error("the client's end is not told")
		}
	}
}

// A client that has connected anew, while the server has not seen the end of its old connection, is asked on
// the new one.
func TestInputGoesToTheNewestConnection(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	shell := connect(t, s, wire.Shell).open("DEALER", "same")
	shell.send(message(signed("secret", header("1"), "{}", "{}", "{}")...))
	req := take(t, s.Shell())
	for i := range 20 {
		stdin := connect(t, s, wire.Stdin).open("DEALER", "same")
		stdin.send(message(signed("secret", header(fmt.Sprint("hello ", i)), "{}", "{}", "{}")...))
		take(t, s.Stdin()) // the server has it
		if _, _, err := s.Input(req, "input_request", nil); err != nil {
			t.Fatal(err)
		}
		stdin.message() // waits for ever if another got it
	}
}

func TestNoStdin(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	p := connect(t, s, wire.Shell).open("DEALER", "alone")
	connect(t, s, wire.Stdin).open("DEALER", "other")
	p.send(message(signed("secret", header("1"), "{}", "{}", "{}")...))
	if _, _, err := s.Input(take(t, s.Shell()), "input_request", nil); !errors.Is(err, wire.ErrNoStdin) {
		t.Errorf("error is %v, want ErrNoStdin", err)
	}
}

// Control is never behind shell, even when nobody takes the shell's messages.
func TestControlOvertakesShell(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	client := dial(t, s)
	for range 1000 {
		if _, err := client.Send(wire.Shell, "execute_request", nil, kerneltest.CallOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Send(wire.Control, "interrupt_request", nil, kerneltest.CallOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Control():
	case <-time.After(within):
		t.Fatal("control waits for shell")
	}
	if err := client.Ping(testContext(t)); err != nil {
		t.Error(err)
	}
	for range 1000 {
		take(t, s.Shell())
	}
}

// The heartbeat returns frames as they are, to REQ and to DEALER.
func TestHeartbeat(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	for _, kind := range []string{"REQ", "DEALER"} {
		p := connect(t, s, wire.Heartbeat).open(kind, "")
		p.send(message([]byte{}, []byte("ping"), []byte{}, make([]byte, 1000)))
		if got := p.message(); len(got) != 4 || string(got[1]) != "ping" || len(got[3]) != 1000 {
			t.Errorf("%s: echo %q", kind, got)
		}
	}
}
