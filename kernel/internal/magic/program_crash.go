package magic

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"

	"interleave/kernel/internal/session"
)

const (
	// crashPause is how long text that looks like the start of a crash is held back without stacks behind it.
	crashPause = 300 * time.Millisecond
	// crashLimit is how much of a crash is kept: the stacks of some 100 000 goroutines.
	crashLimit = 16 << 20
)

// crashSigns begin the lines with which the Go runtime announces that a program dies.
var crashSigns = []string{"panic: ", "fatal error: ", "SIGQUIT: quit", "SIGABRT: abort", "SIGSEGV: ", "SIGBUS: ", "SIGTRAP: ", "unexpected fault address ", "runtime: goroutine stack exceeds", "runtime: out of memory"}

// stackSign begins the first line of a goroutine's stack, which stackStart is; labels stand at its end from Go 1.27 on.
const stackSign = "goroutine "

var stackStart = regexp.MustCompile(`^goroutine \d+ .*\[.+\](?: \{.*\})?:$`)

// crashFilter passes a program's standard error on as it comes, but keeps the text of a crash back, to be shown in
// cell lines. It may be wrong about a line: what is followed by no stacks is passed on after a pause.
type crashFilter struct {
	out session.Output

	mu    sync.Mutex
	held  []byte // begins at the start of a line
	sure  bool   // held begins with a sign, and is not only a part of one
	cut   bool   // the end of a crash was dropped
	inner bool   // what was passed on last did not end a line
	begun bool   // a sign was passed on, without the stacks: they may take long when there are many
	timer *time.Timer
}

// Write implements io.Writer.
func (f *crashFilter) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = append(f.held, b...)
	f.sort()
	if len(f.held) > 0 {
		if f.timer == nil {
			f.timer = time.AfterFunc(crashPause, f.tired)
		} else {
			f.timer.Reset(crashPause)
		}
	}
	if len(f.held) > crashLimit {
		f.held, f.cut = f.held[:crashLimit], true
	}
	return len(b), nil
}

// sort passes on what is not the text of a crash.
func (f *crashFilter) sort() {
	for !f.sure && len(f.held) > 0 {
		if !f.inner {
			sign, part := crashSign(f.held)
			if f.begun && !sign && bytes.HasPrefix(f.held, []byte(stackSign)) {
				end := bytes.IndexByte(f.held, '\n')
				sign, part = end >= 0 && stackStart.Match(f.held[:end]), end < 0
			}
			f.sure = sign
			if sign || part {
				return
			}
		}
		n := len(f.held)
		if i := bytes.IndexByte(f.held, '\n'); i >= 0 {
			n = i + 1
		}
		f.pass(n)
	}
}

func (f *crashFilter) pass(n int) {
	if n > 0 {
		f.out.Stream("stderr", f.held[:n])
		f.inner = f.held[n-1] != '\n'
		f.held = append([]byte(nil), f.held[n:]...)
	}
}

// crashSign reports whether text begins with a sign, or is the beginning of one.
func crashSign(text []byte) (sign, part bool) {
	for _, s := range crashSigns {
		if bytes.HasPrefix(text, []byte(s)) {
			return true, false
		}
		if strings.HasPrefix(s, string(text)) {
			part = true
		}
	}
	return false, part
}

// tired passes on text that has turned out to be no crash.
func (f *crashFilter) tired() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !bytes.HasPrefix(f.held, []byte(stackSign)) && !bytes.Contains(f.held, []byte("\n"+stackSign)) {
		f.begun = f.begun || f.sure
		f.pass(len(f.held))
		f.sure = false
	}
}

// finish returns the text of the crash, when the program has ended; "" when there was none.
func (f *crashFilter) finish() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	if !f.sure {
		f.pass(len(f.held))
		return ""
	}
	crash := string(f.held)
	f.held, f.sure = nil, false
	return crash
}
