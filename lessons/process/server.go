package process

import (
	"context"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Record is what the server process keeps.
type Record struct {
	Name string
	Mark int
}

// Records is the service of the server process: the only holder of the data, which others see through calls. Calls
// come at the same time, so it has a lock like any other server.
type Records struct {
	mu   sync.Mutex
	list []Record
}

// Put adds a record and returns how many there are.
func (r *Records) Put(rec Record, n *int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, rec)
	*n = len(r.list)
	return nil
}

// List returns all records.
func (r *Records) List(_ int, all *[]Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	*all = append(*all, r.list...)
	return nil
}

// Served is a started server process.
type Served struct {
	helper *helper
	dir    string
	Addr   string // of its unix socket
}

// Serve starts a server process. The socket is made here and handed over, so it can be called at once.
func Serve(ctx context.Context) (*Served, error) {
	dir, err := os.MkdirTemp("", "records")
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	s := &Served{dir: dir, Addr: filepath.Join(dir, "socket")}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.Addr, Net: "unix"})
	if err == nil {
		l.SetUnlinkOnClose(false)
		var f *os.File
		if f, err = l.File(); err == nil {
			s.helper, err = spawn(ctx, "server", nil, f)
			f.Close()
		}
		l.Close()
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("process: server: %w", err)
	}
	return s, nil
}

// Dial connects to the server. Close the client.
func (s *Served) Dial() (*rpc.Client, error) { return rpc.Dial("unix", s.Addr) }

// Close ends the server process.
func (s *Served) Close() {
	s.helper.stop()
	os.RemoveAll(s.dir)
}

// serveRecords is the role of the server process.
func serveRecords([]string) error {
	l, err := net.FileListener(inherited(0))
	if err != nil {
		return err
	}
	s := rpc.NewServer()
	if err := s.Register(&Records{}); err != nil {
		return err
	}
	s.Accept(l)
	return nil
}

// Marks starts a server process, and two processes that put records into it: p1 those of Sam and Adam, p2 that of
// Kevin. It returns what the server holds in the end, which came there in any order.
func Marks(ctx context.Context) ([]Record, error) {
	s, err := Serve(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var both []*helper
	for _, args := range [][]string{{s.Addr, "Sam", "10", "Adam", "9"}, {s.Addr, "Kevin", "9"}} {
		h, err := spawn(ctx, "client", args)
		if err != nil {
			_ = waitAll(both)
			return nil, err
		}
		both = append(both, h)
	}
	if err := waitAll(both); err != nil {
		return nil, err
	}
	c, err := s.Dial()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer c.Close()
	var all []Record
	err = c.Call("Records.List", 0, &all)
	return all, err
}

// putRecords is the role of p1 and p2.
func putRecords(args []string) error {
	c, err := rpc.Dial("unix", args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	for args = args[1:]; len(args) > 1; args = args[2:] {
		mark, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		var n int
		if err := c.Call("Records.Put", Record{args[0], mark}, &n); err != nil {
			return err
		}
	}
	return nil
}
