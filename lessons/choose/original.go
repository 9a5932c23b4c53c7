package choose

// Original is the decision chart of the talk (slide 38), with its 11 questions and 12 leaves.
func Original() Chart {
	yesNo := func(yes, no string) []Answer { return []Answer{{"yes", yes}, {"no", no}} }
	return Chart{Name: "the talk's chart, 2019", Start: "interconnected", Nodes: []Node{
		{ID: "interconnected", Text: "Multiple interconnected tasks?", Answers: yesNo("sequential", "cpu"), Column: 2, Row: 0},
		{ID: "sequential", Text: "Sequential approach", Column: 1, Row: 0},
		{ID: "cpu", Text: "CPU-bounded?", Answers: yesNo("machine", "io"), Column: 2, Row: 1},
		{ID: "machine", Text: "Single machine?", Answers: yesNo("builtin", "distributed"), Column: 2, Row: 2},
		{ID: "distributed", Text: "3rd-party distributed parallel computing", Column: 1, Row: 2},
		{ID: "builtin", Text: "Built-in package enough?", Answers: yesNo("stateful", "parallel"), Column: 2, Row: 3},
		{ID: "parallel", Text: "3rd-party parallel computing", Column: 1, Row: 3},
		{ID: "stateful", Text: "Stateful tasks?", Answers: yesNo("same", "similar"), Column: 2, Row: 4},
		{ID: "same", Text: "Similar tasks and states set?", Answers: yesNo("single", "multiple"), Column: 1, Row: 4},
		{ID: "single", Text: "Single child class of mp.Process", Column: 0, Row: 4},
		{ID: "multiple", Text: "Multiple child classes of mp.Process", Column: 1, Row: 5},
		{ID: "similar", Text: "Similar tasks?", Answers: yesNo("map", "apply"), Column: 2, Row: 6},
		{ID: "map", Text: "Pool().map", Column: 3, Row: 6},
		{ID: "apply", Text: "Pool().apply_async", Column: 1, Row: 6},
		{ID: "io", Text: "I/O-bounded?", Answers: yesNo("asyncio-packages", "different"), Column: 3, Row: 1},
		{ID: "different", Text: "Try different approach", Column: 4, Row: 1},
		{ID: "asyncio-packages", Text: "Asyncio packages available?", Answers: yesNo("asyncio", "third-party"), Column: 3, Row: 2},
		{ID: "asyncio", Text: "asyncio", Column: 4, Row: 2},
		{ID: "third-party", Text: "3rd party packages available?", Answers: yesNo("async-package", "slicing"), Column: 3, Row: 3},
		{ID: "async-package", Text: "3rd-party async I/O package", Column: 4, Row: 3},
		{ID: "slicing", Text: "Okay with time slicing?", Answers: yesNo("threads", "locks"), Column: 3, Row: 4},
		{ID: "threads", Text: "Multithreading", Column: 4, Row: 4},
		{ID: "locks", Text: "Multithreading with locks or semaphores", Column: 3, Row: 5},
	}}
}

// Gap is something that a chart leaves out or gets wrong.
type Gap struct{ Chart, Now string }

// Gaps are the four known gaps of the talk's chart, and what the Go edition does about each.
func Gaps() []Gap {
	return []Gap{
		{"A program is either CPU-bound or I/O-bound. The talk's own product, cameras and a web API, is both.",
			"\"Much of both?\" is a question of its own: two bounded pools with separate limits."},
		{"Nothing has a limit: no number of threads, of connections, of requests that the other side can bear.",
			"\"Is there a limit at the other side?\", and as many workers as CPUs."},
		{"What if a task fails, or must stop early?",
			"\"Must it stop early?\": a context in every call, an errgroup that waits, and a leak check."},
		{"\"Not okay with time slicing\" leads to locks. Locks do not switch off time slicing: the switch comes where it " +
			"comes, and the lock only keeps others out meanwhile.",
			"\"State that several change?\" asks what must hold, and leads to an atomic, a mutex, a channel or a map."},
	}
}
