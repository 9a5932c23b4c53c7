package engine

import (
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
)

// mode is one %% command: it decides what becomes of the whole cell below it.
type mode struct {
	name, args, help string
	// run is given the command's line, the cell's text, and its code with the lines above blanked out.
	run     func(e *Engine, r *run, d cell.Directive, text *cell.Text, code string) *session.Fault
	about   string // more than help says, in Markdown
	example string // a whole cell
}

// modes is the table of cell modes, as %help and kernel/README.md show it.
func modes() []mode {
	return []mode{
		{"%%bash", "[ARG…]", "run the cell as a script of the shell", (*Engine).bash,
			"It runs in the folder and with the environment of the cells; ARG… are `$1` and so on. An exit status other than 0 is the cell's error. Nothing it starts outlives the cell.",
			"%%bash three\nfor i in 1 2 $1; do\n\techo $i\ndone"},
		{"%%file", "NAME [-a]", "write the cell to a file; -a appends", (*Engine).writeFile,
			"The folder is that of the cells. The text is written as it stands below the command.",
			"%%file /tmp/words.txt\nchannel\nmutex"},
		{"%%program", "[-race] [-timeout D] [-procs N] [-env K=V] [-gcflags F] [-ldflags F] [ARG…]", "run the cell as a program of its own, in another process", programMode,
			"The program is the cell, in `func main` when it declares none, and those declarations of the notebook that it needs; the values of the notebook's variables stay behind, and " +
				"a cell that needs one is refused with its name. Its output is live. Its ending is output too, in cell lines, and no error of the notebook: the exit status, a signal, a " +
				"panic, `fatal error: all goroutines are asleep - deadlock!`. `-timeout` shows where its goroutines stood; `-procs` sets GOMAXPROCS; `-env` sets a variable for the program, and " +
				"for its build if it is one of GOEXPERIMENT, GOAMD64, GOARM64, CC, CXX and CGO_…; ARG… are its `os.Args`. " +
				"What it displays appears in the cell. It may import `\"C\"` and embed files by `//go:embed`, which an ordinary cell cannot: headers and files are those of the cells' folder, and faults of C are shown at the cell's lines. A cell that is a whole Go file with `package main` and a `func main` is a program without being told: its `//go:build` line decides whether it runs here, and later cells know what it declares, except what uses C or embedded files. In any other cell a package clause counts for nothing.",
			"%%program -procs 2\nch := make(chan int)\ngo func() { ch <- runtime.GOMAXPROCS(0) }()\nfmt.Println(<-ch)\n<-ch // deadlock"},
		{"%%race", "[flags of %%program]", "%%program with the race detector; what it finds is shown as a card", raceMode,
			"The card shows the variable, both accesses side by side with their lines, and where each goroutine was started; reports on the same lines are counted once. When nothing is " +
				"found it says what that proves and what not. The detector sees memory of programs only, so races are looked for here and not in ordinary cells.",
			"%%race\nhits := 0\nvar wg sync.WaitGroup\nfor range 2 {\n\twg.Go(func() { hits++ })\n}\nwg.Wait()\nfmt.Println(hits)"},
		{"%%test", "[-race] [-run R] [-bench R] [-count N] [-cpu 1,2,4] [-benchtime D] [-timeout D] [-short] [-env K=V]", "run the notebook's Test, Benchmark, Example and Fuzz functions with go test", testMode,
			"Tests that ordinary cells have declared run too, those of a `%%test` cell are of that cell alone; `-run` and `-bench` choose. The result is a table with what failed tests said, in cell lines. Benchmarks are medians with 95 % intervals, of six " +
				"results of 100 ms unless `-count` and `-benchtime` say otherwise. Benchmarks and examples that were not run are named, and so are fuzz targets: their seeds run, and nothing looks for more inputs. Bubbles of `testing/synctest` have their virtual time and their exact deadlock reports.",
			"%%test\nfunc TestTick(t *testing.T) {\n\tsynctest.Test(t, func(t *testing.T) {\n\t\tbegan := time.Now()\n\t\ttime.Sleep(time.Hour) // takes no time\n\t\tif time.Since(began) != time.Hour {\n\t\t\tt.Error(time.Since(began))\n\t\t}\n\t})\n}"},
		{"%%asm", "[FUNCTION]", "show the assembly of the cell's functions, and run the cell", (*Engine).asmMode,
			"By function, with the line of the cell above its instructions. FUNCTION shows one of them.",
			"%%asm add\n//go:noinline\nfunc add(a, b int) int { return a + b }"},
		{"%%escape", "", "show what escapes, is inlined or checked, line by line, and run the cell", (*Engine).escapeMode,
			"The compiler's decisions beside the lines they are about: what moves to the heap and why, which calls are inlined and at what cost, which index expressions keep a bounds check.",
			"%%escape\nfunc first(s []int) *int {\n\tv := s[0]\n\treturn &v\n}"},
		{"%%prof", "{cpu|mutex|block|heap|goroutine}", "run the cell under a profiler and draw a flame graph", (*Engine).profMode,
			"Below the picture stands a table of the lines that took most. `mutex` counts the time others waited for locks that a line held, `block` the time a line waited for channels, locks and wait " +
				"groups, `heap` the bytes it allocated. The profile is of the whole process while the cell ran, goroutines of other cells included.",
			"%%prof mutex\nvar mu sync.Mutex\nvar wg sync.WaitGroup\nfor range 4 {\n\twg.Go(func() {\n\t\tmu.Lock()\n\t\ttime.Sleep(5 * time.Millisecond)\n\t\tmu.Unlock()\n\t})\n}\nwg.Wait()"},
		{"%%time", "", "run the cell and show its wall and CPU time and what it allocated", (*Engine).timeMode, "As `%time`, for a whole cell.",
			"%%time\nvar wg sync.WaitGroup\nfor range 2 {\n\twg.Go(func() { for range 100_000_000 { } })\n}\nwg.Wait()"},
		{"%%timeit", "", "run the cell many times: median, 95 % interval, allocations", (*Engine).timeitMode,
			"As `%timeit`, for the statements of a cell. What they declare lives in the loop.",
			"%%timeit\nm := map[int]int{}\nfor i := range 100 {\n\tm[i] = i\n}"},
		{"%%trace", "[-o FILE] [-var NAME]", "run the cell under the execution tracer and draw what its goroutines did", (*Engine).traceMode,
			"A timeline of goroutines, named by the line that started them: running, runnable, in a system call, or waiting and for what; of the processors below; and of the garbage " +
				"collector. `-o` keeps the trace for `go tool trace`, `-var` declares a variable that holds it for charts of one's own. A trace that would become too large is cut, and says so.",
			"%%trace -var rec\nch := make(chan int)\nvar wg sync.WaitGroup\nfor range 2 {\n\twg.Go(func() {\n\t\tfor range ch {\n\t\t\ttime.Sleep(2 * time.Millisecond)\n\t\t}\n\t})\n}\nfor i := range 8 {\n\tch <- i\n}\nclose(ch)\nwg.Wait()"},
		{"%%writefile", "NAME [-a]", "the same as %%file", (*Engine).writeFile, "The name that Python's notebooks use.", "%%writefile -a /tmp/words.txt\natomic"},
	}
}

// mode runs a cell whose last directive is a %% command.
func (e *Engine) mode(r *run, d cell.Directive, text *cell.Text, code string) *session.Fault {
	name := "%%" + d.Name
	i := slices.IndexFunc(modes(), func(m mode) bool { return m.name == name })
	switch {
	case i < 0 && strings.HasPrefix(d.Name, "-"):
		return faults.Plain("CommandError", argumentsOf(d.Name+" "+d.Args))
	case i < 0:
		return faults.Plain("CommandError", fmt.Sprintf("unknown cell command %s%s", name, suggestion(name)))
	}
	return modes()[i].run(e, r, d, text, code)
}
