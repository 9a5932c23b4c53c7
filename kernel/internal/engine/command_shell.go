package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// shell runs $ COMMAND, split at blanks as gophernotes does, or !COMMAND, a line of the shell.
func (e *Engine) shell(r *run, d cell.Directive) error {
	if d.Args == "" {
		return fmt.Errorf("%s needs a command behind it: %s", d.Mark, map[string]string{"$": "$ go version", "!": "!ls | wc -l"}[d.Mark])
	}
	line := d.Args
	if d.Mark == "!" { // GoNB's !* runs a line in the folder of its module, which is that of the cells here
		line = strings.TrimSpace(strings.TrimPrefix(line, "*"))
	}
	argv := []string{e.shellPath(), "-c", line}
	if d.Mark == "$" {
		argv = strings.Fields(line)
	}
	err := e.child(r, argv)
	if err != nil {
		e.adviseGo(r, line)
	}
	return err
}

// goGetLine is a line that adds packages to a module, goRunLine one that runs or tests code.
var (
	goGetLine = regexp.MustCompile(`^go (?:get|install|mod download)\s+(?:-\S+\s+)*([^-\s]\S*)`)
	goRunLine = regexp.MustCompile(`^go (run|test)\b`)
)

// adviseGo tells whoever asks the go command in vain what does the same in a notebook, whose cells are no files.
func (e *Engine) adviseGo(r *run, line string) {
	if r.ctx.Err() != nil {
		return
	}
	if m := goGetLine.FindStringSubmatch(line); m != nil {
		r.notes([]string{"to use a package in this notebook: %get " + m[1]})
	}
	if m := goRunLine.FindStringSubmatch(line); m != nil && e.isOpen() && e.builder.Scratch() { // no module, so hardly files of Go
		r.notes([]string{map[string]string{
			"run":  "to run a cell of this notebook as a program: write %%program above it",
			"test": "to run the tests of this notebook: %%test",
		}[m[1]]})
	}
}

// bash runs a cell as a script of the shell.
func (e *Engine) bash(r *run, d cell.Directive, text *cell.Text, _ string) *session.Fault {
	words, err := splitWords(d.Args)
	if err != nil {
		return faults.Plain("CommandError", "%%bash: "+err.Error())
	}
	err = e.child(r, append([]string{e.shellPath(), "-c", strings.ReplaceAll(below(text.Source, d), "\r\n", "\n"), "bash"}, words...))
	if err != nil && r.ctx.Err() != nil {
		return faults.Plain("Interrupted", "the script was interrupted")
	}
	return faults.Command(err)
}

// shellPath is bash where there is one.
func (e *Engine) shellPath() string {
	for _, p := range []string{"/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"} {
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			return p
		}
	}
	return "/bin/sh"
}

// below is the text of a cell behind a directive.
func below(source string, d cell.Directive) string {
	rest := source[d.Offset:]
	for {
		line, more, found := strings.Cut(rest, "\n")
		if !found {
			return ""
		}
		if rest = more; !strings.HasSuffix(strings.TrimSpace(line), "\\") {
			return rest
		}
	}
}

// child runs a command where cells run and with their environment, its output live. An interrupt ends it with everything it
// has started.
func (e *Engine) child(r *run, argv []string) error {
	env, dir, err := e.surroundings(r.ctx)
	if err != nil {
		return err
	}
	path := lookPath(argv[0], env, dir)
	if path == "" {
		return fmt.Errorf("there is no command %s in the PATH of the cells", argv[0])
	}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	end, err := worker.Command{Argv: append([]string{path}, argv[1:]...), Env: env, Dir: dir, Guard: e.o.Guard, Memory: e.memory,
		Handler: childOutput{e, r.out, nil}, Ask: syscall.SIGINT}.Run(ctx)
	if err != nil {
		return err
	}
	if end.Stopped {
		return context.Cause(ctx)
	}
	name := filepath.Base(argv[0])
	switch {
	case len(argv) > 2 && argv[1] == "-c":
		name = "the command"
		if len(argv) > 3 {
			name = "the script"
		}
	}
	if end.Excess != nil {
		return &faults.Error{Fault: e.excessFault(r, name, end.Excess)}
	}
	return endingError(name, end)
}

// endingError says how a command ended, when not well.
func endingError(name string, end worker.Ending) error {
	switch {
	case end.OOM:
		return fmt.Errorf("%s was killed because the system ran out of memory", name)
	case end.Signal != 0:
		return fmt.Errorf("%s was ended by a signal: %v", name, end.Signal)
	case end.Code == 127 && name != "the script":
		return fmt.Errorf("%s ended with exit status 127: not found", name)
	case end.Code != 0:
		return fmt.Errorf("%s ended with exit status %d", name, end.Code)
	}
	return nil
}

// surroundings are the environment and the folder that cells have now.
func (e *Engine) surroundings(ctx context.Context) (env []string, dir string, err error) {
	if !e.isOpen() {
		env, dir = e.earlySurroundings()
		return env, dir, nil
	}
	w, err := e.current(ctx)
	if err != nil {
		return nil, "", err
	}
	if env, err = w.Environ(ctx); err != nil {
		return nil, "", err
	}
	if dir, err = os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID())); err != nil {
		dir = e.o.Dir
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, "", removedFolder(strings.TrimSuffix(dir, " (deleted)"))
	}
	return env, dir, nil
}

// removedFolder is the error of the folder that cells run in when it is not there any more.
type removedFolder string

func (dir removedFolder) Error() string {
	return fmt.Sprintf("the folder that cells run in, %s, was removed: make it again or take another one, and write %%cd FOLDER above the cell", string(dir))
}

// standing is a folder, or the nearest one above it that is there.
func standing(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// lookPath finds a program as the shell would, "" if there is none.
func lookPath(name string, env []string, dir string) string {
	runs := func(p string) bool {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		st, err := os.Stat(p)
		return err == nil && !st.IsDir() && st.Mode()&0o111 != 0
	}
	if strings.Contains(name, "/") {
		if runs(name) {
			return name
		}
		return ""
	}
	for _, d := range filepath.SplitList(lookupEnv(env, "PATH")) {
		if p := filepath.Join(d, name); d != "" && runs(p) {
			return p
		}
	}
	return ""
}

// lookupEnv is a variable's value; the last one counts.
func lookupEnv(env []string, name string) string {
	value := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}
