package choose

// Ids of the leaves of the Go edition.
const (
	Sequential = "sequential"
	Pipeline   = "pipeline"
	Queue      = "queue"
	Processes  = "processes"
	Pools      = "pools"
	Bounded    = "bounded"
	PerTask    = "per-task"
	Batch      = "batch"
	Workers    = "workers"
	Context    = "context"
	Atomic     = "atomic"
	Mutex      = "mutex"
	Channel    = "channel"
	Map        = "map"
	Measure    = "measure"
)

// The notebooks that prove leaves.
const (
	locksNotebook    = "06-locks-atomics-and-what-they-cost"
	deadlockNotebook = "07-deadlock-leak-cancel"
	cpuNotebook      = "08-goroutines-for-cpu-work"
	ioNotebook       = "09-goroutines-for-io"
	switchNotebook   = "10-what-a-context-switch-costs"
	processNotebook  = "12-processes"
	choosing         = "13-choosing-a-model"
)

// Go2026 is the chart for Go in 2026. Most of its leaves do not end the walk: how the work runs, how it stops and
// who guards its state are three choices, not one. The last leaf is the one that the talk's chart lacks.
func Go2026() Chart {
	yesNo := func(yes, no string) []Answer { return []Answer{{"yes", yes}, {"no", no}} }
	return Chart{Name: "the Go edition, 2026", Start: "fast", Nodes: []Node{
		{ID: "fast", Text: "Fast enough one after another?", Answers: yesNo(Sequential, "order"), Column: 2, Row: 0},
		{ID: Sequential, Text: "Stay sequential", Column: 1, Row: 0, Proofs: []Proof{{choosing, "jobs-chart"}}},
		{ID: "order", Text: "Does each task need the result before it?", Answers: yesNo("overlap", "machines"), Column: 2, Row: 1},
		{ID: "overlap", Text: "Do its stages overlap?", Answers: yesNo(Pipeline, Sequential), Column: 1, Row: 1},
		{ID: Pipeline, Text: "Pipeline of goroutines and channels", Then: "stop", Column: 0, Row: 1,
			Proofs: []Proof{{deadlockNotebook, "pipeline-run"}}},
		{ID: "machines", Text: "More than one machine?", Answers: yesNo(Queue, "isolation"), Column: 2, Row: 2},
		{ID: Queue, Text: "Queue or RPC system, not a bigger pool", Then: Measure, Column: 1, Row: 2, Proofs: []Proof{{choosing, "beyond-survive"}, {choosing, "sweep-chart"}}},
		{ID: "isolation", Text: "Isolation, another language, crash safety?", Answers: yesNo(Processes, "both"), Column: 2, Row: 3},
		{ID: Processes, Text: "Processes: a pool, started before", Then: Measure, Column: 1, Row: 3, Proofs: []Proof{{processNotebook, "crash-run"}, {processNotebook, "cpu-chart"}}},
		{ID: "both", Text: "Much of both, computing and waiting?", Answers: yesNo(Pools, "waiting"), Column: 2, Row: 4},
		{ID: Pools, Text: "Two bounded pools; watch p99", Then: "stop", Column: 1, Row: 4, Proofs: []Proof{{choosing, "camera-ecdf"}}},
		{ID: "waiting", Text: "Mostly waiting? (CPUs used below 0.5)", Answers: yesNo("limit", "pieces"), Column: 2, Row: 6},
		{ID: "limit", Text: "Is there a limit at the other side?", Answers: yesNo(Bounded, PerTask), Column: 1, Row: 6},
		{ID: Bounded, Text: "Bounded workers: errgroup or semaphore", Then: "stop", Column: 0, Row: 6, Proofs: []Proof{{ioNotebook, "knee-chart"}}},
		{ID: PerTask, Text: "A goroutine per task", Then: "stop", Column: 1, Row: 7, Proofs: []Proof{{ioNotebook, "map-chart"}}},
		{ID: "pieces", Text: "Pieces longer than about 10 µs?", Answers: yesNo(Workers, Batch), Column: 3, Row: 6},
		{ID: Batch, Text: "Batch first", Then: Workers, Column: 4, Row: 6, Proofs: []Proof{{switchNotebook, "batch-chart"}}},
		{ID: Workers, Text: "A worker per CPU, with its own state", Then: "stop", Column: 3, Row: 7, Proofs: []Proof{{cpuNotebook, "curve-chart"}}},
		{ID: "stop", Text: "Must it stop early?", Answers: yesNo(Context, "shared"), Column: 3, Row: 0},
		{ID: Context, Text: "A context everywhere, and a leak check", Then: "shared", Column: 4, Row: 0,
			Proofs: []Proof{{deadlockNotebook, "cancel-run"}, {deadlockNotebook, "bubble-run"}}},
		{ID: "shared", Text: "State that several change?", Column: 3, Row: 1, Answers: []Answer{
			{"one number", Atomic}, {"an invariant", Mutex}, {"ownership moves", Channel}, {"rarely written map", Map}, {"no", Measure}}},
		{ID: Atomic, Text: "Atomic", Then: Measure, Column: 4, Row: 2, Proofs: []Proof{{locksNotebook, "cost-chart"}}},
		{ID: Mutex, Text: "Mutex, written down beside what it guards", Then: Measure, Column: 4, Row: 3,
			Proofs: []Proof{{locksNotebook, "table-count"}, {locksNotebook, "cost-chart"}}},
		{ID: Channel, Text: "Channel", Then: Measure, Column: 4, Row: 4, Proofs: []Proof{{deadlockNotebook, "pipeline-run"}}},
		{ID: Map, Text: "RWMutex or sync.Map, by measurement", Then: Measure, Column: 4, Row: 5,
			Proofs: []Proof{{locksNotebook, "map-chart"}}},
		{ID: Measure, Text: "Measure again; at ~ keep the simpler one", Column: 4, Row: 1, Proofs: []Proof{{"00-before-you-measure", "aa-run"}}},
	}}
}
