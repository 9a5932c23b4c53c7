// Package magic has the commands of cells, those of one line (%, $ and !) and those that take a whole cell (%%). Each is
// a value, a Command, and uses the notebook through the interface Host: what it may touch is what it asks the Host for.
// The texts of %help and of the manual are in manual.md. Package magic completes the lines of commands as well.
//
// It knows neither Jupyter's messages nor how a Host does what it is asked for.
package magic

import (
	"context"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
	"interleave/plots/spell"
)

// Command is one command.
type Command struct {
	Name string // with its %, %%, $ or !
	Text        // for the reader
	Run  func(ctx context.Context, h Host, in Input) *session.Fault
	// Words completes a word of its arguments; nil for what the flags and choices in Args tell.
	Words   func(n Notebook, word string) []session.Match
	Early   bool // it needs no compiler: it runs before the kernel is open, too
	NotGo   bool // its cell is not Go
	TakesGo bool // its arguments are Go
}

// Input is where a command stands.
type Input struct {
	Line cell.Directive
	Text *cell.Text // the cell
	Code string     // its Go text: lines of commands are blank
}

// Commands lists all commands, as %help and the manual show them.
func Commands() []*Command {
	list := []*Command{
		{Name: "%autoget", Run: line(autoget), Early: true},
		{Name: "%cd", Run: line(chdir), Words: folders},
		{Name: "%env", Run: line(environment)},
		{Name: "%forget", Run: line(forget), Words: declared("")},
		{Name: "%get", Run: line(get), Early: true},
		{Name: "%go111module", Run: line(go111module)},
		{Name: "%goroutines", Run: line(goroutines)},
		{Name: "%help", Run: line(help), Words: commandNames, Early: true},
		{Name: "%noautoget", Run: line(noautoget), Early: true},
		{Name: "%reset", Run: line(reset), Early: true},
		{Name: "%slides", Run: line(slides)},
		{Name: "%time", Run: line(timeCommand), TakesGo: true},
		{Name: "%timeit", Run: line(timeitCommand), TakesGo: true},
		{Name: "%vars", Run: line(vars), Words: declared("variable")},
		{Name: "%version", Run: line(version), Early: true},
		{Name: "%who", Run: line(who)},
		{Name: "%%bash", Run: bash, Early: true, NotGo: true},
		{Name: "%%file", Run: writeFile, Words: files, Early: true, NotGo: true},
		{Name: "%%program", Run: programMode},
		{Name: "%%race", Run: raceMode},
		{Name: "%%test", Run: testMode},
		{Name: "%%asm", Run: asmMode, Words: declared("function")},
		{Name: "%%escape", Run: escapeMode},
		{Name: "%%prof", Run: profMode},
		{Name: "%%time", Run: timeMode},
		{Name: "%%timeit", Run: timeitMode},
		{Name: "%%trace", Run: traceMode},
		{Name: "%%writefile", Run: writeFile, Words: files, Early: true, NotGo: true},
		{Name: "$", Run: shell, Words: files, Early: true},
		{Name: "!", Run: shell, Words: files, Early: true},
	}
	texts := texts()
	for _, c := range list {
		c.Text = texts[c.Name]
	}
	return list
}

// find is the command of a name, nil if there is none.
func find(name string) *Command {
	list := Commands()
	if i := slices.IndexFunc(list, func(c *Command) bool { return c.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// line is the Run of a command that is given its arguments alone.
func line(run func(ctx context.Context, h Host, args string) error) func(context.Context, Host, Input) *session.Fault {
	return func(ctx context.Context, h Host, in Input) *session.Fault {
		return ended(ctx, run(ctx, h, in.Line.Args), "the command")
	}
}

// ended is the fault of a command that has ended with an error, nil without one.
func ended(ctx context.Context, err error, what string) *session.Fault {
	if err != nil && ctx.Err() != nil {
		return faults.Plain("Interrupted", what+" was interrupted")
	}
	return faults.Command(err)
}

// Run runs the command of a directive.
func Run(ctx context.Context, h Host, in Input) *session.Fault {
	name := in.Line.Mark + in.Line.Name
	c := find(name)
	switch {
	case c != nil:
		return c.Run(ctx, h, in)
	case in.Line.Mark == "%":
		return faults.Plain("CommandError", "unknown command "+name+suggestion(name))
	case strings.HasPrefix(in.Line.Name, "-"):
		return faults.Plain("CommandError", argumentsOf(in.Line.Name+" "+in.Line.Args))
	}
	return faults.Plain("CommandError", "unknown cell command "+name+suggestion(name))
}

// Early reports whether the command of a directive needs no compiler.
func Early(d cell.Directive) bool {
	if d.Mark == "$" || d.Mark == "!" {
		return true
	}
	c := find(d.Mark + d.Name)
	return c != nil && c.Early
}

// Misplaced explains a syntax error in a line that looks like a command. In code, lines that are commands are blank.
func Misplaced(text *cell.Text, code string, offset int) string {
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
		if s[0] == '%' && find(first) == nil {
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
	for _, c := range Commands() {
		if strings.HasPrefix(c.Name, "%") {
			names = append(names, c.Name)
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
