package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/assist"
	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/session"
)

// completeCommand completes what stands in the line of a command; done is false when the offset at is in Go text, which text then
// holds: the cell with its commands blanked out but for the expressions that they take.
func (e *Engine) completeCommand(ctx context.Context, code string, at int) (text string, c session.Completion, done bool) {
	c = session.Completion{Start: at, End: at}
	if start, found := commandStart(code, cell.WordStart(code, at)); found {
		c.Start, c.Matches = start, commandMatches(code[start:at])
		return "", c, true
	}
	list, text := cell.Directives(code)
	d, args, found := directiveAt(list, code, at)
	switch {
	case !found && len(list) > 0 && list[len(list)-1].Mark == "%%" && notGo[list[len(list)-1].Name]:
		return "", c, true
	case !found:
		return text, c, false
	case at < args:
		return "", c, true
	case takesExpression[d.Name] && d.Mark == "%":
		end := len(code)
		if i := strings.IndexByte(code[args:], '\n'); i >= 0 {
			end = args + i
		}
		return text[:args] + code[args:end] + text[end:], c, false
	}
	word := wordOf(code[args:at])
	c.Start = at - len(word)
	c.Matches = e.argumentMatches(d, word)
	return "", c, true
}

// takesExpression are the commands whose arguments are Go.
var takesExpression = map[string]bool{"time": true, "timeit": true}

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
func (e *Engine) argumentMatches(d cell.Directive, word string) []session.Match {
	name := d.Mark + d.Name
	switch name {
	case "$", "!", "%%file", "%%writefile":
		if !strings.HasPrefix(word, "-") {
			return e.fileMatches(word, false)
		}
	case "%cd":
		return e.fileMatches(word, true)
	case "%help":
		return commandMatches("%" + strings.TrimLeft(word, "%"))
	case "%forget", "%vars", "%%asm":
		if !e.isOpen() {
			return nil
		}
		list := assist.Matches(assist.Names(e.snapshot()), word)
		return slices.DeleteFunc(list, func(m session.Match) bool {
			return name == "%vars" && m.Type != "variable" || name == "%%asm" && m.Type != "function"
		})
	}
	var out []session.Match
	for _, w := range argumentWords(name) {
		if strings.HasPrefix(w.Text, word) && (word != "" || !strings.HasPrefix(w.Text, "-")) {
			out = append(out, w)
		}
	}
	return out
}

var (
	flagSyntax   = regexp.MustCompile(`\[(-\w+)([^\]]*)\]`)
	choiceSyntax = regexp.MustCompile(`\{([\w|]+)\}`)
	othersFlags  = regexp.MustCompile(`flags of (%+\w+)`)
)

// argumentWords reads the flags and the choices of a command out of its line in %help.
func argumentWords(name string) []session.Match {
	var out []session.Match
	for _, h := range helpRows() {
		if h.name != name {
			continue
		}
		for _, f := range flagSyntax.FindAllStringSubmatch(h.args, -1) {
			out = append(out, session.Match{Text: f[1], Type: "keyword", Signature: strings.TrimSpace(f[1] + f[2])})
		}
		for _, f := range choiceSyntax.FindAllStringSubmatch(h.args, -1) {
			for choice := range strings.SplitSeq(f[1], "|") {
				out = append(out, session.Match{Text: choice, Type: "keyword", Signature: h.help})
			}
		}
		if other := othersFlags.FindStringSubmatch(h.args); other != nil {
			out = append(out, argumentWords(other[1])...)
		}
	}
	return out
}

// fileMatches completes the name of a file, or of a folder only, as it stands on a command's line.
func (e *Engine) fileMatches(word string, folders bool) []session.Match {
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
	entries, err := os.ReadDir(inDir(dir, e.folder()))
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
			info, err := os.Stat(filepath.Join(inDir(dir, e.folder()), name))
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

// folder is the one that cells run in, without waiting for a worker.
func (e *Engine) folder() string {
	e.mu.Lock()
	w := e.worker
	e.mu.Unlock()
	if w != nil {
		if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID())); err == nil {
			return dir
		}
	}
	return e.o.Dir
}

// inspectCommand tells what a command is for; done is false when the offset at is in Go text, which text then holds.
func (e *Engine) inspectCommand(code string, at int) (text string, i session.Inspection, done bool) {
	list, text := cell.Directives(code)
	d, args, found := directiveAt(list, code, at)
	switch {
	case !found && len(list) > 0 && list[len(list)-1].Mark == "%%" && notGo[list[len(list)-1].Name]:
		return "", i, true
	case !found:
		return text, i, false
	case takesExpression[d.Name] && d.Mark == "%" && at > args:
		text, _, _ = e.completeCommand(context.Background(), code, at)
		return text, i, false
	}
	for _, h := range helpRows() {
		if h.name == d.Mark+d.Name {
			return "", assist.Markdown("```\n" + strings.TrimSpace(h.name+" "+h.args) + "\n```\n\n" + h.help), true
		}
	}
	return "", i, true
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
	for _, h := range helpRows() {
		if strings.HasPrefix(h.name, prefix) || strings.HasPrefix(h.name, "%"+prefix) {
			out = append(out, session.Match{Text: h.name, Type: "keyword", Signature: strings.TrimSpace(h.args + " " + h.help)})
		}
	}
	return out
}

// notGo are the cell commands whose cell is not Go.
var notGo = map[string]bool{"bash": true, "file": true, "writefile": true}

// commandsComplete is the status of a half-typed cell as far as its commands decide it, "" when its Go text does. A cell that is not Go
// is complete behind an empty line, as in IPython.
func commandsComplete(list []cell.Directive, code string) string {
	if len(list) == 0 {
		return ""
	}
	last := list[len(list)-1]
	switch {
	case strings.HasSuffix(strings.TrimRight(code, " \t"), "\\") && !strings.Contains(below(code, last), "\n"):
		return "incomplete"
	case last.Mark == "%%" && notGo[last.Name]:
		if lines := strings.Split(code, "\n"); len(lines) > 1 && strings.TrimSpace(lines[len(lines)-1]) == "" {
			return "complete"
		}
		return "incomplete"
	}
	return ""
}
