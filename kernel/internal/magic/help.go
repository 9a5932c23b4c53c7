package magic

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"interleave/kernel/internal/environ"
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

// usage is how a command is written.
func (c *Command) usage() string { return strings.TrimSpace(c.Name + " " + c.Args) }

// help shows one command where a command prints, and all of them in the front end's pager.
func help(ctx context.Context, h Host, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%help: %w", err)
	}
	rows := slices.Clone(Commands())
	if len(words) > 0 {
		asked := "%" + strings.TrimLeft(words[0], "%")
		rows = slices.DeleteFunc(rows, func(c *Command) bool {
			return c.Name != words[0] && c.Name != asked && c.Name != "%"+asked
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
	for _, c := range rows {
		left := c.usage()
		if utf8.RuneCountInString(left) >= width {
			fmt.Fprintf(&b, "%s\n%*s %s\n", left, width, "", c.Help)
			continue
		}
		fmt.Fprintf(&b, "%-*s %s\n", width, left, c.Help)
	}
	if len(words) > 0 {
		for _, c := range rows {
			fmt.Fprintf(&b, "\nFor example:\n\n\t%s\n", strings.ReplaceAll(c.Example, "\n", "\n\t"))
		}
	}
	if len(words) > 0 {
		h.Out().Stream("stdout", []byte(b.String()))
		return nil
	}
	h.Page(map[string]any{"text/plain": b.String()})
	return nil
}

// version shows the versions of the kernel and of Go, and which Go that is.
func version(_ context.Context, h Host, args string) error {
	if err := none("%version", args); err != nil {
		return err
	}
	to := streamWriter{h.Out(), "stdout"}
	fmt.Fprintf(to, "interleave %s, built with %s\n", h.About().Version, runtime.Version())
	if !h.Kernel().IsOpen() {
		fmt.Fprintf(to, "%s\n", h.Kernel().WhyClosed())
		return nil
	}
	fmt.Fprint(to, h.Builder().About())
	t := h.Builder().Toolchain()
	if other := environ.Program("go", h.Process().BaseEnv(), h.About().Dir); other != "" && (other != t.Found || t.Switched()) {
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
