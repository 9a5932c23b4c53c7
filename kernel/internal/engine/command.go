package engine

import (
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/plots/spell"
)

// command is one % command. The table is what %help and kernel/README.md show.
type command struct {
	name, args, help string
	run              func(e *Engine, r *run, args string) error
	about            string // more than help says, in Markdown
	example          string // a whole cell
}

func commands() []command {
	return []command{
		{"%autoget", "", "get what an import lacks, in a folder without a go.mod; this is the default", (*Engine).autoget,
			"It undoes `%noautoget`.", "%autoget"},
		{"%cd", "[DIR]", "change the folder that cells run in; without DIR, to the home folder", (*Engine).chdir,
			"`%cd -` goes back to the folder before. The folder holds for cells, programs, tests and shell commands, until the next `%cd` or `%reset`, and through a crash. A go.mod or go.work above it decides about imports from then on; where there is none, those of the notebook's folder do.",
			"%cd /tmp\nos.Getwd()"},
		{"%env", "[NAME[=VALUE] | -u NAME]", "list, show, set or remove environment variables of the cells; $NAME in VALUE is replaced", (*Engine).environ,
			"Programs, tests and shell commands get the variables as well, those too that Go code has set by `os.Setenv`. What `%env` has set survives a crash.",
			"%env GREETING=hello, $USER\n!echo $GREETING"},
		{"%forget", "NAME…", "forget variables, types, functions, methods or imports", (*Engine).forget,
			"What is declared otherwise stays. A function that uses a forgotten name is kept and says so when it is called. `%forget T.Method` forgets one method of a type.",
			"%forget big\nruntime.GC()"},
		{"%get", "[PACKAGE[@VERSION]… | -list | -reset]", "add modules to what this notebook may import, or list them", (*Engine).get,
			"It is `go get`: what is in the module cache needs no network, `PACKAGE@none` removes a module. Where a go.mod governs the notebook it changes that file. " +
				"Elsewhere what the notebooks of a folder asked for is kept in the cache; `%get` alone, or `%get -list`, shows it as lines that you can copy, and `%get -reset` forgets it. " +
				"A process holds one version of a package, so another version of one that is loaded waits for a restart, and the command says so.",
			"%get golang.org/x/sync@latest"},
		{"%go111module", "{on|off}", "accepted for gophernotes's notebooks; modules are always on", (*Engine).go111module, "It does nothing.", "%go111module on"},
		{"%goroutines", "", "list the goroutines that cells have left in the background", (*Engine).listGoroutines,
			"They are grouped by the cell that started them, with what each waits for and where. A cell that leaves goroutines behind mentions them once.",
			"%goroutines"},
		{"%help", "[COMMAND]", "show this help", (*Engine).help, "Of one command it shows the example as well.", "%help %timeit"},
		{"%noautoget", "", "until the kernel restarts, import only what is there, and get nothing unasked", (*Engine).noautoget,
			"An import that lacks its package is then an error that names the `%get` line. Where a go.mod governs the notebook it is so in any case.", "%noautoget"},
		{"%reset", "", "forget everything and start a fresh worker", (*Engine).reset, "Goroutines end, and `%cd` and `%env` are forgotten too. It is like a restart of the kernel: go.mod and the packages of your module are read again.", "%reset"},
		{"%slides", "[-o DIR]", "make slides of this notebook as it was last saved: HTML, PDF, PPTX, and its charts", (*Engine).slides,
			"It is the command `slides` of the [command line](#the-command-line), and shows what that says. Without `-o` they go into the folder `slides` beside the notebook. " +
				"Save first. JupyterLab tells the kernel the notebook's file; for a client that does not, `%env JPY_SESSION_NAME=PATH` does.",
			"%slides -o /tmp/slides"},
		{"%time", "EXPRESSION", "run an expression, show its value, its wall and CPU time and what it allocated", (*Engine).timeCommand,
			"CPU time over wall time is the number of processors that were at work on average.",
			"%time strings.Repeat(\"ab\", 1<<20)[:4]"},
		{"%timeit", "EXPRESSION", "run an expression many times: median, 95 % interval, allocations", (*Engine).timeitCommand,
			"After a warm-up it takes up to 60 samples of at least 10 ms each, within about a second. The interval assumes nothing about the distribution. When something " +
				"waited for a processor for more than a tenth of that time (`/proc/pressure/cpu`), it says that the machine is noisy.",
			"%timeit strconv.Itoa(1234567)"},
		{"%vars", "[NAME…]", "list variables with type, size and value", (*Engine).vars,
			"It calls no methods and walks no maps, so it is safe beside goroutines that are at work on the values.",
			"%vars"},
		{"%version", "", "show the versions of the kernel and of Go", (*Engine).version, "And which Go compiles cells, how they are linked, and why. `!go` and `$ go` run the first Go on PATH, whatever compiles cells.", "%version"},
		{"%who", "", "list the names of everything that is declared", (*Engine).who, "Variables, functions, types, constants and imports, by kind, and what is not ready: functions and methods that do not compile now or need something that is not declared.", "%who"},
	}
}

// command runs one directive.
func (e *Engine) command(r *run, d cell.Directive) *session.Fault {
	var err error
	switch d.Mark {
	case "$", "!":
		err = e.shell(r, d)
	case "%":
		name := "%" + d.Name
		i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
		if i < 0 {
			err = fmt.Errorf("unknown command %s%s", name, suggestion(name))
			break
		}
		err = commands()[i].run(e, r, d.Args)
	}
	if err != nil && r.ctx.Err() != nil {
		return faults.Plain("Interrupted", "the command was interrupted")
	}
	return faults.Command(err)
}

// misplaced explains a syntax error in a line that looks like a command. In code, lines that are commands are blank.
func misplaced(text *cell.Text, code string, offset int) string {
	line, _ := text.Position(offset)
	s := strings.TrimSpace(text.Line(line))
	if s == "" || strings.TrimSpace(cell.NewText(code).Line(line)) != s {
		return ""
	}
	first, rest, _ := strings.Cut(s, " ")
	switch {
	case first == "%%":
		return " (" + argumentsOf(rest) + ")"
	case strings.ContainsRune("%$!", rune(s[0])):
		why := "commands stand at the top of the cell, above its Go code"
		if s[0] == '%' && !slices.ContainsFunc(helpRows(), func(h helpRow) bool { return h.name == first }) {
			why += "; there is no " + first + strings.TrimSuffix(suggestion(first), " (see %help)")
		}
		return " (" + why + ")"
	case forShell(first, rest):
		return " (" + toShell(first, s) + ")"
	}
	return ""
}

// argumentsOf explains a line %% ARG…, which gives arguments to a program in GoNB's notebooks.
func argumentsOf(args string) string {
	return "%% takes no arguments here: %%program -- " + strings.TrimSpace(args) + " at the top of the cell runs it as a program with them"
}

// shellWords are programs that people run from cells; subcommands are what may stand behind go.
var (
	shellWords = []string{"apt", "apt-get", "bash", "cat", "cd", "conda", "cp", "curl", "docker", "echo", "export", "git", "grep", "ls", "mkdir", "mv",
		"pip", "pip3", "python", "python3", "rm", "sh", "source", "sudo", "touch", "unzip", "wget", "which"}
	subcommands = []string{"build", "clean", "doc", "env", "fix", "fmt", "generate", "get", "install", "list", "mod", "run", "test", "tool", "version", "vet", "work"}
)

// forShell reports whether a line that is not Go is meant for the shell.
func forShell(first, rest string) bool {
	second, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if first == "go" {
		return slices.Contains(subcommands, second)
	}
	return slices.Contains(shellWords, first) && second != "" && !strings.ContainsRune("=:(,;)+*<>&|", rune(second[0]))
}

// toShell says how to run a line that is meant for the shell.
func toShell(first, line string) string {
	switch first {
	case "cd":
		return "to change the folder, write %" + line
	case "export":
		return "to set a variable, write %env" + strings.TrimPrefix(line, first)
	}
	return "to run it in the shell, write !" + line
}

// suggestion names the nearest command.
func suggestion(name string) string {
	if why := withoutNeed[name]; why != "" {
		return ": " + why
	}
	if s, ok := synonyms[name]; s != "" {
		return ": did you mean " + s + "? (see %help)"
	} else if ok {
		return ": see %help"
	}
	var names []string
	for _, h := range helpRows() {
		if strings.HasPrefix(h.name, "%") {
			names = append(names, h.name)
		}
	}
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }); i >= 0 && len(name) > 2 {
		return ": did you mean " + names[i] + "? (see %help)"
	}
	best, least := "", min(4, (len(name)+1)/2)
	for _, n := range names {
		if d := spell.Distance(name, n); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ": see %help"
	}
	return ": did you mean " + best + "? (see %help)"
}
