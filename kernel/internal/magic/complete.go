package magic

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/assist"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/session"
)

// Notebook is what completion asks about a notebook. Package engine implements it.
type Notebook interface {
	IsOpen() bool
	State() *compile.State
	Folder() string // that cells run in
}

// Complete completes what stands in the line of a command; done is false when the offset at is in Go text, which text then
// holds: the cell with its commands blanked out but for the expressions that they take.
func Complete(n Notebook, code string, at int) (text string, c session.Completion, done bool) {
	c = session.Completion{Start: at, End: at}
	if start, found := commandStart(code, cell.WordStart(code, at)); found {
		c.Start, c.Matches = start, commandMatches(code[start:at])
		return "", c, true
	}
	list, text := cell.Directives(code)
	d, args, found := directiveAt(list, code, at)
	switch {
	case !found:
		return text, c, notGo(list)
	case at < args:
		return "", c, true
	case takesGo(d):
		return expressionIn(text, code, args), c, false
	}
	word := wordOf(code[args:at])
	c.Start = at - len(word)
	c.Matches = argumentMatches(n, d, word)
	return "", c, true
}

// notGo reports whether the text below the commands of a cell is not Go.
func notGo(list []cell.Directive) bool {
	if len(list) == 0 || list[len(list)-1].Mark != "%%" {
		return false
	}
	c := find("%%" + list[len(list)-1].Name)
	return c != nil && c.NotGo
}

// takesGo reports whether the arguments of a command are Go.
func takesGo(d cell.Directive) bool {
	c := find(d.Mark + d.Name)
	return c != nil && c.TakesGo
}

// expressionIn adds the arguments of a command that begin at args to the Go text of a cell.
func expressionIn(text, code string, args int) string {
	end := len(code)
	if i := strings.IndexByte(code[args:], '\n'); i >= 0 {
		end = args + i
	}
	return text[:args] + code[args:end] + text[end:]
}

// directiveAt finds the command whose line, or continued lines, an offset is in, and where its arguments begin.
func directiveAt(list []cell.Directive, code string, at int) (d cell.Directive, args int, found bool) {
	for _, d := range list {
		end := len(code) - len(below(code, d))
		if at < d.Offset || at >= end && (end < len(code) || strings.HasSuffix(code, "\n")) {
			continue
		}
		args = d.Offset + len(d.Mark)
		if d.Name != "" {
			args += strings.Index(code[args:], d.Name) + len(d.Name)
		}
		for args < len(code) && (code[args] == ' ' || code[args] == '\t') {
			args++
		}
		return d, args, true
	}
	return d, 0, false
}

// wordOf is the last word of a command's arguments as it stands there, with an open quote and backslashes.
func wordOf(args string) string {
	start, open := 0, byte(0)
	for i := 0; i < len(args); i++ {
		switch c := args[i]; {
		case open != 0:
			if c == open {
				open = 0
			}
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			open = c
		case c == ' ' || c == '\t' || c == '\n':
			start = i + 1
		}
	}
	return args[min(start, len(args)):]
}

// argumentMatches lists what a word among a command's arguments may become.
func argumentMatches(n Notebook, d cell.Directive, word string) []session.Match {
	c := find(d.Mark + d.Name)
	if c == nil {
		return nil
	}
	var out []session.Match
	if c.Words != nil {
		out = c.Words(n, word)
	}
	for _, w := range argumentWords(c) {
		if strings.HasPrefix(w.Text, word) && (word != "" || !strings.HasPrefix(w.Text, "-")) {
			out = append(out, w)
		}
	}
	return out
}

// declared completes the names of one kind that the notebook has declared, of all kinds when kind is "".
func declared(kind string) func(n Notebook, word string) []session.Match {
	return func(n Notebook, word string) []session.Match {
		if !n.IsOpen() {
			return nil
		}
		list := assist.Matches(assist.Names(n.State()), word)
		return slices.DeleteFunc(list, func(m session.Match) bool { return kind != "" && m.Type != kind })
	}
}

// commandNames completes the name of a command.
func commandNames(_ Notebook, word string) []session.Match {
	return commandMatches("%" + strings.TrimLeft(word, "%"))
}

// files completes the name of a file.
func files(n Notebook, word string) []session.Match {
	if strings.HasPrefix(word, "-") {
		return nil
	}
	return fileMatches(n, word, false)
}

// folders completes the name of a folder.
func folders(n Notebook, word string) []session.Match { return fileMatches(n, word, true) }

var (
	flagSyntax   = regexp.MustCompile(`\[(-\w+)([^\]]*)\]`)
	choiceSyntax = regexp.MustCompile(`\{([\w|]+)\}`)
	othersFlags  = regexp.MustCompile(`flags of (%+\w+)`)
)

// argumentWords reads the flags and the choices of a command out of its line in %help.
func argumentWords(c *Command) []session.Match {
	var out []session.Match
	for _, f := range flagSyntax.FindAllStringSubmatch(c.Args, -1) {
		out = append(out, session.Match{Text: f[1], Type: "keyword", Signature: strings.TrimSpace(f[1] + f[2])})
	}
	for _, f := range choiceSyntax.FindAllStringSubmatch(c.Args, -1) {
		for choice := range strings.SplitSeq(f[1], "|") {
			out = append(out, session.Match{Text: choice, Type: "keyword", Signature: c.Help})
		}
	}
	if other := othersFlags.FindStringSubmatch(c.Args); other != nil {
		out = append(out, argumentWords(find(other[1]))...)
	}
	return out
}

// fileMatches completes the name of a file, or of a folder only, as it stands on a command's line.
func fileMatches(n Notebook, word string, folders bool) []session.Match {
	quote, typed := "", word
	if word != "" && (word[0] == '"' || word[0] == '\'') {
		quote, typed = word[:1], word[1:]
	}
	if quote != "'" {
		typed = strings.NewReplacer(`\\`, `\`, `\`, "").Replace(typed)
	}
	dir, prefix := typed[:strings.LastIndexByte(typed, '/')+1], typed[strings.LastIndexByte(typed, '/')+1:]
	if typed == "~" {
		dir, prefix = "~/", ""
	}
	entries, err := os.ReadDir(inDir(dir, n.Folder()))
	if err != nil {
		return nil
	}
	var out []session.Match
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, ".") && !strings.HasPrefix(prefix, ".") {
			continue
		}
		kind, is := "file", entry.IsDir()
		if entry.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(inDir(dir, n.Folder()), name))
			is = err == nil && info.IsDir()
		}
		text := dir + name
		if is {
			kind, text = "folder", text+"/"
		} else if folders {
			continue
		}
		out = append(out, session.Match{Text: quote + quoteName(text, quote), Type: kind})
	}
	return out
}

// quoteName writes a file's name so that splitWords reads it, within an open quote or outside of quotes.
func quoteName(name, quote string) string {
	special := map[string]string{"": " \t\\\"'", `"`: "\\\"", "'": ""}[quote]
	var b strings.Builder
	for _, r := range name {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Inspect tells what a command is for, in Markdown; done is false when the offset at is in Go text, which text then holds.
func Inspect(code string, at int) (text, markdown string, done bool) {
	list, text := cell.Directives(code)
	d, args, found := directiveAt(list, code, at)
	switch {
	case !found:
		return text, "", notGo(list)
	case takesGo(d) && at > args:
		return expressionIn(text, code, args), "", false
	}
	if c := find(d.Mark + d.Name); c != nil {
		markdown = "```\n" + c.usage() + "\n```\n\n" + c.Help
	}
	return "", markdown, true
}

// commandStart is where the command begins whose name's letters begin at from: its line must begin with it.
func commandStart(code string, from int) (at int, found bool) {
	at = len(strings.TrimRight(code[:from], "%"))
	line := code[strings.LastIndexByte(code[:at], '\n')+1 : at]
	return at, at < from && strings.TrimLeft(line, " \t") == "" // else it is x % y
}

// commandMatches are the commands that begin so; a single % leads to cell commands as well.
func commandMatches(prefix string) []session.Match {
	var out []session.Match
	for _, c := range Commands() {
		if strings.HasPrefix(c.Name, prefix) || strings.HasPrefix(c.Name, "%"+prefix) {
			out = append(out, session.Match{Text: c.Name, Type: "keyword", Signature: strings.TrimSpace(c.Args + " " + c.Help)})
		}
	}
	return out
}

// Status is the status of a half-typed cell as far as its commands decide it, "" when its Go text does. A cell that is not Go
// is complete behind an empty line, as in IPython.
func Status(list []cell.Directive, code string) string {
	if len(list) == 0 {
		return ""
	}
	last := list[len(list)-1]
	switch {
	case strings.HasSuffix(strings.TrimRight(code, " \t"), "\\") && !strings.Contains(below(code, last), "\n"):
		return "incomplete"
	case notGo(list):
		if lines := strings.Split(code, "\n"); len(lines) > 1 && strings.TrimSpace(lines[len(lines)-1]) == "" {
			return "complete"
		}
		return "incomplete"
	}
	return ""
}
