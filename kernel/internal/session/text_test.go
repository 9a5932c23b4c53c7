package session

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStreamLimit(t *testing.T) {
	const notice = "\n[output cut: this cell printed more than 10 bytes; what follows is counted, not shown]\n"
	tests := map[string]struct {
		limit  int64
		writes []string
		want   string
		stderr string
	}{
		"within":             {10, []string{"0123", "456789"}, "0123456789", ""},
		"one more":           {10, []string{"0123456789", "a"}, "0123456789", notice + "[output cut: 1 byte not shown]\n"},
		"in one write":       {10, []string{"0123456789abc"}, "0123456789", notice + "[output cut: 3 bytes not shown]\n"},
		"counted to the end": {10, []string{"0123456789a", strings.Repeat("b", 30_000_000), "c"}, "0123456789", notice + "[output cut: 30.0 MB not shown]\n"},
		"inside a rune":      {10, []string{"012345678€"}, "012345678", notice + "[output cut: 3 bytes not shown]\n"},
		"no limit":           {-1, []string{strings.Repeat("b", 100)}, strings.Repeat("b", 100), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := showing(func(out Output) {
				for _, s := range test.writes {
					write(out, "stdout", s)
				}
			})
			bubble(t, e, Options{StreamLimit: test.limit}, func(h *harness) {
				id := h.cell("x")
				h.settle()
				stdout, _ := h.streams("stdout")
				stderr, _ := h.streams("stderr")
				if stdout != test.want || stderr != test.stderr {
					t.Errorf("got %q and %q, want %q and %q", stdout, stderr, test.want, test.stderr)
				}
				if h.reply(id).fields["status"] != "ok" {
					t.Error("the cell failed")
				}
				h.forget()
				h.cell("y") // has a limit of its own
				h.settle()
				if again, _ := h.streams("stdout"); again != test.want {
					t.Errorf("the next cell shows %q", again)
				}
			})
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("aé€😀z"), 1, int64(-1))
	f.Add([]byte("\xff\xc3\xa9\xe2\x82"), 2, int64(3))
	f.Fuzz(func(t *testing.T, b []byte, step int, limit int64) {
		tx := text{limit: limit, name: "stdout"}
		var whole []byte
		for rest := b; len(rest) > 0; {
			n := min(max(step, 1), len(rest))
			tx.add(rest[:n])
			if !utf8.Valid(tx.ready) {
				t.Fatalf("invalid text %q", tx.ready)
			}
			whole, tx.ready = append(whole, tx.ready...), nil
			rest = rest[n:]
		}
		for _, s := range tx.rest() {
			whole = append(whole, s...)
		}
		if limit < 0 && utf8.Valid(b) && !bytes.Equal(whole, b) {
			t.Fatalf("got %q of %q", whole, b)
		}
		if limit >= 0 && tx.shown > limit {
			t.Fatalf("%d bytes shown, the limit is %d", tx.shown, limit)
		}
	})
}

// BenchmarkStream prints 200 MB in pieces of 8 KiB: with the default limit, and with none.
func BenchmarkStream(b *testing.B) {
	for name, limit := range map[string]int64{"limit=20MB": DefaultStreamLimit, "limit=none": -1} {
		b.Run(name, func(b *testing.B) {
			piece := []byte(strings.Repeat("the quick brown fox jumps over 12 lazy dogs\n", 8192/44))
			b.SetBytes(200_000_000)
			b.ReportAllocs()
			for b.Loop() {
				o := newOutput(limit, 1, func(msgType string, content any) {
					if _, err := message(msgType, content, nil); err != nil {
						b.Fatal(err)
					}
				})
				for n := 0; n < 200_000_000; n += len(piece) {
					o.Stream("stdout", piece)
				}
				o.end()
			}
		})
	}
}
