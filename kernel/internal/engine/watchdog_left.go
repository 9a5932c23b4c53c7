package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

// endingTime is how long goroutines that are about to end may take before they are said to be left behind.
const endingTime = 10 * time.Millisecond

// withLabels has the runtime print which cell started a goroutine.
func withLabels(env []string) []string {
	const want = "tracebacklabels=1"
	for i, kv := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(kv, "GODEBUG="); ok {
			if value != "" {
				value += ","
			}
			env[i] = "GODEBUG=" + value + want
			return env
		}
	}
	return append(env, "GODEBUG="+want)
}

// background are the goroutines that cells have started, by dump.
func background(ctx context.Context, dump func(context.Context) ([]byte, error)) ([]stack.Goroutine, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	text, err := dump(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(stack.Parse(string(text)).Goroutines, func(g stack.Goroutine) bool { return g.Label == "" && !g.InCells() }), nil
}

// leaks is background where those that are leaked say so. The runtime takes for leaked what only a weak pointer leads to,
// and ends the process when that is used after all, so it is not asked once a cell has imported a package that hands out
// such pointers.
func leaks(ctx context.Context, w *worker.Worker, weak bool) ([]stack.Goroutine, error) {
	if weak {
		return background(ctx, w.Dump)
	}
	return background(ctx, w.Leaks)
}

// holdsWeakly reports whether the cell of a unit, or what it calls, may use weak pointers.
func holdsWeakly(imports []string) bool {
	return slices.ContainsFunc(imports, func(path string) bool { return path == "weak" || path == "unique" })
}

// mentionLeft says once which goroutines have outlived their cell. It asks the worker for them only when there may be
// some, so that other cells pay nothing.
func (r *run) mentionLeft(w *worker.Worker, ended worker.Ended) {
	if !ended.Left || r.cell.Silent {
		return
	}
	own := strconv.Itoa(r.cell.Count)
	ofCell := func(list []stack.Goroutine) []stack.Goroutine {
		return slices.DeleteFunc(list, func(g stack.Goroutine) bool { return g.Label != own || !g.InCells() })
	}
	var mine []stack.Goroutine
	for range 2 {
		list, err := background(r.ctx, w.Dump)
		if err != nil {
			return
		}
		mine = ofCell(list)
		if !slices.ContainsFunc(mine, func(g stack.Goroutine) bool { return g.Running() }) {
			break
		}
		time.Sleep(endingTime)
	}
	if slices.ContainsFunc(mine, func(g stack.Goroutine) bool { return slices.Contains(blockedStates, g.State) }) {
		if list, err := leaks(r.ctx, w, r.e.weak.Load()); err == nil {
			mine = ofCell(list)
		}
	}
	if len(mine) == 0 {
		return
	}
	what := "a goroutine that this cell started goes on"
	if len(mine) > 1 {
		what = fmt.Sprintf("%d goroutines that this cell started go on", len(mine))
	}
	r.out.Stream("stderr", []byte("note: "+what+" in the background (%goroutines lists them)\n"+strings.Join(r.e.cells.Waits(mine), "")+faults.Legend(mine)))
}
