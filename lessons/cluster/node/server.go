package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is a server in this process, for this machine only: it listens on the loopback interface and wants a token.
type embedded struct {
	server *server.Server
	dir    string // to be removed, or ""
	url    string
}

// patience is how long the server may take to come up.
const patience = 30 * time.Second

// startServer starts a server that keeps its files in dir, or in a folder of its own that goes with it.
func startServer(dir string) (e *embedded, err error) {
	e = new(embedded)
	if dir == "" {
		if e.dir, err = os.MkdirTemp("", "interleave-nats-"); err != nil {
			return nil, fmt.Errorf("start NATS server: %w", err)
		}
		dir = e.dir
	}
	token := rand.Text()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, Authorization: token,
		JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	})
	if err == nil {
		go s.Start()
		if !s.ReadyForConnections(patience) {
			s.Shutdown()
			err = errors.New("it does not come up")
		}
	}
	if err != nil {
		os.RemoveAll(e.dir)
		return nil, fmt.Errorf("start NATS server: %w", err)
	}
	e.server, e.url = s, fmt.Sprintf("nats://%s@%s", token, s.Addr())
	return e, nil
}

func (e *embedded) close() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	os.RemoveAll(e.dir)
}
