package magic

import (
	_ "embed" // for manual.md
	"strings"
	"sync"
)

// manual is what the reader is told of each command, in the order of the table.
//
//go:embed manual.md
var manual string

// Text is what the reader is told of a command.
type Text struct {
	Args    string // how its arguments are written
	Help    string // one line
	About   string // more than Help says, in Markdown
	Example string // a whole cell
}

// texts are the texts of all commands.
var texts = sync.OnceValue(func() map[string]Text { return readManual(manual) })

// readManual reads the texts by the names of the commands. A text is a heading, name and arguments, and three blocks with
// an empty line between: what the command does, more about it, an example that is indented by four blanks.
func readManual(text string) map[string]Text {
	out := map[string]Text{}
	for section := range strings.SplitSeq("\n"+text, "\n# ") {
		heading, rest, _ := strings.Cut(section, "\n")
		name, args, _ := strings.Cut(heading, " ")
		help, rest, _ := strings.Cut(rest, "\n\n")
		about, example, _ := strings.Cut(rest, "\n\n")
		if name == "" {
			continue
		}
		example = strings.ReplaceAll("\n"+strings.TrimRight(example, "\n"), "\n    ", "\n")
		out[name] = Text{args, unwrap(help), unwrap(about), strings.TrimPrefix(example, "\n")}
	}
	return out
}

// unwrap joins the lines of a paragraph.
func unwrap(paragraph string) string {
	return strings.ReplaceAll(strings.TrimSpace(paragraph), "\n", " ")
}
