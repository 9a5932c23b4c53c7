package engine

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"interleave/kernel/internal/session"
)

// synonyms are what people type who know other kernels.
var synonyms = map[string]string{
	"%whos": "%vars", "%ls": "%who", "%list": "%vars", "%who_ls": "%who",
	"%rm": "%forget", "%remove": "%forget", "%del": "%forget", "%reset_selective": "%forget",
	"%pip": "%get", "%conda": "%get", "%install": "%get", "%dep": "%get",
	"%setenv": "%env", "%set_env": "%env", "%pwd": "!pwd", "%sh": "%%bash", "%%sh": "%%bash", "%%script": "%%bash",
	"%%main": "%%program", "%%gx": "%%program", "%test": "%%test", "%args": "%%program", "%with_inputs": "display.Input", "%with_password": "display.Password",
	"%%sx": "%%bash", "%sx": "!", "%magic": "%help", "%lsmagic": "%help", "%quickref": "%help", "%doc": "?NAME", "%pinfo": "?NAME", "%load": "%%file",
	"%prun": "%%prof", "%%prun": "%%prof", "%%capture": "",
	"%wasm": "", "%%wasm": "", "%widgets": "",
}

// withoutNeed says of commands of other kernels why there is none here.
var withoutNeed = map[string]string{
	"%goflags": "flags for a program stand behind its command (%%program -gcflags …), and GOFLAGS in Jupyter's environment holds for all cells",
	"%track":   "packages of the notebook's module are found by their import path", "%untrack": "packages of the notebook's module are found by their import path",
	"%goworkfix": "a go.work above the notebook is used as it is", "%autoreload": "a package of your module that you edit is loaded again by itself",
	"%capture":    "what a cell prints stays in the notebook; to keep it in a file, write the file in Go, or run !command >FILE",
	"%matplotlib": "a chart that is the last value of a cell is shown", "%load_ext": "a Go notebook has no extensions: import packages",
}

// helpRow is one line of %help.
type helpRow struct{ name, args, help, about, example string }

// helpRows is everything that %help knows, generated from the tables.
func helpRows() []helpRow {
	var rows []helpRow
	for _, c := range commands() {
		rows = append(rows, helpRow{c.name, c.args, c.help, c.about, c.example})
	}
	for _, m := range modes() {
		rows = append(rows, helpRow{m.name, m.args, m.help, m.about, m.example})
	}
	return append(rows,
		helpRow{"$", "COMMAND", "run a program; its line is split at blanks, without quotes or pipes", "This is gophernotes's way to run one.", "$ go version"},
		helpRow{"!", "COMMAND", "run a line in the shell",
			"Pipes, quotes and variables are the shell's. It runs in the folder and with the environment of the cells, and nothing it starts outlives the cell.", "!ls | wc -l"})
}

// help shows one command where a command prints, and all of them in the front end's pager.
func (e *Engine) help(r *run, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%help: %w", err)
	}
	rows := helpRows()
	if len(words) > 0 {
		asked := "%" + strings.TrimLeft(words[0], "%")
		rows = slices.DeleteFunc(rows, func(h helpRow) bool {
			return h.name != words[0] && h.name != asked && h.name != "%"+asked
		})
		if len(rows) == 0 {
			return fmt.Errorf("%%help: there is no command %s%s", asked, suggestion(asked))
		}
	}
	var b strings.Builder
	if len(words) == 0 {
		b.WriteString("Commands stand at the top of a cell, each on a line of its own. A \\ at the end of a line joins the next one.\n\n")
	}
	const width = 36
	for _, h := range rows {
		left := strings.TrimSpace(h.name + " " + h.args)
		if utf8.RuneCountInString(left) >= width {
			fmt.Fprintf(&b, "%s\n%*s %s\n", left, width, "", h.help)
			continue
		}
		fmt.Fprintf(&b, "%-*s %s\n", width, left, h.help)
	}
	if len(words) > 0 {
		for _, h := range rows {
			fmt.Fprintf(&b, "\nFor example:\n\n\t%s\n", strings.ReplaceAll(h.example, "\n", "\n\t"))
		}
	}
	if len(words) > 0 {
		r.out.Stream("stdout", []byte(b.String()))
		return nil
	}
	r.pages = append(r.pages, map[string]any{"source": "page", "data": map[string]any{"text/plain": b.String()}, "start": 0})
	return nil
}

func (e *Engine) version(r *run, args string) error {
	if err := none("%version", args); err != nil {
		return err
	}
	to := streamWriter{r.out, "stdout"}
	fmt.Fprintf(to, "interleave %s, built with %s\n%s", e.o.Version, runtime.Version(), e.builder.About())
	env := e.o.Env
	if env == nil {
		env = os.Environ()
	}
	t := e.builder.Toolchain()
	if other := lookPath("go", env, e.o.Dir); other != "" && (other != t.Found || t.Switched()) {
		fmt.Fprintf(to, "!go and $ go may be another: they run %s, the first on PATH\n", other)
	}
	return nil
}

// none refuses arguments; a comment is none.
func none(name, args string) error {
	words, err := splitWords(args)
	if err == nil && len(words) > 0 {
		err = fmt.Errorf("%s takes no argument, and got %s", name, words[0])
	}
	return err
}

type streamWriter struct {
	out  session.Output
	name string
}

func (s streamWriter) Write(b []byte) (int, error) {
	s.out.Stream(s.name, b)
	return len(b), nil
}
