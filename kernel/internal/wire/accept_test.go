package wire

import (
	"context"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"
)

// exhausted is a listener that has no file descriptor left for a while.
type exhausted struct {
	net.Listener
	faults int
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.faults > 0 {
		l.faults--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// Defect 13: accepting goes on after EMFILE, and does not spin meanwhile.
func TestAcceptSurvivesEMFILE(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := Connection{Transport: "tcp", IP: "127.0.0.1", Key: "k"}
	s, err := Listen(ctx, c, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(ctx)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s.running.Go(func() { s.sockets[Heartbeat].accept(&exhausted{l, 5}) })
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		t.Errorf("no greeting after EMFILE: %v", err)
	}
	if took := time.Since(start); took < 150*time.Millisecond { // 5+10+20+40+80 ms
		t.Errorf("five faults took %v: it spins", took)
	}
}

func TestReplayMemory(t *testing.T) {
	r := newReplays(3)
	for _, step := range []struct {
		signature string
		fresh     bool
	}{{"a", true}, {"b", true}, {"c", true}, {"a", false}, {"d", true}, {"a", false}, {"b", true}, {"c", true}} {
		if got := r.add(step.signature); got != step.fresh {
			t.Errorf("add(%q) is %v", step.signature, got)
		}
	}
}
