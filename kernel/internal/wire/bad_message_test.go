package wire_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/wire"
)

// signed returns the frames of a message whose parts are given as text, signed here and not by the codec.
func signed(key string, parts ...string) [][]byte {
	mac := hmac.New(sha256.New, []byte(key))
	frames := [][]byte{[]byte("<IDS|MSG>"), nil}
	for _, p := range parts {
		mac.Write([]byte(p))
		frames = append(frames, []byte(p))
	}
	frames[1] = []byte(hex.EncodeToString(mac.Sum(nil)))
	return frames
}

func header(id string) string {
	return fmt.Sprintf(`{"msg_id":%q,"session":"s","username":"u","date":"2026-01-02T03:04:05.000006Z","msg_type":"echo_request","version":"5.3","later":[1]}`, id)
}

// badMessages are dropped and leave the connection as it is.
func badMessages() map[string][][]byte {
	good := signed("secret", header("bad"), "{}", "{}", "{}")
	change := func(i int, to string) [][]byte {
		frames := slices.Clone(good)
		frames[i] = []byte(to)
		return frames
	}
	return map[string][][]byte{
		"no delimiter":        {[]byte("a"), []byte("b")},
		"one empty frame":     {{}},
		"delimiter alone":     good[:1],
		"content missing":     good[:5],
		"unsigned":            change(1, ""),
		"wrong signature":     change(1, strings.Repeat("0", 64)),
		"short signature":     change(1, string(good[1][:10])),
		"other key":           signed("guess", header("bad"), "{}", "{}", "{}"),
		"changed header":      change(2, header("other")),
		"changed content":     change(5, `{"code":"os.Exit(1)"}`),
		"header not JSON":     signed("secret", "{", "{}", "{}", "{}"),
		"header a list":       signed("secret", "[]", "{}", "{}", "{}"),
		"header null":         signed("secret", "null", "{}", "{}", "{}"),
		"msg_id a number":     signed("secret", `{"msg_id":1,"msg_type":"x"}`, "{}", "{}", "{}"),
		"no msg_type":         signed("secret", `{"msg_id":"1"}`, "{}", "{}", "{}"),
		"parent a string":     signed("secret", header("bad"), `"x"`, "{}", "{}"),
		"metadata a list":     signed("secret", header("bad"), "{}", "[]", "{}"),
		"content not JSON":    signed("secret", header("bad"), "{}", "{}", `{"code":`),
		"content NaN":         signed("secret", header("bad"), "{}", "{}", `{"x":NaN}`),
		"content deep":        signed("secret", header("bad"), "{}", "{}", `{"x":`+strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+"}"),
		"all parts empty":     signed("secret", "", "", "", ""),
		"zero bytes for JSON": signed("secret", "\x00", "\x00", "\x00", "\x00"),
	}
}

func TestBadMessageIsDropped(t *testing.T) {
	for name, frames := range badMessages() {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			s := listen(t, connection(t, "tcp"), wire.Options{Logger: log.logger()})
			for _, ch := range []wire.Channel{wire.Shell, wire.Control, wire.Stdin} {
				p := connect(t, s, ch).open("DEALER", "")
				p.send(message(frames...), message(signed("secret", header("good "+string(ch)), "{}", "{}", "{}")...))
				requests := map[wire.Channel]<-chan *wire.Request{wire.Shell: s.Shell(), wire.Control: s.Control(), wire.Stdin: s.Stdin()}[ch]
				select {
				case req := <-requests:
					if req.Header.MsgID != "good "+string(ch) {
						t.Errorf("%s: the bad message came through as %q", ch, req.Header.MsgID)
					}
				case <-time.After(within):
					t.Fatalf("%s: the good message did not come after the bad one", ch)
				}
			}
			if n := strings.Count(log.String(), "message dropped"); n != 3 {
				t.Errorf("%d lines of log say so, want 3:\n%s", n, &log)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("the key is in the log:\n%s", &log)
			}
		})
	}
}

// A replay is refused on every socket, and what was refused as forged does not use up the memory for it.
func TestReplay(t *testing.T) {
	var log logBuffer
	s := listen(t, connection(t, "tcp"), wire.Options{Logger: log.logger()})
	frames := signed("secret", header("once"), "{}", "{}", "{}")
	p := connect(t, s, wire.Shell).open("DEALER", "")
	forged := slices.Clone(frames)
	forged[2] = []byte(header("forged"))
	p.send(message(forged...), message(frames...), message(frames...))
	if req := take(t, s.Shell()); req.Header.MsgID != "once" {
		t.Errorf("got %q", req.Header.MsgID)
	}
	q := connect(t, s, wire.Control).open("DEALER", "")
	q.send(message(frames...), message(signed("secret", header("other"), "{}", "{}", "{}")...))
	if req := take(t, s.Control()); req.Header.MsgID != "other" {
		t.Errorf("the replay came through as %q", req.Header.MsgID)
	}
	p.send(message(signed("secret", header("last"), "{}", "{}", "{}")...))
	if req := take(t, s.Shell()); req.Header.MsgID != "last" {
		t.Errorf("the replay came through as %q", req.Header.MsgID)
	}
	if n := strings.Count(log.String(), "came before"); n != 2 {
		t.Errorf("%d replays in the log, want 2:\n%s", n, &log)
	}
}

// Who has no key can read what the kernel signs for IOPub, and send it back: that neither comes through nor proves anything.
func TestReflection(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		var log logBuffer
		s := listen(t, connection(t, transport), wire.Options{Logger: log.logger(), MaxFirstMessage: 1 << 20})
		stranger := connect(t, s, wire.IOPub).open("SUB", "")
		stranger.send(message([]byte("\x01")))
		welcome := stranger.message()
		for ch, requests := range map[wire.Channel]<-chan *wire.Request{wire.Shell: s.Shell(), wire.Control: s.Control(), wire.Stdin: s.Stdin()} {
			p := connect(t, s, ch).open("DEALER", "")
			p.send(message(welcome...))
			for _, kind := range []string{"comm_open", "comm_msg", "comm_close", "shutdown_reply"} {
				if err := s.Publish(nil, kind, map[string]any{"comm_id": "a"}, nil); err != nil {
					t.Fatal(err)
				}
				p.send(message(stranger.message()...))
			}
			client := connect(t, s, ch).open("DEALER", "")
			p.send(longHeader(0, 2<<20), []byte("x")) // more than a peer may send that has proven nothing
			p.wantClosed()
			client.send(message(signed("secret", header("good "+string(ch)), "{}", "{}", "{}")...))
			if req := take(t, requests); req.Header.MsgID != "good "+string(ch) {
				t.Errorf("%s, %s: the kernel took its own %s", transport, ch, req.Header.MsgType)
			}
		}
		// The welcome is sent three times: it comes as a replay, too.
		if n := strings.Count(log.String(), "own message was sent back"); n != 1+3*4 {
			t.Errorf("%d of 13 reflections are in the log:\n%s", n, &log)
		}
	}
}

// Junk cannot fill the log.
func TestLogIsBounded(t *testing.T) {
	var log logBuffer
	s := listen(t, connection(t, "tcp"), wire.Options{Logger: log.logger()})
	p := connect(t, s, wire.Shell).open("DEALER", "")
	p.send(bytes.Repeat(message([]byte("junk")), 10000), message(signed("secret", header("end"), "{}", "{}", "{}")...))
	take(t, s.Shell())
	if n := strings.Count(log.String(), "\n"); n > 30 {
		t.Errorf("10,000 bad messages made %d lines of log", n)
	}
}

// The reply carries the request's header byte for byte, objects where objects are due, and Jupyter's date.
func TestReplyShape(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	p := connect(t, s, wire.Shell).open("DEALER", "")
	odd := `{ "msg_type":"echo_request","msg_id":"é", "session":"s", "unknown":{"a": [1,2.50]} }`
	frames := signed("secret", odd, "", "null", "{}")
	p.send(message(append([][]byte{[]byte("id one"), []byte("id two")}, append(frames, []byte("buffer"))...)...))
	req := take(t, s.Shell())
	if string(req.Buffers[0]) != "buffer" || string(req.Metadata) != "{}" || string(req.Parent) != "{}" {
		t.Errorf("buffers %q, metadata %s, parent %s", req.Buffers, req.Metadata, req.Parent)
	}
	if err := req.ReplyMeta("echo_reply", map[string]any(nil), json.RawMessage(nil), []byte{0, 1}, []byte{}); err != nil {
		t.Fatal(err)
	}
	got := p.message()
	if len(got) != 10 || string(got[0]) != "id one" || string(got[1]) != "id two" || string(got[2]) != "<IDS|MSG>" {
		t.Fatalf("frames %q", got)
	}
	if want := signed("secret", string(got[4]), string(got[5]), string(got[6]), string(got[7])); string(want[1]) != string(got[3]) {
		t.Errorf("signature %s, want %s", got[3], want[1])
	}
	if string(got[5]) != odd {
		t.Errorf("parent header %s, want %s", got[5], odd)
	}
	if string(got[6]) != "{}" || string(got[7]) != "{}" || string(got[8]) != "\x00\x01" || len(got[9]) != 0 {
		t.Errorf("metadata, content, buffers: %q", got[6:])
	}
	var h wire.Header
	if err := json.Unmarshal(got[4], &h); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000000Z", h.Date); err != nil {
		t.Error(err)
	}
	if h.Session != s.Session() || h.MsgType != "echo_reply" || h.Version != "5.5" || h.MsgID == "" {
		t.Errorf("header %s", got[4])
	}
	if err := req.Reply("x", []int{1}); err == nil {
		t.Error("a list was sent as content")
	}
	if err := req.Reply("x", json.RawMessage(nil)); err != nil {
		t.Error(err)
	}
}
