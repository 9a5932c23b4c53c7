// Command client does in Go what the talk's four I/O programs do: it fetches URLs and keeps the bodies. It speaks the
// line protocol of the Python programs: READY, then for each line of its input one round and one line of answer.
//
// With the argument "fetch" it is a worker of its own pool: for each URL on its standard input it writes the size of
// the body, 8 bytes, and the body.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"
)

// request is one round: a model, what to fetch, and the size of a pool.
type request struct {
	Model   string // "sequential", "goroutines", "pool" or "started pool"
	URLs    []string
	Workers int
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "fetch" {
		work()
		return
	}
	fmt.Println("READY")
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var r request
		if err := in.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			fail(err)
		}
		start := time.Now()
		bodies := models[r.Model](r)
		seconds := time.Since(start).Seconds()
		sizes := []int{}
		for _, b := range bodies {
			sizes = append(sizes, len(b))
		}
		if err := out.Encode(map[string]any{"seconds": seconds, "sizes": sizes}); err != nil {
			fail(err)
		}
	}
}

var models = map[string]func(request) [][]byte{
	"sequential": sequential, "goroutines": goroutines, "pool": pool, "started pool": startedPool,
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "client:", err)
	os.Exit(1)
}

// newClient opens connections of its own and no proxy's.
func newClient(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
}

func get(c *http.Client, url string) []byte {
	resp, err := c.Get(url)
	if err != nil {
		fail(err)
	}
	defer resp.Body.Close()
	body := make([]byte, max(0, resp.ContentLength))
	if _, err := io.ReadFull(resp.Body, body); err != nil {
		fail(err)
	}
	return body
}

func sequential(r request) [][]byte {
	c := newClient(1)
	defer c.CloseIdleConnections()
	bodies := make([][]byte, len(r.URLs))
	for i, url := range r.URLs {
		bodies[i] = get(c, url)
	}
	return bodies
}

func goroutines(r request) [][]byte {
	c := newClient(len(r.URLs))
	defer c.CloseIdleConnections()
	bodies := make([][]byte, len(r.URLs))
	var wg sync.WaitGroup
	for i, url := range r.URLs {
		wg.Go(func() { bodies[i] = get(c, url) })
	}
	wg.Wait()
	return bodies
}

// worker is a process of the pool.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(n int) []worker {
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	workers := make([]worker, n)
	for i := range workers {
		cmd := exec.Command(self, "fetch")
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			fail(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			fail(err)
		}
		if err := cmd.Start(); err != nil {
			fail(err)
		}
		workers[i] = worker{cmd, in, bufio.NewReader(out)}
	}
	return workers
}

func stop(workers []worker) {
	for _, w := range workers {
		w.in.Close()
	}
	for _, w := range workers {
		if err := w.cmd.Wait(); err != nil {
			fail(err)
		}
	}
}

// share lets the workers take one URL after another.
func share(workers []worker, urls []string) [][]byte {
	bodies := make([][]byte, len(urls))
	next := make(chan int, len(urls))
	for i := range urls {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			for i := range next {
				bodies[i] = w.get(urls[i])
			}
		})
	}
	wg.Wait()
	return bodies
}

func (w worker) get(url string) []byte {
	if _, err := io.WriteString(w.in, url+"\n"); err != nil {
		fail(err)
	}
	var size uint64
	if err := binary.Read(w.out, binary.LittleEndian, &size); err != nil {
		fail(err)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(w.out, body); err != nil {
		fail(err)
	}
	return body
}

func pool(r request) [][]byte {
	workers := start(r.Workers)
	defer stop(workers)
	return share(workers, r.URLs)
}

var started []worker // of the first "started pool"; they end with this process, when their input ends

func startedPool(r request) [][]byte {
	if started == nil {
		started = start(r.Workers)
	}
	return share(started, r.URLs)
}

// work is the life of a worker.
func work() {
	c := newClient(1)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		body := get(c, in.Text())
		if err := binary.Write(os.Stdout, binary.LittleEndian, uint64(len(body))); err != nil {
			fail(err)
		}
		if _, err := os.Stdout.Write(body); err != nil {
			fail(err)
		}
	}
}
