package worker

import (
	"bytes"
	"slices"
	"time"
)

// The runtime writes the text of a crash to stderr and, from some point on, also to the crash pipe, which
// says without doubt that it is one. Its first words ("fatal error: ...") it writes to stderr alone, some
// milliseconds earlier, because it stops the other threads in between. So what comes by stderr is held for a
// moment before it is handed on, longer when it looks like the beginning of a crash, and when the crash pipe
// speaks, the crash is cut out of it.
const (
	holdTime  = 10 * time.Millisecond // stderr is held this long, at most twice
	crashGap  = 50 * time.Millisecond // what a drain waits for the crash pipe after suspicious words
	doubtTime = 200 * time.Millisecond
	heldMost  = 1 << 20
	crashMost = 4 << 20 // more of a crash, such as 10,000 stacks, is dropped
)

// held is stderr on its way, in two halves: old is handed on when new has been filled for holdTime.
type held struct {
	old, new []byte
	since    time.Time // new's first byte, or the last turn
	doubted  time.Time // when old was first seen to look like a crash
	early    []byte    // written before the worker was ready

	crashing bool
	crash    []byte // what came by the crash pipe
	cut      bool   // some of it was dropped
}

func (h *held) full() bool { return !h.crashing && len(h.new) >= heldMost }

// room returns where up to n bytes may be read to; add takes them.
func (h *held) room(n int) []byte {
	h.new = slices.Grow(h.new, n)
	return h.new[len(h.new) : len(h.new)+n]
}

func (h *held) add(n int, now time.Time) {
	if len(h.new) == 0 && len(h.old) == 0 {
		h.since = now
	}
	if h.crashing && len(h.new)+n > 2*crashMost {
		return // the process is ending, and what it says is too long
	}
	h.new = h.new[:len(h.new)+n]
}

func (h *held) crashRoom(n int) []byte {
	h.crash = slices.Grow(h.crash, n)
	return h.crash[len(h.crash) : len(h.crash)+n]
}

func (h *held) addCrash(n int) {
	h.crashing = true
	if len(h.crash)+n > crashMost {
		h.cut = true
		return
	}
	h.crash = h.crash[:len(h.crash)+n]
}

// due returns when turn is to be called next.
func (h *held) due() (time.Time, bool) {
	if h.crashing || len(h.old)+len(h.new) == 0 {
		return time.Time{}, false
	}
	return h.since.Add(holdTime), true
}

// turn hands on what has been held long enough.
func (h *held) turn(now time.Time, give func([]byte)) {
	h.since = now
	if i := crashStart(h.old); i >= 0 {
		if h.doubted.IsZero() {
			h.doubted = now
		}
		if now.Sub(h.doubted) < doubtTime {
			if i > 0 {
				give(h.old[:i])
				h.old = append(h.old[:0], h.old[i:]...)
			}
			return
		}
	}
	h.doubted = time.Time{}
	if len(h.old) > 0 {
		give(h.old)
	}
	h.old, h.new = h.new, h.old[:0]
}

// suspicious reports whether what is held looks like the beginning of a crash.
func (h *held) suspicious() bool {
	return !h.crashing && (crashStart(h.old) >= 0 || crashStart(h.new) >= 0)
}

// flush hands everything on, unless the worker is crashing.
func (h *held) flush(give func([]byte)) {
	if h.crashing {
		return
	}
	h.doubted = time.Time{}
	for _, b := range [][]byte{h.old, h.new} {
		if len(b) > 0 {
			give(b)
		}
	}
	h.old, h.new = h.old[:0], h.new[:0]
}

// last separates, after the worker's end, the crash from what the program wrote to stderr itself.
func (h *held) last() (crash, text []byte) {
	text = append(h.old, h.new...)
	if !h.crashing {
		return nil, text
	}
	return cutCrash(h.crash, text)
}

// crashStarts are the first words of the runtime's crash texts, at the start of a line.
var crashStarts = [][]byte{
	[]byte("panic: "), []byte("fatal error: "), []byte("runtime: "), []byte("SIG"), []byte("unexpected fault address "),
	[]byte("[signal "), []byte("goroutine "), []byte("runtime/cgo: "),
}

// crashStart returns where a line begins that may begin a crash, or -1.
func crashStart(b []byte) int {
	for at := 0; at < len(b); {
		if startsCrash(b[at:]) {
			return at
		}
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return -1
}

// startsCrash also takes the beginning of such words: the runtime writes them piece by piece.
func startsCrash(line []byte) bool {
	for _, s := range crashStarts {
		if n := min(len(s), len(line)); n > 0 && bytes.Equal(line[:n], s[:n]) {
			return true
		}
	}
	return false
}

// cutCrash takes what came by the crash pipe and what came by stderr since shortly before, and returns the
// whole crash, the words that stderr alone has included, and the program's own text.
func cutCrash(crash, text []byte) (whole, own []byte) {
	at := bytes.Index(text, crash)
	if at < 0 || len(crash) == 0 {
		return crash, cutLines(crash, text)
	}
	begin := preamble(crash, text[:at])
	whole = slices.Concat(text[begin:at], crash)
	return whole, slices.Concat(text[:begin], text[at+len(crash):])
}

// preamble returns where in the text before a crash the crash's first words begin, its length when there are
// none. A panic's are on the crash pipe; those of a fatal error are not.
func preamble(crash, before []byte) int {
	if startsWithPanic(crash) {
		return len(before)
	}
	fatal := []byte("fatal error: ")
	begin := bytes.LastIndex(before, append([]byte("\n"), fatal...)) + 1
	if begin == 0 && !bytes.HasPrefix(before, fatal) {
		return len(before)
	}
	for begin > 0 {
		previous := bytes.LastIndexByte(before[:begin-1], '\n') + 1
		line := before[previous:begin]
		if !startsCrash(line) && line[0] != '\t' {
			break
		}
		begin = previous
	}
	return begin
}

func startsWithPanic(crash []byte) bool {
	crash = bytes.TrimLeft(crash, "\t\n")
	return bytes.HasPrefix(crash, []byte("panic: ")) || bytes.HasPrefix(crash, []byte("fatal error: "))
}

// cutLines removes the lines of crash from text where other threads wrote in between: each line once, in
// order.
func cutLines(crash, text []byte) []byte {
	for line := range bytes.Lines(crash) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if i := bytes.Index(text, line); i >= 0 {
			text = slices.Concat(text[:i], text[i+len(line):])
		}
	}
	return text
}
