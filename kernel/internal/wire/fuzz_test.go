package wire_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/wire"
)

// FuzzConnection: no connection file may panic, or put its key into an error.
func FuzzConnection(f *testing.F) {
	for _, file := range connectionFiles() {
		f.Add([]byte(file.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := wire.ParseConnection(text)
		if err != nil {
			key := string(c.Key)
			named := c.Transport + c.IP + c.SignatureScheme // what errors may quote
			if len(key) > 8 && strings.Contains(err.Error(), key) && !strings.Contains(named, key) {
				t.Errorf("the key is in the error %v", err)
			}
			return
		}
		for _, ch := range allChannels {
			if _, address := c.Address(ch); address == "" {
				t.Errorf("%s has no address", ch)
			}
		}
	})
}

// FuzzMessage: no frames may panic the decoder; what it takes has objects where objects are due. Frames are
// separated by newlines; with no key, everything reaches the JSON.
func FuzzMessage(f *testing.F) {
	for _, frames := range badMessages() {
		f.Add(bytes.Join(frames, []byte("\n")))
	}
	f.Add(bytes.Join(signed("secret", header("good"), "{}", "{}", "{}"), []byte("\n")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, key := range []wire.Key{"", "secret"} {
			codec, err := wire.NewCodec(wire.Connection{Key: key}, "u")
			if err != nil {
				t.Fatal(err)
			}
			m, err := codec.Decode(bytes.Split(raw, []byte("\n")))
			if err != nil {
				continue
			}
			for _, part := range [][]byte{m.Header.Raw, m.Parent, m.Metadata, m.Content} {
				if trimmed := bytes.TrimSpace(part); len(trimmed) == 0 || trimmed[0] != '{' {
					t.Errorf("%q was taken as an object", part)
				}
			}
			if _, _, err := codec.Encode(wire.Outgoing{Type: "x", Parent: &m.Header, Metadata: m.Metadata, Content: m.Content}); err != nil {
				t.Errorf("what was decoded cannot be encoded: %v", err)
			}
		}
	})
}

// wireBytes are what a peer may send, from the first byte of its greeting.
func wireBytes() [][]byte {
	ready := func(kind string) []byte {
		return append(greeting(), command("READY", property("Socket-Type", kind))...)
	}
	return [][]byte{
		nil,
		greeting(),
		ready("DEALER"),
		append(ready("DEALER"), message(signed("secret", header("1"), "{}", "{}", "{}")...)...),
		append(ready("DEALER"), message([]byte("a"), []byte{}, make([]byte, 300))...),
		append(ready("DEALER"), longHeader(1, 1<<62)...),
		append(ready("DEALER"), longHeader(0, 1<<20)...),
		append(ready("DEALER"), bytes.Repeat(frame(1, nil), 100)...),
		append(ready("DEALER"), command("PING", []byte{0, 1, 'x'})...),
		append(ready("DEALER"), append(frame(1, nil), command("PING", []byte{0, 0})...)...),
		append(ready("SUB"), message([]byte("\x01a"))...),
		append(ready("SUB"), command("SUBSCRIBE", []byte("a"))...),
		append(ready("SUB"), command("CANCEL", []byte("a"))...),
		append(ready("SUB"), command("ERROR", []byte("a"))...),
		ready("TOASTER"),
		append(greeting(), command("READY", []byte("\xFF"))...),
	}
}

// FuzzFrames: whatever bytes a peer sends, the server lives and its connection ends or is served. It is run
// on a router and on the publisher, over real connections.
func FuzzFrames(f *testing.F) {
	for _, b := range wireBytes() {
		f.Add(b)
	}
	s := listen(f, connection(f, "ipc"), wire.Options{MaxFirstMessage: 1 << 20, MaxFrames: 64, Handshake: time.Second})
	go serveEcho(s)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, ch := range []wire.Channel{wire.Shell, wire.IOPub} {
			network, address := s.Connection().Address(ch)
			conn, err := net.Dial(network, address)
			if err != nil {
				t.Fatal(err)
			}
			conn.SetDeadline(time.Now().Add(within))
			conn.Write(raw) // fails once the server has seen enough
			conn.(*net.UnixConn).CloseWrite()
			if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("the connection neither ends nor is served: %v", err)
			}
			conn.Close()
		}
	})
}
