package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/build"
	"go/build/constraint"
	gover "go/version"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/racereport"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/stack"
	"interleave/kernel/internal/worker"
)

const (
	// raceStatus is how a program ends in which the race detector has found something.
	raceStatus = 66
)

// programOptions are the flags of %%program.
type programOptions struct {
	race             bool
	timeout          time.Duration
	env              []string
	gcflags, ldflags string
	args             []string
}

func programFlags(command, line string) (*programOptions, error) {
	p := &programOptions{}
	var err error
	p.args, err = parseFlags(command, line, []flagSpec{
		{"-race", "", func(string) error { p.race = true; return nil }},
		timeoutFlag(&p.timeout),
		{"-procs", "2", func(v string) error {
			n, err := positive(v)
			p.env = append(p.env, "GOMAXPROCS="+strconv.Itoa(n))
			return err
		}},
		envFlag(&p.env),
		{"-gcflags", "-m", func(v string) error { p.gcflags = v; return nil }},
		{"-ldflags", `"-X main.version=1"`, func(v string) error { p.ldflags = v; return nil }},
	})
	return p, err
}

// buildEnv is what of -env is for the go command too: what a program is made of, not how a compiler runs.
func buildEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name := envName(kv)
		return !slices.Contains([]string{"GOEXPERIMENT", "GOAMD64", "GOARM64", "CC", "CXX"}, name) && !strings.HasPrefix(name, "CGO_")
	})
}

// elsewhere says why a program is not run here, by its //go:build line, "" when it is. The go command does not look
// at that line in a file that it is given by name; so a file to be ignored in its package is one that may run, here too.
// version is the Go that would build it, which need not be the one that built the kernel.
func (p *programOptions) elsewhere(src []byte, version string) string {
	place := build.Default
	place.ReleaseTags = releaseTags(version)
	place.BuildTags = append(slices.Clone(place.BuildTags), "ignore")
	place.ToolTags = slices.Clone(place.ToolTags)
	if p.race {
		place.BuildTags = append(place.BuildTags, "race")
	}
	with := ""
	for _, kv := range buildEnv(p.env) {
		if list, ok := strings.CutPrefix(kv, "GOEXPERIMENT="); ok {
			for name := range strings.SplitSeq(list, ",") {
				place.ToolTags = append(place.ToolTags, "goexperiment."+name)
			}
			with = " with " + kv
		}
	}
	place.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(src)), nil }
	if here, err := place.MatchFile("", "program.go"); here || err != nil { // what is wrong with it the compiler says
		return ""
	}
	for line := range strings.Lines(string(src)) {
		if constraint.IsGoBuild(line) {
			return fmt.Sprintf("the program was not run: it is for %s, and this is %s/%s with %s%s",
				strings.TrimSpace(strings.TrimPrefix(line, "//go:build")), place.GOOS, place.GOARCH, version, with)
		}
	}
	return ""
}

// releaseTags are go1.1 to that of the version; of one that is no release those of the kernel's own Go.
func releaseTags(version string) []string {
	release, _, _ := strings.Cut(version, " ")
	last, err := strconv.Atoi(strings.TrimPrefix(gover.Lang(release), "go1."))
	if err != nil {
		return build.Default.ReleaseTags
	}
	var tags []string
	for i := 1; i <= last; i++ {
		tags = append(tags, "go1."+strconv.Itoa(i))
	}
	return tags
}

func timeoutFlag(d *time.Duration) flagSpec {
	return flagSpec{"-timeout", "10s", func(v string) (err error) {
		if *d, err = time.ParseDuration(v); err != nil {
			return errors.New("is no duration")
		}
		if *d <= 0 {
			return errors.New("a timeout is longer than nothing")
		}
		return nil
	}}
}

func envFlag(env *[]string) flagSpec {
	return flagSpec{"-env", "NAME=VALUE", func(v string) error {
		if strings.IndexByte(v, '=') < 1 {
			return errors.New("has no name before an =")
		}
		*env = append(*env, v)
		return nil
	}}
}

func positive(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, errors.New("it takes a whole number from 1 on")
	}
	return n, nil
}

func programMode(e *Engine, r *run, d cell.Directive, text *cell.Text, code string) *session.Fault {
	p, err := programFlags("%%program", d.Args)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	_, fault := e.program(r, p, text, code)
	return fault
}

// program takes a cell through its steps as a program of its own: write, build, run, tell how it ended. It
// was not run, without a fault, if it is for another machine.
func (e *Engine) program(r *run, p *programOptions, text *cell.Text, code string) (ran bool, fault *session.Fault) {
	prog, fault := e.programSource(r, text, code)
	if fault != nil {
		return false, fault
	}
	if why := p.elsewhere(prog.Source, e.builder.Toolchain().Version); why != "" {
		r.out.Stream("stderr", []byte("\x1b[2m"+why+"\x1b[0m\n"))
		return false, nil
	}
	if _, _, _, err := e.childPlace(r); err != nil { // else go build would fail in its own way
		return false, faults.Plain("CommandError", err.Error())
	}
	dir, err := e.builder.Temp("program")
	if err != nil {
		return false, e.cells.Internal(fmt.Errorf("make folder for program: %w", err))
	}
	defer os.RemoveAll(dir)
	if fault := e.buildProgram(r, p, dir, text, prog); fault != nil {
		return false, fault
	}
	return true, e.runProgram(r, p, dir)
}

// runProgram runs what was built and shows what it says, its races, and how it ended.
func (e *Engine) runProgram(r *run, p *programOptions, dir string) *session.Fault {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	binary := filepath.Join(dir, "program")
	workDir, set, removed, err := e.childPlace(r)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	env := slices.DeleteFunc(e.baseEnv(), func(kv string) bool { return slices.Contains(removed, envName(kv)) })
	env = append(env, raceEnv(p.race, dir, append(set, p.env...))...) // the command's own count more
	out := &placeOutput{Output: r.out, e: e, id: []byte(cell.NewText(r.cell.Code).ID)}
	errs := &crashFilter{out: out}
	end, err := worker.Command{
		Argv: append([]string{binary}, p.args...), Env: env, Dir: workDir, Guard: e.o.Guard,
		Handler: childOutput{e, out, errs}, Timeout: p.timeout, Ask: syscall.SIGQUIT, Memory: e.memory,
	}.Run(ctx)
	crash := errs.finish()
	if err != nil {
		return e.cells.Internal(fmt.Errorf("run program: %w", err))
	}
	if end.Excess != nil {
		return e.excessFault(r, "the program", end.Excess)
	}
	if end.Stopped {
		value := "the program was interrupted and has ended"
		return &session.Fault{Name: "Interrupted", Value: value, Traceback: append([]string{faults.Heading("Interrupted", value)}, e.crashStacks(crash)...)}
	}
	if crash != "" {
		e.showCrash(r, crash, end)
		if errs.cut {
			r.out.Stream("stderr", fmt.Appendf(nil, "… (only the first %d MiB of the stacks were read)\n", crashLimit>>20))
		}
	}
	if p.race {
		reports := e.readRaces(dir)
		e.showRaces(r, reports, racereport.ReadGlobals(binary))
		if len(reports) > 0 && end.Code == raceStatus {
			return nil // the card has said so
		}
	}
	if s := endingText(end, p.timeout); s != "" {
		r.out.Stream("stderr", []byte("\x1b[2m"+s+"\x1b[0m\n"))
	}
	return nil
}

// childPlace is what children of cells get: the folder that cells run in, and what %env and os.Setenv have set and
// removed for them.
func (e *Engine) childPlace(r *run) (dir string, set, removed []string, err error) {
	now, dir, err := e.surroundings(r.ctx)
	var removedDir removedFolder
	if errors.As(err, &removedDir) {
		return "", nil, nil, err
	}
	if err != nil {
		return standing(e.o.Dir), nil, nil, nil
	}
	_, _, own := e.builder.Worker()
	before := withLabels(slices.Concat(e.baseEnv(), own))
	for _, kv := range now {
		if name := envName(kv); !slices.Contains(before, kv) && name != "PWD" && name != "GOTRACEBACK" && !strings.HasPrefix(name, "INTERLEAVE_") {
			set = append(set, kv)
		}
	}
	for _, kv := range before {
		if name := envName(kv); !slices.ContainsFunc(now, func(kv string) bool { return envName(kv) == name }) {
			removed = append(removed, name)
		}
	}
	return dir, set, removed, nil
}

// envName is the name of NAME=VALUE.
func envName(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name
}

func (e *Engine) baseEnv() []string {
	if e.o.Env != nil {
		return slices.Clone(e.o.Env)
	}
	return os.Environ()
}

// raceEnv adds to what is set for a program that may have races. Race reports go to files, so that they do not
// mix with what the program itself prints, and without the second that the detector waits before it exits.
func raceEnv(race bool, dir string, set []string) []string {
	if !race {
		return set
	}
	options := "atexit_sleep_ms=0 halt_on_error=0"
	for _, kv := range set {
		if v, ok := strings.CutPrefix(kv, "GORACE="); ok {
			options += " " + v // the later one counts
		}
	}
	return append(slices.Clone(set), "GORACE="+options+" log_path="+filepath.Join(dir, "race"))
}

// endingText says how a program ended, "" when it ended well.
func endingText(end worker.Ending, timeout time.Duration) string {
	switch {
	case end.TimedOut:
		return fmt.Sprintf("the program was stopped after %v (-timeout)", timeout)
	case end.OOM:
		return "the program was killed because the system ran out of memory"
	case end.Signal != 0:
		return "the program was ended by a signal: " + end.Signal.String()
	case end.Code != 0:
		return fmt.Sprintf("the program ended with exit status %d", end.Code)
	}
	return ""
}

// showCrash shows a panic, a fatal error such as a deadlock, or the stacks of a program that was stopped.
func (e *Engine) showCrash(r *run, crash string, end worker.Ending) {
	t := stack.Parse(crash)
	stacks := e.crashStacks(crash)
	var lines []string
	message, _, _ := strings.Cut(e.cells.InCells(compile.Plain(t.Message)), "\nruntime stack:")
	message = strings.TrimSpace(stackBounds.ReplaceAllString(message, ""))
	switch {
	case len(t.Goroutines) == 0:
		r.out.Stream("stderr", []byte(e.cells.InCells(crash)))
		return
	case end.TimedOut && len(stacks) == 0: // the runtime shows no stack of a goroutine that another thread runs
		lines = []string{"its goroutines were computing, and where cannot be seen from outside"}
	case end.TimedOut:
		lines = []string{"its goroutines stood here:"}
	case strings.HasPrefix(message, "fatal error: all goroutines are asleep - deadlock!"):
		lines = []string{"\x1b[1;31mfatal error: all goroutines are asleep - deadlock!\x1b[0m"}
	case message != "": // else it has been shown, before the stacks came
		lines = []string{"\x1b[1;31m" + message + "\x1b[0m"}
	}
	r.out.Stream("stderr", []byte(strings.Join(append(lines, stacks...), "\n")+"\n"))
}

// crashStacks shows the stacks of a program in cell lines.
func (e *Engine) crashStacks(crash string) []string {
	list := stack.Parse(crash).Goroutines
	list = slices.DeleteFunc(list, func(g stack.Goroutine) bool { return g.ID == 0 || !g.InCells() })
	for i := range list {
		list[i].Frames = slices.DeleteFunc(list[i].Frames, func(f stack.Frame) bool { return strings.HasPrefix(f.Func, "testing.") })
		for k, f := range list[i].Frames {
			if f.Cell() != "" {
				list[i].Frames[k].Func = ownName(f.Func)
			}
		}
	}
	return e.cells.Goroutines(list)
}

// ownName is a function's name without its package.
func ownName(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	if _, rest, ok := strings.Cut(name, "."); ok {
		return rest
	}
	return name
}

// stackBounds is a line of a stack overflow that says nothing to a reader.
var stackBounds = regexp.MustCompile(`(?m)^runtime: sp=.*\n`)

// placeOutput writes the places of the running cell in what a program prints as the reader knows them: package log
// shows its caller's file, which is the cell's content id.
type placeOutput struct {
	session.Output
	e  *Engine
	id []byte
}

// Stream implements session.Output.
func (o *placeOutput) Stream(name string, text []byte) {
	if bytes.Contains(text, o.id) {
		text = []byte(o.e.cells.InCells(string(text)))
	}
	o.Output.Stream(name, text)
}
