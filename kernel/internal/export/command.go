package export

import (
	"strings"

	"interleave/kernel/internal/cell"
)

// silent are commands that show something to whoever runs the notebook, or have no meaning for a program.
var silent = map[string]bool{"help": true, "vars": true, "who": true, "version": true, "goroutines": true, "go111module": true, "autoget": true,
	"noautoget": true, "get": true}

// ordinary are commands that run their cell as any other, and look on.
var ordinary = map[string]bool{"time": true, "prof": true, "trace": true, "asm": true, "escape": true}

// directive does what a command means for a program. as says what becomes of the cell below it: "left", "test", "program",
// "race", or "" for an ordinary cell.
func (x *exporter) directive(d cell.Directive, as *string) (note string) {
	line := strings.TrimSpace(d.Mark + d.Name + " " + d.Args)
	switch d.Mark {
	case "%%":
		switch {
		case d.Name == "test" || d.Name == "program" || d.Name == "race":
			*as = d.Name
			return ""
		case ordinary[d.Name]:
			return x.leave(false, "%s measures; the cell is in the program as an ordinary one", line)
		}
		*as = "left"
		return x.leave(false, "%s and what stands below it", line)
	case "%":
		switch {
		case d.Name == "forget":
			x.book.Forget(strings.Fields(d.Args)...)
			return ""
		case d.Name == "reset":
			x.book.Reset()
			return ""
		case silent[d.Name]:
			return ""
		}
		return x.leave(false, "%s", line)
	}
	return x.leave(false, "%s", d.Mark+d.Args)
}

// commandLine runs a program as its command in the notebook does. Flags that have no counterpart are left out.
func commandLine(dir string, race bool, args string) string {
	env, flags, rest := "", "", ""
	words := strings.Fields(args)
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		name, value, joined := strings.Cut(words[0], "=")
		words = words[1:]
		if name == "-race" {
			race = true
			continue
		}
		if !joined && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		switch strings.TrimPrefix(name, "-") {
		case "env":
			env += value + " "
		case "procs":
			env += "GOMAXPROCS=" + value + " "
		case "gcflags", "ldflags":
			flags += " " + name + "=" + value
		}
	}
	if len(words) > 0 {
		rest = " " + strings.Join(words, " ")
	}
	if race {
		flags += " -race"
	}
	return env + "go run" + flags + " ./" + dir + rest
}
