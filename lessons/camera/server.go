package camera

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"interleave/lessons/kit/timeline"
)

// server is the web API: GET /cameras gives the newest detection of every camera.
type server struct {
	url  string
	http *http.Server
	wg   sync.WaitGroup

	// By camera. Atomics, no lock: a thread of low priority that holds one and gets no core would stop the handlers.
	newest []atomic.Pointer[Detection]

	first sync.Once
	asked chan struct{} // closed by the first request
}

// handlerLane is what lanes of connections are called, before their number.
const handlerLane = "handler "

// lane is the key of a connection's name in its context.
type lane struct{}

func listen(ctx context.Context, cameras int) (*server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + l.Addr().String() + "/cameras", newest: make([]atomic.Pointer[Detection], cameras), asked: make(chan struct{})}
	var connections atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cameras", s.cameras)
	s.http = &http.Server{Handler: mux, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, lane{}, fmt.Sprint(handlerLane, connections.Add(1)))
	}}
	s.wg.Go(func() { s.http.Serve(l) })
	return s, nil
}

func (s *server) close() {
	s.http.Close()
	s.wg.Wait()
}

// set takes the newest detection of a camera.
func (s *server) set(d Detection) { s.newest[d.Camera].Store(&d) }

func (s *server) cameras(w http.ResponseWriter, r *http.Request) {
	name, _ := r.Context().Value(lane{}).(string)
	timeline.Name(name)
	s.first.Do(func() { close(s.asked) })
	found := make([]*Detection, len(s.newest)) // nil for a camera without any yet
	for i := range s.newest {
		found[i] = s.newest[i].Load()
	}
	text, err := json.Marshal(found)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(text)
}
