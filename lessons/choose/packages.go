package choose

// Package is a Python package that the talk names, and what does its work in Go.
type Package struct {
	Python string
	What   string
	Std    []string // packages of the standard library
	Module []string // modules outside of it, and the version that Checked found
	Note   string
}

// Checked is the day on which the module paths of [Packages] were resolved at proxy.golang.org.
const Checked = "2026-11-23"

// Packages are the ten packages that the talk and its notebook name, in their order. The standard library comes first:
// a module is named where it adds what the library does not have.
func Packages() []Package {
	return []Package{
		{Python: "Dask", What: "arrays and task graphs over many machines", Std: []string{"sync"},
			Module: []string{"gonum.org/v1/gonum v0.17.0", "github.com/nats-io/nats.go v1.55.0"},
			Note:   "no data frame of that kind: matrices by gonum, work by a queue"},
		{Python: "Celery", What: "job queue", Std: []string{"database/sql"},
			Module: []string{"github.com/riverqueue/river v0.51.1", "github.com/hibiken/asynq v0.26.0", "github.com/nats-io/nats.go v1.55.0"},
			Note:   "River keeps jobs in PostgreSQL, Asynq in Redis, NATS JetStream in itself"},
		{Python: "gevent", What: "blocking style on an event loop", Std: []string{"net", "runtime"}, Note: "goroutines: the netpoller is the loop"},
		{Python: "Tornado (IOLoop)", What: "event loop and web server", Std: []string{"net/http"}, Note: "a goroutine for each connection"},
		{Python: "Ray", What: "actors and tasks over many machines", Std: []string{"net/rpc"},
			Module: []string{"go.temporal.io/sdk v1.50.0", "google.golang.org/grpc v1.85.0", "github.com/asynkron/protoactor-go v0.0.0-20240822202345-3c0e61ca19c9"},
			Note:   "Temporal for work that must survive crashes; actors as a library; the newest actor module is of 2024"},
		{Python: "Twisted", What: "protocols on an event loop", Std: []string{"net", "bufio", "context"}, Note: "a protocol is a loop that reads"},
		{Python: "Flask", What: "web framework", Std: []string{"net/http", "html/template"}, Module: []string{"github.com/go-chi/chi/v5 v5.5.0"},
			Note: "patterns with methods and wildcards are in net/http since Go 1.22"},
		{Python: "aiohttp", What: "HTTP on asyncio", Std: []string{"net/http", "context"}, Note: "the same client and server, in blocking style"},
		{Python: "requests", What: "HTTP client", Std: []string{"net/http"}, Note: "one Client for all goroutines; size its Transport (09)"},
		{Python: "numpy", What: "arrays", Std: []string{"math", "slices"},
			Module: []string{"gonum.org/v1/gonum v0.17.0", "gonum.org/v1/netlib v0.0.0-20190313105609-8cb42192e0e0"},
			Note:   "gonum; netlib reaches the system's OpenBLAS, and its newest release is of 2019 (08)"},
		{Python: "threading, asyncio, multiprocessing", What: "the talk's built-in packages", Std: []string{"sync", "sync/atomic", "context", "os/exec", "iter"},
			Module: []string{"golang.org/x/sync v0.24.0"},
			Note:   "x/sync has errgroup (first error, limit), semaphore (weighted) and singleflight (one call for many who ask)"},
	}
}
