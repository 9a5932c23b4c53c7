package wire

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// TestWrongClock decodes messages whose dates lie in other centuries, or are none: the clock of another machine, or a
// wrong one of this machine, decides nothing. Replays are known by their signatures.
func TestWrongClock(t *testing.T) {
	sender, err := NewCodec(Connection{Key: "k", SignatureScheme: "hmac-sha256"}, "u")
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := NewCodec(Connection{Key: "k", SignatureScheme: "hmac-sha256"}, "u")
	if err != nil {
		t.Fatal(err)
	}
	for _, date := range []string{"1901-01-01T00:00:00Z", "2999-12-31T23:59:59.999999Z", "yesterday", ""} {
		frames, id, err := sender.Encode(Outgoing{Type: "kernel_info_request"})
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(frames[2], []byte(`"date":"`)) + len(`"date":"`)
		end := at + bytes.IndexByte(frames[2][at:], '"')
		frames[2] = bytes.Join([][]byte{frames[2][:at], []byte(date), frames[2][end:]}, nil)
		frames[1] = sender.sign.sum(frames[2], frames[3], frames[4], frames[5])
		m, err := receiver.Decode(frames)
		if err != nil || m.Header.MsgID != id || m.Header.Date != date {
			t.Errorf("date %q: %v, header %+v", date, err, m.Header)
		}
		if _, err := receiver.Decode(frames); err == nil {
			t.Errorf("date %q: the same message was taken twice", date)
		}
	}
}

// TestClockIsSet looks at how long a subscriber has read nothing: it is counted by the monotonic clock, so that a clock that is set
// meanwhile, or a machine that was asleep, neither ends a healthy subscriber nor keeps a stalled one.
func TestClockIsSet(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go io.Copy(io.Discard, theirs)
	p := &peer{guard: newGuard(ours, limits{}), full: true, fullSince: time.Now()}
	if _, since := p.fullness(); since != p.fullSince {
		t.Errorf("nothing was written, and it read last at %v, is full since %v", since, p.fullSince)
	}
	if _, err := p.guard.Write([]byte("a chunk")); err != nil {
		t.Fatal(err)
	}
	if err := p.guard.Flush(); err != nil {
		t.Fatal(err)
	}
	full, since := p.fullness()
	if !full || !since.After(p.fullSince) {
		t.Errorf("it read last at %v, is full since %v", since, p.fullSince)
	}
	if since == since.Round(0) { // which strips the reading of the monotonic clock
		t.Errorf("%v is of the clock that can be set", since)
	}
}
