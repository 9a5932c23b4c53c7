package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Job is what is asked of a server in one request.
type Job struct {
	Latency time.Duration // that the server waits before it answers
	Body    int           // bytes of the answer
}

// String writes the job as "50 ms x 1 kB"; a kB is 1,024 bytes.
func (j Job) String() string { return Milliseconds(j.Latency) + " x " + Bytes(j.Body) }

// Milliseconds writes a latency for a label: "0.5 ms".
func Milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'g', 4, 64) + " ms"
}

// Bytes writes a size for a label: "8192 kB".
func Bytes(n int) string {
	if n%1024 != 0 {
		return strconv.Itoa(n) + " B"
	}
	return strconv.Itoa(n/1024) + " kB"
}

// Server answers requests after a latency, with a body of a size, both chosen by the request. It computes nothing:
// its latency is a wait, as for a disk, a database or another continent. It is safe for concurrent use.
type Server struct {
	base        string
	http        *http.Server
	places      chan bool // nil without a limit
	serving     sync.WaitGroup
	connections atomic.Int64
	now, most   atomic.Int64
}

// Listen starts a server on a free port of the loopback interface. It serves at most capacity requests at once and
// lets the others queue, as a server with so many workers does; 0 is no limit. Close stops it.
func Listen(ctx context.Context, capacity int) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fetch: no port for the server: %w", err)
	}
	return serve(l, "http://"+l.Addr().String(), capacity), nil
}

func serve(l net.Listener, base string, capacity int) *Server {
	s := &Server{base: base}
	if capacity > 0 {
		s.places = make(chan bool, capacity)
	}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.answer),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		},
	}
	s.serving.Go(func() { s.http.Serve(l) })
	return s
}

// Close ends the server and its connections, and waits for the goroutine that accepts them.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return err
}

// URL is where a job is asked for.
func (s *Server) URL(j Job) string {
	return fmt.Sprintf("%s/?latency=%s&body=%d", s.base, j.Latency, j.Body)
}

// Missing is where a job gets the status 404, with the same latency and body.
func (s *Server) Missing(j Job) string {
	return fmt.Sprintf("%s/missing?latency=%s&body=%d", s.base, j.Latency, j.Body)
}

// URLs are n times the same.
func (s *Server) URLs(n int, j Job) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s.URL(j)
	}
	return list
}

// Connections is how many connections were opened to the server since it started.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Most is the largest number of requests that the server has had at once, those in the queue included.
func (s *Server) Most() int { return int(s.most.Load()) }

// answer waits for a place, then for the latency, and writes the body. A path other than "/" is not found.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	now := s.now.Add(1)
	defer s.now.Add(-1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	job, err := parse(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.places != nil {
		select {
		case s.places <- true:
			defer func() { <-s.places }()
		case <-r.Context().Done():
			return
		}
	}
	if job.Latency > 0 {
		select {
		case <-time.After(job.Latency):
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(job.Body))
	if r.URL.Path != "/" {
		w.WriteHeader(http.StatusNotFound)
	}
	for left := job.Body; left > 0; left -= len(filling) {
		if _, err := w.Write(filling[:min(left, len(filling))]); err != nil {
			return // the client has gone
		}
	}
}

// filling is what bodies are made of. It is never changed.
var filling = func() []byte {
	b := make([]byte, 64<<10)
	for i := range b {
		b[i] = byte('a' + i%26)
	}
	return b
}()

func parse(r *http.Request) (Job, error) {
	q := r.URL.Query()
	latency, err := time.ParseDuration(q.Get("latency"))
	body, err2 := strconv.Atoi(q.Get("body"))
	if err = errors.Join(err, err2); err != nil || latency < 0 || body < 0 {
		return Job{}, errors.New("ask for /?latency=5ms&body=1024, neither below 0")
	}
	return Job{latency, body}, nil
}
