package engine

import (
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
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
		{"%env", "[NAME[=VALUE] | -u NAME]", "list, show, set or remove environment variables of the cells; $NAME in VALUE is replaced", (*Engine).environ},
		{"%forget", "NAME…", "forget variables, types, functions or imports", (*Engine).forget},
		{"%get", "PACKAGE[@VERSION]…", "add modules to the go.mod that governs this notebook", (*Engine).get},
		{"%go111module", "{on|off}", "accepted for gophernotes's notebooks; modules are always on", (*Engine).go111module},
		{"%goroutines", "", "list the goroutines that cells have left in the background", (*Engine).listGoroutines},
		{"%help", "[COMMAND]", "show this help", (*Engine).help},
		{"%reset", "", "forget everything and start a fresh worker", (*Engine).reset},
		{"%time", "EXPRESSION", "run an expression, show its value, its wall and CPU time and what it allocated", (*Engine).timeCommand},
		{"%timeit", "EXPRESSION", "run an expression many times: median, 95 % interval, allocations", (*Engine).timeitCommand},
		{"%vars", "[NAME…]", "list variables with type, size and value", (*Engine).vars},
		{"%version", "", "show the versions of the kernel and of Go", (*Engine).version},
		{"%who", "", "list the names of everything that is declared", (*Engine).who},
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
		return plainFault("Interrupted", "the command was interrupted")
	}
	return commandFault(err)
}

// misplaced explains a syntax error in a line that looks like a command.
func misplaced(text *cell.Text, offset int) string {
	line, _ := text.Position(offset)
	if s := strings.TrimSpace(text.Line(line)); s != "" && strings.ContainsRune("%$!", rune(s[0])) {
		return " (commands stand at the top of the cell, above its Go code)"
	}
	return ""
}

// suggestion names the nearest command.
func suggestion(name string) string {
	if s := synonyms[name]; s != "" {
		return ": did you mean " + s + "? (see %help)"
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
