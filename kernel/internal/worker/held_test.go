package worker

import (
	"strings"
	"testing"
	"time"
)

func TestCutCrash(t *testing.T) {
	const stack = "\ngoroutine 5 [running]:\nmain.f()\n\tIn[1]:2 +0x1\n"
	for _, c := range []struct{ name, crash, text, whole, own string }{
		{"panic", "panic: x\n" + stack, "mine\npanic: x\n" + stack, "panic: x\n" + stack, "mine\n"},
		{"fatal", stack, "mine\nfatal error: x\n" + stack, "fatal error: x\n" + stack, "mine\n"},
		{
			"stack overflow", stack, "mine\nruntime: goroutine stack exceeds\nruntime: sp=0\nfatal error: stack overflow\n" + stack,
			"runtime: goroutine stack exceeds\nruntime: sp=0\nfatal error: stack overflow\n" + stack, "mine\n",
		},
		{"deferred panic first", stack, "panic: a\n\tpanic: b\nfatal error: x\n" + stack, "panic: a\n\tpanic: b\nfatal error: x\n" + stack, ""},
		{"the program's own fatal error", "panic: x\n" + stack, "fatal error: mine\npanic: x\n" + stack, "panic: x\n" + stack, "fatal error: mine\n"},
		{"others write in between", "panic: x\n" + stack, "a\npanic: x\nb\n" + stack + "c\n", "panic: x\n" + stack, "a\nb\n\nc\n"},
		{"afterwards", "panic: x\n", "panic: x\nb\n", "panic: x\n", "b\n"},
		{"never on stderr", "panic: x\n", "b\n", "panic: x\n", "b\n"},
		{"nothing before", stack, stack, stack, ""},
	} {
		whole, own := cutCrash([]byte(c.crash), []byte(c.text))
		if string(whole) != c.whole || string(own) != c.own {
			t.Errorf("%s: got %q and %q", c.name, whole, own)
		}
	}
}

// What looks like a crash is held longer, and nothing is lost or changes its order.
func TestHeld(t *testing.T) {
	var h held
	var out strings.Builder
	give := func(b []byte) { out.Write(b) }
	now := time.Unix(0, 0)
	put := func(s string) { h.add(copy(h.room(len(s)), s), now) }
	turn := func(d time.Duration) { now = now.Add(d); h.turn(now, give) }
	want := func(s string) {
		t.Helper()
		if out.String() != s {
			t.Errorf("got %q, want %q", out.String(), s)
		}
	}
	put("a\n")
	turn(holdTime)
	want("")
	put("b\nfatal error: ")
	turn(holdTime)
	want("a\n")
	turn(holdTime)
	want("a\nb\n")
	put("c\n")
	turn(doubtTime / 2)
	want("a\nb\n")
	turn(doubtTime)
	want("a\nb\nfatal error: ")
	turn(holdTime)
	want("a\nb\nfatal error: c\n")
	put("pan") // the beginning of the word is enough
	if !h.suspicious() {
		t.Error("half a word is not suspicious")
	}
	h.flush(give)
	want("a\nb\nfatal error: c\npan")
	if _, ok := h.due(); ok {
		t.Error("something is left")
	}
}

func FuzzCutCrash(f *testing.F) {
	f.Add("panic: x\n", "a\npanic: x\n")
	f.Add("\ngoroutine", "runtime: a\n\tb\nfatal error: c\n\ngoroutine")
	f.Fuzz(func(t *testing.T, crash, text string) {
		whole, own := cutCrash([]byte(crash), []byte(text))
		if len(own) > len(text) || len(whole) < len(crash) {
			t.Errorf("%q and %q", whole, own)
		}
		crashStart([]byte(text))
	})
}
