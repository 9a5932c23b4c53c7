package frame

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"testing"

	"interleave/kernel/internal/events"
)

// streams are what may come down a pipe, and the frames that are read before it ends or breaks.
var streams = []struct {
	name string
	in   string
	ops  []string
	err  error // of Read; nil means that the stream ends between two frames
}{
	{"nothing", "", nil, nil},
	{"one", "\x00\x00\x00\x0d{\"op\":\"ping\"}", []string{"ping"}, nil},
	{"two", "\x00\x00\x00\x0c{\"op\":\"run\"}\x00\x00\x00\x0d{\"op\":\"done\"}", []string{"run", "done"}, nil},
	{"half a length", "\x00\x00", nil, io.ErrUnexpectedEOF},
	{"half a document", "\x00\x00\x00\x0d{\"op\":", nil, io.ErrUnexpectedEOF},
	{"only a length", "\x00\x00\x00\x0d", nil, io.ErrUnexpectedEOF},
	{"forged length", "\xff\xff\xff\xff{}", nil, ErrTooLarge},
	{"longest length, nothing behind it", "\x10\x00\x00\x00{}", nil, io.ErrUnexpectedEOF},
	{"no JSON", "\x00\x00\x00\x02{{", nil, errAny},
	{"empty document", "\x00\x00\x00\x00", nil, errAny},
	{"another type", "\x00\x00\x00\x08{\"op\":1}", nil, errAny},
}

var errAny = errors.New("any")

func TestRead(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			r := bytes.NewReader([]byte(s.in))
			var ops []string
			var err error
			for {
				var c Command
				if err = Read(r, &c); err != nil {
					break
				}
				ops = append(ops, c.Op)
			}
			check(t, ops, s.ops)
			switch {
			case s.err == nil && err != io.EOF, s.err == errAny && errors.Is(err, io.EOF):
				t.Errorf("error is %v", err)
			case s.err != nil && s.err != errAny && !errors.Is(err, s.err):
				t.Errorf("error is %v, want %v", err, s.err)
			}
		})
	}
}

// The decoder gives the same frames whatever pieces the bytes come in.
func TestDecoder(t *testing.T) {
	for _, s := range streams {
		for _, piece := range []int{1, 3, 1000} {
			ops, err := decodeIn(s.in, piece)
			check(t, ops, s.ops)
			if wrong := s.err == ErrTooLarge || s.err == errAny; wrong != (err != nil) {
				t.Errorf("%s in pieces of %d: %v", s.name, piece, err)
			}
		}
	}
}

func decodeIn(in string, piece int) (ops []string, err error) {
	var d Decoder
	for len(in) > 0 {
		n := min(piece, len(in))
		d.Feed([]byte(in[:n]))
		in = in[n:]
		for {
			var c Command
			ok, err := d.Next(&c)
			if err != nil {
				return ops, err
			}
			if !ok {
				break
			}
			ops = append(ops, c.Op)
		}
	}
	return ops, nil
}

func check(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %q, want %q", got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMarshal(t *testing.T) {
	b, err := Marshal(Report[any]{Op: Emit, Event: &events.Event[any]{Bundle: events.Bundle[any]{Data: map[string]any{
		"text/html": "<b>&", "image/png": []byte{1, 2}, "application/json": json.RawMessage(`{"a":1}`),
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("<b>&")) {
		t.Errorf("HTML is escaped: %s", b)
	}
	var r Report[json.RawMessage]
	if err := Read(bytes.NewReader(b), &r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"text/html": `"<b>&"`, "image/png": `"AQI="`, "application/json": `{"a":1}`} {
		if got := string(r.Event.Data[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for _, v := range []any{math.NaN(), func() {}, make(chan int)} {
		if _, err := Marshal(map[string]any{"v": v}); err == nil {
			t.Errorf("%T was taken", v)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, s := range streams {
		f.Add(s.in, 2)
	}
	f.Fuzz(func(t *testing.T, in string, piece int) {
		piece = max(1, min(piece, 1<<20))
		whole, err1 := decodeIn(in, max(1, len(in)))
		parts, err2 := decodeIn(in, piece)
		check(t, parts, whole)
		var read []string // as a child reads its replies
		for r := bytes.NewReader([]byte(in)); ; {
			var c Command
			if Read(r, &c) != nil {
				break
			}
			read = append(read, c.Op)
		}
		check(t, read, whole)
		if (err1 == nil) != (err2 == nil) {
			t.Errorf("%v in one piece, %v in pieces", err1, err2)
		}
	})
}
