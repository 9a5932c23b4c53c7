package magic

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"interleave/kernel/internal/session"
)

// heard keeps what a program said.
type heard struct {
	session.Output
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Stream(_ string, text []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func TestCrashFilter(t *testing.T) {
	const stacks = "\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:3\n"
	for name, tt := range map[string]struct{ text, passed, crash string }{
		"plain":            {"a\nb", "a\nb", ""},
		"panic":            {"before\npanic: x\n" + stacks, "before\n", "panic: x\n" + stacks},
		"inside of a line": {"no panic: x\nend\n", "no panic: x\nend\n", ""},
		"part of a sign":   {"pan\npanicky\n", "pan\npanicky\n", ""},
		"ends in a part":   {"x\npani", "x\npani", ""},
		"unfinished line":  {"prompt> fatal error: no\n", "prompt> fatal error: no\n", ""},
		"fatal":            {"fatal error: all goroutines are asleep - deadlock!\n" + stacks, "", "fatal error: all goroutines are asleep - deadlock!\n" + stacks},
	} {
		for size := 1; size <= len(tt.text); size += 3 {
			h := &heard{}
			f := &crashFilter{out: h}
			for text := tt.text; text != ""; {
				n := min(size, len(text))
				f.Write([]byte(text[:n]))
				text = text[n:]
			}
			if crash := f.finish(); crash != tt.crash || h.String() != tt.passed {
				t.Errorf("%s in pieces of %d: passed %q, crash %q", name, size, h.String(), crash)
			}
		}
	}
}

// TestCrashFilterWaits shows that text which only looks like a crash is not kept for long, and a crash is.
func TestCrashFilterWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		f := &crashFilter{out: h}
		f.Write([]byte("panic: said by the program itself\nmore\n"))
		if h.String() != "" {
			t.Errorf("passed on at once: %q", h)
		}
		time.Sleep(2 * crashPause)
		if !strings.HasSuffix(h.String(), "more\n") {
			t.Errorf("passed on %q", h)
		}
		f.Write([]byte("panic: x\n\ngoroutine 1 [running]:\n"))
		time.Sleep(2 * crashPause)
		if crash := f.finish(); !strings.HasPrefix(crash, "panic: x") {
			t.Errorf("crash %q", crash)
		}

		// The stacks of very many goroutines come long after the words before them.
		h = &heard{}
		f = &crashFilter{out: h}
		f.Write([]byte("fatal error: all goroutines are asleep - deadlock!\n\n"))
		time.Sleep(2 * crashPause)
		if h.String() != "fatal error: all goroutines are asleep - deadlock!\n\n" {
			t.Errorf("passed on %q", h)
		}
		f.Write([]byte("goroutine 1 "))
		f.Write([]byte("[chan receive] {job: 3}:\nmain.main()\n\t/In/0123456789ab:1 +0x1d\n"))
		time.Sleep(2 * crashPause)
		f.Write([]byte("\ngoroutine 7 [chan receive]:\nmain.f()\n"))
		if crash := f.finish(); !strings.HasPrefix(crash, "goroutine 1 [chan receive] {job: 3}:") || strings.Contains(h.String(), "goroutine 1") {
			t.Errorf("crash %q, passed on %q", crash, h)
		}
	})
}
