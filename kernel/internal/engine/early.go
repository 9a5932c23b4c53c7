package engine

import (
	"strings"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/magic"
)

// What ends the trouble that keeps a kernel from compiling must not wait for a kernel that can: taking a module out by %get, asking for
// help, looking around with the shell. A cell of nothing but such commands runs while the base library is being built, and when it
// could not be.

// earlyPatience is how long such a cell waits for the kernel to open nevertheless, which takes no time when nothing has to be built.
const earlyPatience = 3 * time.Second

// early tells whether a cell is to be run before the kernel is open.
func (r *run) early(directives []cell.Directive, code string) bool {
	for i, d := range directives {
		switch {
		case !magic.Early(d):
			return false
		case d.Mark == "%%":
			return i == len(directives)-1 && !r.opens()
		}
	}
	return len(directives) > 0 && strings.TrimSpace(code) == "" && !r.opens()
}

// opens waits a little for the kernel to be open.
func (r *run) opens() bool {
	select {
	case <-r.e.openedNow():
	case <-time.After(earlyPatience):
	case <-r.interrupt:
	}
	return r.e.isOpen()
}

// reopen opens the kernel again if that has failed.
func (e *Engine) reopen() bool {
	select {
	case <-e.openedNow():
	default:
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.openErr == nil || e.closed {
		return false
	}
	e.opened, e.openErr, e.openTold = make(chan struct{}), nil, false
	go e.open()
	return true
}

func (e *Engine) openedNow() chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opened
}
