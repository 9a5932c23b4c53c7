package engine

import (
	"fmt"
	"slices"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/session"
)

// mode is one %% command: it decides what becomes of the whole cell below it.
type mode struct {
	name, args, help string
	// run is given the command's line, the cell's text, and its code with the lines above blanked out.
	run func(e *Engine, r *run, d cell.Directive, text *cell.Text, code string) *session.Fault
}

// modes is the table of cell modes, as %help shows it.
func modes() []mode {
	return []mode{
		{"%%bash", "[ARG…]", "run the cell as a script of the shell", (*Engine).bash},
		{"%%file", "NAME [-a]", "write the cell to a file; -a appends", (*Engine).writeFile},
		{"%%program", "[-race] [-timeout D] [-procs N] [-env K=V] [-gcflags F] [-ldflags F] [ARG…]", "run the cell as a program of its own, in another process", programMode},
		{"%%race", "[flags of %%program]", "%%program with the race detector; what it finds is shown as a card", raceMode},
		{"%%test", "[-race] [-run R] [-bench R] [-count N] [-cpu 1,2,4] [-benchtime D] [-timeout D] [-short] [-env K=V]", "run the notebook's Test, Benchmark, Example and Fuzz functions with go test", testMode},
		{"%%asm", "[FUNCTION]", "show the assembly of the cell's functions, and run the cell", (*Engine).asmMode},
		{"%%escape", "", "show what escapes, is inlined or checked, line by line, and run the cell", (*Engine).escapeMode},
		{"%%prof", "{cpu|mutex|block|heap|goroutine}", "run the cell under a profiler and draw a flame graph", (*Engine).profMode},
		{"%%time", "", "run the cell and show its wall and CPU time and what it allocated", (*Engine).timeMode},
		{"%%timeit", "", "run the cell many times: median, 95 % interval, allocations", (*Engine).timeitMode},
		{"%%trace", "[-o FILE] [-var NAME]", "run the cell under the execution tracer and draw what its goroutines did", (*Engine).traceMode},
		{"%%writefile", "NAME [-a]", "the same as %%file", (*Engine).writeFile},
	}
}

// mode runs a cell whose last directive is a %% command.
func (e *Engine) mode(r *run, d cell.Directive, text *cell.Text, code string) *session.Fault {
	name := "%%" + d.Name
	i := slices.IndexFunc(modes(), func(m mode) bool { return m.name == name })
	if i < 0 {
		return plainFault("CommandError", fmt.Sprintf("unknown cell command %s%s", name, suggestion(name)))
	}
	return modes()[i].run(e, r, d, text, code)
}
