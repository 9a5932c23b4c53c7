package eventloop

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// Hidden is what a program with blocking reads looks like from below: Go's own event loop, the netpoller.
type Hidden struct {
	Connections int      // each with a goroutine that reads from it
	Waiting     int      // goroutines in the state "IO wait"
	Threads     [2]int   // of the operating system, before and while they wait; 0 if this Go does not say
	Stack       []string // functions of one of the goroutines, innermost first
	Epolls      int      // epoll instances of this process; -1 where there is no /proc
}

// Netpoller opens so many connections to itself over the loopback, reads from each with a goroutine of its own, and
// looks at them while nothing comes. They are closed before it returns. With no number it opens 100.
func Netpoller(connections ...int) (Hidden, error) {
	h := Hidden{Connections: 100}
	if len(connections) > 0 {
		h.Connections = connections[0]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return h, fmt.Errorf("eventloop: %w", err)
	}
	defer listener.Close()
	h.Threads[0] = threads()
	ended := make(chan struct{})
	var open []net.Conn
	started := 0
	defer func() {
		for _, c := range open {
			c.Close()
		}
		for range started {
			<-ended
		}
	}()
	for range h.Connections {
		ours, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return h, fmt.Errorf("eventloop: %w", err)
		}
		open = append(open, ours)
		theirs, err := listener.Accept()
		if err != nil {
			return h, fmt.Errorf("eventloop: %w", err)
		}
		open = append(open, theirs)
		started++
		go read(ours, ended)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		h.Waiting, h.Stack = readers()
		if h.Waiting >= h.Connections {
			break
		}
		if time.Now().After(deadline) {
			return h, fmt.Errorf("eventloop: after 10 s only %d of %d goroutines wait for their connection", h.Waiting, h.Connections)
		}
	}
	h.Threads[1] = threads()
	h.Epolls = epolls()
	return h, nil
}

// read is a blocking read, as every Go program writes it.
func read(c net.Conn, ended chan<- struct{}) {
	var b [1]byte
	c.Read(b[:]) // until the connection is closed
	ended <- struct{}{}
}

// readers finds the goroutines that are in read and wait for their connection, and the functions of one of them.
func readers() (n int, functions []string) {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		head, frames, _ := strings.Cut(stack, "\n")
		if !strings.Contains(head, "[IO wait") || !strings.Contains(frames, "eventloop.read(") {
			continue
		}
		if n++; n > 1 {
			continue
		}
		for line := range strings.Lines(frames) {
			if name, _, ok := cutLast(line, "("); ok && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "created by") {
				functions = append(functions, name)
			}
		}
	}
	return n, functions
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// threads is how many threads the runtime has; 0 if this Go does not say.
func threads() int {
	sample := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	if metrics.Read(sample); sample[0].Value.Kind() == metrics.KindUint64 {
		return int(sample[0].Value.Uint64())
	}
	return 0
}

// epolls counts the epoll instances of this process.
func epolls() int {
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(files) == 0 {
		return -1
	}
	n := 0
	for _, f := range files {
		if to, err := os.Readlink(f); err == nil && to == "anon_inode:[eventpoll]" {
			n++
		}
	}
	return n
}
