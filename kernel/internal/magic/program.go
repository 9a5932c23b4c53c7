package magic

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
	"interleave/kernel/internal/environ"
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
		name := environ.Name(kv)
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

func programMode(ctx context.Context, h Host, in Input) *session.Fault {
	p, err := programFlags("%%program", in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	_, fault := program(ctx, h, p, in.Text, in.Code)
	return fault
}

// RunProgram runs a cell that is a whole program. It was not run, without a fault, if it is for another machine.
func RunProgram(ctx context.Context, h Host, text *cell.Text, code string) (ran bool, fault *session.Fault) {
	return program(ctx, h, &programOptions{}, text, code)
}

// program takes a cell through its steps as a program of its own: write, build, run, tell how it ended. It
// was not run, without a fault, if it is for another machine.
func program(ctx context.Context, h Host, p *programOptions, text *cell.Text, code string) (ran bool, fault *session.Fault) {
	prog, fault := programSource(ctx, h, text, code)
	if fault != nil {
		return false, fault
	}
	if why := p.elsewhere(prog.Source, h.Builder().Toolchain().Version); why != "" {
		h.Out().Stream("stderr", []byte("\x1b[2m"+why+"\x1b[0m\n"))
		return false, nil
	}
	if _, _, _, err := childPlace(ctx, h); err != nil { // else go build would fail in its own way
		return false, faults.Plain("CommandError", err.Error())
	}
	dir, err := h.Builder().Temp("program")
	if err != nil {
		return false, h.Cells().Internal(fmt.Errorf("make folder for program: %w", err))
	}
	defer os.RemoveAll(dir)
	if fault := buildProgram(ctx, h, p, dir, text, prog); fault != nil {
		return false, fault
	}
	return true, runProgram(ctx, h, p, dir)
}

// runProgram runs what was built and shows what it says, its races, and how it ended.
func runProgram(ctx context.Context, h Host, p *programOptions, dir string) *session.Fault {
	binary := filepath.Join(dir, "program")
	workDir, set, removed, err := childPlace(ctx, h)
	if err != nil {
		return faults.Plain("CommandError", err.Error())
	}
	env := slices.DeleteFunc(h.Process().BaseEnv(), func(kv string) bool { return slices.Contains(removed, environ.Name(kv)) })
	env = append(env, raceEnv(p.race, dir, append(set, p.env...))...) // the command's own count more
	out := &placeOutput{Output: h.Out(), cells: h.Cells(), id: []byte(cell.NewText(h.Cell().Code).ID)}
	errs := &crashFilter{out: out}
	end, err := h.Process().RunChild(ctx, worker.Command{
		Argv: append([]string{binary}, p.args...), Env: env, Dir: workDir,
		Handler: childOutput{h, out, errs}, Timeout: p.timeout, Ask: syscall.SIGQUIT,
	})
	crash := errs.finish()
	if err != nil {
		return h.Cells().Internal(fmt.Errorf("run program: %w", err))
	}
	if end.Excess != nil {
		return faults.Excess(h.Cell().Count, "the program", end.Excess)
	}
	if end.Stopped {
		value := "the program was interrupted and has ended"
		return &session.Fault{Name: "Interrupted", Value: value, Traceback: append([]string{faults.Heading("Interrupted", value)}, crashStacks(h.Cells(), crash)...)}
	}
	if crash != "" {
		showCrash(ctx, h, crash, end)
		if errs.cut {
			h.Out().Stream("stderr", fmt.Appendf(nil, "… (only the first %d MiB of the stacks were read)\n", crashLimit>>20))
		}
	}
	if p.race {
		reports := readRaces(h, dir)
		showRaces(ctx, h, reports, racereport.ReadGlobals(binary))
		if len(reports) > 0 && end.Code == raceStatus {
			return nil // the card has said so
		}
	}
	if s := endingText(end, p.timeout); s != "" {
		h.Out().Stream("stderr", []byte("\x1b[2m"+s+"\x1b[0m\n"))
	}
	return nil
}

// childPlace is what children of cells get: the folder that cells run in, and what %env and os.Setenv have set and
// removed for them.
func childPlace(ctx context.Context, h Host) (dir string, set, removed []string, err error) {
	now, dir, err := h.Process().Surroundings(ctx)
	var removedDir RemovedFolder
	if errors.As(err, &removedDir) {
		return "", nil, nil, err
	}
	if err != nil {
		return h.Process().Standing(), nil, nil, nil
	}
	before := h.Process().OwnEnv()
	for _, kv := range now {
		if name := environ.Name(kv); !slices.Contains(before, kv) && name != "PWD" && name != "GOTRACEBACK" && !strings.HasPrefix(name, "INTERLEAVE_") {
			set = append(set, kv)
		}
	}
	for _, kv := range before {
		if name := environ.Name(kv); !slices.ContainsFunc(now, func(kv string) bool { return environ.Name(kv) == name }) {
			removed = append(removed, name)
		}
	}
	return dir, set, removed, nil
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
func showCrash(ctx context.Context, h Host, crash string, end worker.Ending) {
	t := stack.Parse(crash)
	stacks := crashStacks(h.Cells(), crash)
	var lines []string
	message, _, _ := strings.Cut(h.Cells().InCells(compile.Plain(t.Message)), "\nruntime stack:")
	message = strings.TrimSpace(stackBounds.ReplaceAllString(message, ""))
	switch {
	case len(t.Goroutines) == 0:
		h.Out().Stream("stderr", []byte(h.Cells().InCells(crash)))
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
	h.Out().Stream("stderr", []byte(strings.Join(append(lines, stacks...), "\n")+"\n"))
}

// crashStacks shows the stacks of a program in cell lines.
func crashStacks(cells *faults.Cells, crash string) []string {
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
	return cells.Goroutines(list)
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
	cells *faults.Cells
	id    []byte
}

// Stream implements session.Output.
func (o *placeOutput) Stream(name string, text []byte) {
	if bytes.Contains(text, o.id) {
		text = []byte(o.cells.InCells(string(text)))
	}
	o.Output.Stream(name, text)
}
