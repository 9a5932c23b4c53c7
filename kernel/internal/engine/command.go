package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/session"
)

// command is one % command. The table is what %help shows.
type command struct {
	name, args, help string
	run              func(e *Engine, r *run, args string) error
}

func commands() []command {
	return []command{
		{"%cd", "[DIR]", "change the folder that cells run in; without DIR, to the home folder", (*Engine).chdir},
		{"%env", "[NAME[=VALUE]]", "show or set an environment variable of the cells", (*Engine).environ},
		{"%forget", "NAME…", "forget variables, types or functions", (*Engine).forget},
		{"%get", "PACKAGE[@VERSION]…", "add modules to the go.mod that governs this notebook", (*Engine).get},
		{"%go111module", "{on|off}", "accepted for gophernotes's notebooks; modules are always on", (*Engine).go111module},
		{"%goroutines", "", "list the goroutines that cells have left in the background", (*Engine).listGoroutines},
		{"%help", "", "show this help", nil},
		{"%reset", "", "forget everything and start a fresh worker", (*Engine).reset},
		{"%vars", "", "list variables with their types", (*Engine).vars},
		{"%version", "", "show the versions of the kernel and of Go", (*Engine).version},
	}
}

// command runs one directive. page is shown by the front end's pager.
func (e *Engine) command(r *run, d cell.Directive) (page map[string]any, fault *session.Fault) {
	var err error
	switch d.Mark {
	case "$", "!":
		err = e.shell(r, d)
	case "%":
		if d.Name == "help" {
			return map[string]any{"source": "page", "data": map[string]any{"text/plain": help()}, "start": 0}, nil
		}
		name := "%" + d.Name
		i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
		if i < 0 {
			err = fmt.Errorf("unknown command %s%s", name, suggestion(name))
			break
		}
		err = commands()[i].run(e, r, d.Args)
	}
	if err == nil {
		return nil, nil
	}
	if r.ctx.Err() != nil {
		return nil, plainFault("Interrupted", "the command was interrupted")
	}
	return nil, commandFault(err)
}

// help is the text of %help.
func help() string {
	var b strings.Builder
	b.WriteString("Commands stand at the top of a cell, each on a line of its own.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "%-36s %s\n", c.name+" "+c.args, c.help)
	}
	for _, m := range modes() {
		fmt.Fprintf(&b, "%-36s %s\n", m.name+" "+m.args, m.help)
	}
	fmt.Fprintf(&b, "%-36s %s\n", "$ COMMAND, !COMMAND", "run a command: $ splits at blanks, ! goes through the shell")
	return b.String()
}

// suggestion names the nearest command.
func suggestion(name string) string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	for _, m := range modes() {
		names = append(names, m.name)
	}
	best, least := "", 4
	for _, n := range names {
		if d := distance(name, n); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ": see %help"
	}
	return ": did you mean " + best + "? (see %help)"
}

// distance is the edit distance of two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

func (e *Engine) chdir(r *run, dir string) error {
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		dir = home
	} else if rest, ok := strings.CutPrefix(dir, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(home, rest)
	}
	w, err := e.current(r.ctx)
	if err != nil {
		return err
	}
	return w.Chdir(r.ctx, dir)
}

func (e *Engine) environ(r *run, args string) error {
	name, value, set := strings.Cut(args, "=")
	if !set {
		if n, v, two := strings.Cut(args, " "); two {
			name, value, set = n, strings.TrimSpace(v), true
		}
	}
	if !set {
		for _, kv := range os.Environ() {
			if name == "" || strings.HasPrefix(kv, name+"=") {
				r.out.Stream("stdout", []byte(kv+"\n"))
			}
		}
		return nil
	}
	w, err := e.current(r.ctx)
	if err != nil {
		return err
	}
	return w.Setenv(r.ctx, strings.TrimSpace(name), value)
}

func (e *Engine) forget(r *run, args string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := e.state.Clone()
	for _, name := range strings.Fields(args) {
		if !next.Forget(name) {
			return fmt.Errorf("%%forget: there is no %s", name)
		}
	}
	e.state = next
	return nil
}

func (e *Engine) get(r *run, args string) error {
	if args == "" {
		return fmt.Errorf("%%get takes a package: %%get golang.org/x/sync@latest")
	}
	return e.builder.Get(r.ctx, strings.Fields(args)...)
}

func (e *Engine) go111module(_ *run, args string) error {
	switch args {
	case "on", "off":
		return nil
	}
	return fmt.Errorf("%%go111module takes on or off")
}

func (e *Engine) reset(r *run, _ string) error {
	w, err := e.current(r.ctx)
	if err != nil {
		return err
	}
	e.replace(w, "%reset")
	w.Close()
	e.mu.Lock()
	e.state = compile.NewState()
	e.mu.Unlock()
	e.startWorker()
	return nil
}

func (e *Engine) vars(r *run, _ string) error {
	s := e.snapshot()
	var b strings.Builder
	names := make([]string, 0, len(s.Vars))
	for n := range s.Vars {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(&b, "%-16s %s\n", n, s.Vars[n].TypeString())
	}
	if b.Len() == 0 {
		b.WriteString("no variables\n")
	}
	r.out.Stream("stdout", []byte(b.String()))
	return nil
}

func (e *Engine) version(r *run, _ string) error {
	t := e.builder.Toolchain()
	fmt.Fprintf(streamWriter{r.out, "stdout"}, "interleave %s\n%s %s\nlinking: %s (%s)\n", e.o.Version, t.Version, t.Root, e.builder.Mode(), e.builder.Why())
	return nil
}

type streamWriter struct {
	out  session.Output
	name string
}

func (s streamWriter) Write(b []byte) (int, error) {
	s.out.Stream(s.name, b)
	return len(b), nil
}

// shell runs a command to its end, its output live; an interrupt ends it with everything it started.
func (e *Engine) shell(r *run, d cell.Directive) error {
	if d.Args == "" {
		return fmt.Errorf("%s needs a command behind it", d.Mark)
	}
	argv := strings.Fields(d.Args)
	if d.Mark == "!" {
		argv = []string{"/bin/sh", "-c", d.Args}
	}
	cmd := exec.CommandContext(r.ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = streamWriter{r.out, "stdout"}, streamWriter{r.out, "stderr"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if w, err := e.current(r.ctx); err == nil {
		cmd.Dir, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID()))
	}
	err := cmd.Run()
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return err
}
