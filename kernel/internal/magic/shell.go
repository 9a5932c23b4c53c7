package magic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/environ"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// shell runs $ COMMAND, split at blanks as gophernotes does, or !COMMAND, a line of the shell.
func shell(ctx context.Context, h Host, in Input) *session.Fault {
	d := in.Line
	if d.Args == "" {
		return faults.Plain("CommandError", fmt.Sprintf("%s needs a command behind it: %s", d.Mark, find(d.Mark).Example))
	}
	line := d.Args
	if d.Mark == "!" { // GoNB's !* runs a line in the folder of its module, which is that of the cells here
		line = strings.TrimSpace(strings.TrimPrefix(line, "*"))
	}
	argv := []string{shellPath(), "-c", line}
	if d.Mark == "$" {
		argv = strings.Fields(line)
	}
	err := child(ctx, h, argv)
	if err != nil {
		adviseGo(ctx, h, line)
	}
	return ended(ctx, err, "the command")
}

// goGetLine is a line that adds packages to a module, goRunLine one that runs or tests code.
var (
	goGetLine = regexp.MustCompile(`^go (?:get|install|mod download)\s+(?:-\S+\s+)*([^-\s]\S*)`)
	goRunLine = regexp.MustCompile(`^go (run|test)\b`)
)

// adviseGo tells whoever asks the go command in vain what does the same in a notebook, whose cells are no files.
func adviseGo(ctx context.Context, h Host, line string) {
	if ctx.Err() != nil {
		return
	}
	if m := goGetLine.FindStringSubmatch(line); m != nil {
		notes(h.Out(), []string{"to use a package in this notebook: %get " + m[1]})
	}
	// Without a module there are hardly files of Go.
	if m := goRunLine.FindStringSubmatch(line); m != nil && h.Kernel().IsOpen() && h.Builder().Scratch() {
		notes(h.Out(), []string{map[string]string{
			"run":  "to run a cell of this notebook as a program: write %%program above it",
			"test": "to run the tests of this notebook: %%test",
		}[m[1]]})
	}
}

// bash runs a cell as a script of the shell.
func bash(ctx context.Context, h Host, in Input) *session.Fault {
	words, err := splitWords(in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", "%%bash: "+err.Error())
	}
	script := strings.ReplaceAll(below(in.Text.Source, in.Line), "\r\n", "\n")
	return ended(ctx, child(ctx, h, append([]string{shellPath(), "-c", script, "bash"}, words...)), "the script")
}

// shellPath is bash where there is one.
func shellPath() string {
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
func child(ctx context.Context, h Host, argv []string) error {
	env, dir, err := h.Process().Surroundings(ctx)
	if err != nil {
		return err
	}
	path := environ.Program(argv[0], env, dir)
	if path == "" {
		return fmt.Errorf("there is no command %s in the PATH of the cells", argv[0])
	}
	end, err := h.Process().RunChild(ctx, worker.Command{Argv: append([]string{path}, argv[1:]...), Env: env, Dir: dir,
		Handler: childOutput{h, h.Out(), nil}, Ask: syscall.SIGINT})
	if err != nil {
		return err
	}
	if end.Stopped {
		return errStopped
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
		return &faults.Error{Fault: faults.Excess(h.Cell().Count, name, end.Excess)}
	}
	return endingError(name, end)
}

// errStopped is the end of a command that an interrupt, or the end of the kernel, has ended.
var errStopped = errors.New("it was stopped")

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

// RemovedFolder is the error of the folder that cells run in when it is not there any more.
type RemovedFolder string

func (dir RemovedFolder) Error() string {
	return fmt.Sprintf("the folder that cells run in, %s, was removed: make it again or take another one, and write %%cd FOLDER above the cell", string(dir))
}
