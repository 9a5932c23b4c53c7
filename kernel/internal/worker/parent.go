package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// parentPoll is how often a parent is looked for.
const parentPoll = 500 * time.Millisecond

// WatchParent calls gone once when parent, the process that started this one, has ended, or the one that Jupyter names
// in JPY_PARENT_PID, and returns; it also returns when ctx ends. It polls, because the kernel need not be
// the child of the process named there. A caller that was told its parent's number passes that and not
// os.Getppid(): the parent may have been killed before this process asked.
func WatchParent(ctx context.Context, parent int, gone func()) {
	jupyter, began := 0, uint64(0)
	if pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); err == nil && pid > 1 {
		// A number that means nothing here, as across containers, is no parent that has ended.
		if s, err := readStat(pid); err == nil {
			jupyter, began = pid, s.started
		}
	}
	tick := time.NewTicker(parentPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if os.Getppid() != parent {
			gone()
			return
		}
		if jupyter == 0 {
			continue
		}
		if s, err := readStat(jupyter); err != nil || s.state == 'Z' || s.started != began {
			gone()
			return
		}
	}
}

// stat is what this package reads in /proc/PID/stat.
type stat struct {
	state   byte
	parent  int
	exiting bool   // it has ended, or is about to, and gives its memory back
	started uint64 // in clock ticks after boot: tells a process from a later one of the same number
}

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(b)
}

var errStat = errors.New("malformed /proc/PID/stat")

func parseStat(b []byte) (stat, error) {
	// The name in parentheses may hold anything, parentheses too.
	i := bytes.LastIndexByte(b, ')')
	f := bytes.Fields(b[i+1:])
	if i < 0 || len(f) < 20 || len(f[0]) != 1 {
		return stat{}, errStat
	}
	parent, err1 := strconv.Atoi(string(f[1]))
	flags, err2 := strconv.ParseUint(string(f[6]), 10, 64)
	started, err3 := strconv.ParseUint(string(f[19]), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return stat{}, errStat
	}
	const exiting = 4 // PF_EXITING
	return stat{f[0][0], parent, flags&exiting != 0, started}, nil
}
