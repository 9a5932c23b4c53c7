package wire_test

import (
	"bytes"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/wire"
)

// Defect 1: a peer that says nothing must not hold up others, and is let go.
func TestSilentPeer(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{Handshake: 300 * time.Millisecond})
	go serveEcho(s)
	var silent []*rawPeer
	for _, ch := range allChannels {
		for range 5 {
			silent = append(silent, connect(t, s, ch))
		}
		half := connect(t, s, ch)
		half.send(greeting()[:40])
		silent = append(silent, half)
	}
	wantServed(t, s)
	for _, p := range silent {
		p.wantClosed()
	}
}

// Defect 2: a forged length must not make us allocate, before or after the handshake.
func TestForgedLength(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	go serveEcho(s)
	for _, size := range []uint64{1 << 62, 1<<63 - 1, 1 << 63, 1<<64 - 1, 40 << 30, 16<<20 + 1} {
		for _, ch := range allChannels {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p := connect(t, s, ch)
			p.send(greeting(), longHeader(4, size), []byte("\x05READY"))
			p.wantClosed()
			p = connect(t, s, ch).open(peerKind(ch), "")
			p.send(longHeader(1, size), []byte("x"))
			p.wantClosed()
			p = connect(t, s, ch).open(peerKind(ch), "")
			p.send(longHeader(4, size), []byte("x"))
			p.wantClosed()
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
				t.Errorf("%s: length %d made us allocate %d bytes", ch, size, grown)
			}
		}
	}
	wantServed(t, s)
}

// Frames that are small one by one must not add up without end.
func TestEndlessMessage(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{MaxFirstMessage: 1 << 20})
	go serveEcho(s)
	for name, part := range map[string][]byte{
		"many empty frames": frame(1, nil),
		"much in all":       frame(1, make([]byte, 60<<10)),
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, s, wire.Shell).open("DEALER", "")
			go func() {
				for range 10000 { // ends with an error once the server closes
					if _, err := p.Write(part); err != nil {
						return
					}
				}
			}()
			p.wantClosed()
		})
	}
	wantServed(t, s)
}

// Peers that have proven nothing share a budget: claims of theirs are refused, small messages are not.
func TestUnprovenPeersShareABudget(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{MaxFirstMessage: 1 << 20})
	go serveEcho(s)
	refused := make(chan error, 10)
	for range 10 {
		p := connect(t, s, wire.Shell).open("DEALER", "")
		p.send(longHeader(0, 1<<20), []byte("x"))
		go func() {
			_, err := p.Read(make([]byte, 1))
			refused <- err
		}()
	}
	for i := range 6 { // the budget is that of four messages
		select {
		case <-refused:
		case <-time.After(within):
			t.Fatalf("only %d of 10 claims were refused", i)
		}
	}
	select {
	case err := <-refused:
		t.Errorf("a seventh claim was refused: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	wantServed(t, s)
}

// Messages of many frames that are small one by one draw on that budget, too.
func TestUnprovenPeersWithSmallFrames(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{MaxFirstMessage: 1 << 20})
	go serveEcho(s)
	const peers, frames = 20, 15 // of 60 KiB, and there is more to come
	refused := make(chan error, peers)
	for range peers {
		p := connect(t, s, wire.Shell).open("DEALER", "")
		go func() {
			p.Write(bytes.Repeat(frame(1, make([]byte, 60<<10)), frames)) // fails when it is refused before its end
			_, err := p.Read(make([]byte, 1))
			refused <- err
		}()
	}
	for i := range peers - 5 {
		select {
		case <-refused:
		case <-time.After(within):
			t.Fatalf("only %d of %d were refused, which hold %d KiB", i, peers, (peers-i)*frames*60)
		}
	}
	wantServed(t, s)
}

// What needs no key holds little memory: echoes of the heartbeat that are not read, and topics.
func TestStrangersHoldLittle(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	go serveEcho(s)
	deaf := connect(t, s, wire.Heartbeat).open("DEALER", "")
	ping := message(make([]byte, 60<<10))
	sent := 0
	for _, err := deaf.Write(ping); err == nil; _, err = deaf.Write(ping) {
		if sent += len(ping); sent > 48<<20 { // the system's buffers hold a part of it
			t.Fatalf("%d MB of echoes are held for one who does not read them", sent>>20)
		}
	}
	for _, subscribe := range [][]byte{message(append([]byte("\x01"), make([]byte, 2<<10)...)), command("SUBSCRIBE", make([]byte, 2<<10))} {
		p := connect(t, s, wire.IOPub).open("SUB", "")
		p.send(subscribe)
		p.wantClosed()
	}
	wantServed(t, s)
}

// After a signed message, a peer may send large ones.
func TestProvenPeerMaySendMore(t *testing.T) {
	c := connection(t, "tcp")
	s := listen(t, c, wire.Options{MaxFirstMessage: 1 << 20, MaxMessage: 4 << 20})
	go serveEcho(s)
	client := dial(t, s)
	for _, size := range []int{10, 3 << 20} {
		r, err := client.Request(testContext(t), wire.Shell, "echo_request", map[string]any{"x": strings.Repeat("x", size)})
		if err != nil || len(r.Reply.Content) < size {
			t.Fatalf("%d bytes: reply of %d, %v", size, len(r.Reply.Content), err)
		}
	}
	if _, err := client.Request(testContext(t), wire.Shell, "echo_request", map[string]any{"x": strings.Repeat("x", 5<<20)}); err == nil {
		t.Error("a message over the limit was taken")
	}
	wantServed(t, s)
}

// Defect 3: nothing in greeting or READY may end the process.
func TestMalformedHandshake(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{Handshake: 500 * time.Millisecond})
	go serveEcho(s)
	dealer := property("Socket-Type", "DEALER")
	with := func(change func(g []byte)) []byte {
		g := greeting()
		change(g)
		return g
	}
	ready := func(body ...[]byte) []byte { return append(greeting(), command("READY", bytes.Join(body, nil))...) }
	for name, bytes := range map[string][]byte{
		"http":                    []byte("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: something long enough for a greeting\r\n\r\n"),
		"wrong signature":         with(func(g []byte) { g[0] = 1 }),
		"zmtp 1":                  with(func(g []byte) { g[10] = 0 }),
		"curve":                   with(func(g []byte) { copy(g[12:], "CURVE") }),
		"server flag":             with(func(g []byte) { g[32] = 7 }),
		"message before ready":    append(greeting(), message([]byte("x"))...),
		"ping before ready":       append(greeting(), command("PING", []byte{0, 0})...),
		"error":                   append(greeting(), command("ERROR", []byte("\x03no!"))...),
		"ready as message":        append(greeting(), frame(0, []byte("\x05READY"))...),
		"ready with more":         append(greeting(), frame(5, append([]byte("\x05READY"), dealer...))...),
		"empty command":           append(greeting(), frame(4, nil)...),
		"name too long":           append(greeting(), frame(4, []byte("\xFFREADY"))...),
		"reserved flag":           append(greeting(), frame(0x80, []byte("\x05READY"))...),
		"property name cut":       ready([]byte("\xFFSocket-Type")),
		"property name alone":     ready([]byte("\x0BSocket-Type")),
		"property size cut":       ready([]byte("\x0BSocket-Type\x00\x00")),
		"property value cut":      ready([]byte("\x0BSocket-Type\x00\x00\x00\xFFDEALER")),
		"property value forged":   ready([]byte("\x0BSocket-Type\xFF\xFF\xFF\xFFDEALER")),
		"no property name":        ready([]byte("\x00\x00\x00\x00\x00"), dealer),
		"one byte":                ready([]byte("\x01")),
		"no socket type":          ready(),
		"unknown socket type":     ready(property("Socket-Type", "TOASTER")),
		"incompatible":            ready(property("Socket-Type", "PUSH")),
		"identity too long":       ready(dealer, property("Identity", strings.Repeat("i", 300))),
		"ready of too many bytes": ready(dealer, property("X-Much", strings.Repeat("x", 20000))),
	} {
		t.Run(name, func(t *testing.T) {
			p := connect(t, s, wire.Shell)
			p.send(bytes)
			p.wantClosed()
		})
	}
	wantServed(t, s)
}

// Defect 4: PING is answered by PONG with its context, and is no message.
func TestPing(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	for _, ch := range allChannels {
		p := connect(t, s, ch).open(peerKind(ch), "")
		for _, context := range []string{"", "ctx", "sixteen bytes ok"} {
			p.send(command("PING", append([]byte{0, 100}, context...)))
			if flags, body := p.frame(); flags != 4 || string(body) != "\x04PONG"+context {
				t.Errorf("%s: PING %q got %d %q", ch, context, flags, body)
			}
		}
		p.send(command("PONG", nil), command("NEWS", []byte("of tomorrow"))) // ignored
		p.send(command("PING", []byte{0}))
		p.wantClosed()
	}
}

// A front end that looks whether a port is up leaves no trace in the log.
func TestProbeIsSilent(t *testing.T) {
	var log logBuffer
	s := listen(t, connection(t, "tcp"), wire.Options{Logger: log.logger()})
	go serveEcho(s)
	var probes []string // as the log would name them
	for range 20 {
		for _, ch := range allChannels {
			network, address := s.Connection().Address(ch)
			conn, err := net.Dial(network, address)
			if err != nil {
				t.Fatal(err)
			}
			probes = append(probes, "socket="+string(ch)+" peer="+conn.LocalAddr().String()+" ")
			conn.Close()
		}
	}
	wantServed(t, s) // the probes came before, on the same listeners
	s.Close(testContext(t))
	for line := range strings.SplitSeq(log.String(), "\n") {
		logged := func(probe string) bool { return strings.Contains(line, probe) }
		if strings.Contains(line, "level=WARN") || slices.ContainsFunc(probes, logged) {
			t.Errorf("log has %q", line)
		}
	}
}

// The number of peers is bounded, and strangers cannot keep out who comes later.
func TestTooManyPeers(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{MaxPeers: 4})
	go serveEcho(s)
	client := dial(t, s)
	if _, err := client.Request(testContext(t), wire.Shell, "echo_request", nil); err != nil {
		t.Fatal(err)
	}
	first := connect(t, s, wire.Shell)
	for range 20 {
		connect(t, s, wire.Shell).open("DEALER", "")
	}
	first.wantClosed()
	wantServed(t, s)
	if _, err := client.Request(testContext(t), wire.Shell, "echo_request", nil); err != nil {
		t.Errorf("a client that was served has lost its place: %v", err)
	}
}
