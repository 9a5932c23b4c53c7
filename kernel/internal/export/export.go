package export

import (
	"context"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/packages"
)

// Options say what to export for.
type Options struct {
	Name   string       // the notebook's file name
	Link   link.Options // Dir is the notebook's folder
	Logger *slog.Logger // nil for none
}

// Module is the program of a notebook.
type Module struct {
	Files  map[string][]byte // by path, with slashes
	Left   []Left            // what is not in it, in the order of the notebook
	Faults []string          // why main.go does not compile: a fault of this package
	Notes  []string          // what else to know about the module
}

// Left is something of a cell that is not in the program.
type Left struct {
	Cell   int    // as in In[3], when the notebook runs from its top
	What   string // a sentence without its full stop
	Broken bool   // the cell does not compile, and no tag says that it may
}

// String is what a user reads.
func (l Left) String() string { return fmt.Sprintf("cell %d: %s", l.Cell, l.What) }

// Broken reports whether a cell is missing that should have compiled.
func (m *Module) Broken() bool {
	return len(m.Faults) > 0 || slices.ContainsFunc(m.Left, func(l Left) bool { return l.Broken })
}

// exporter exports one notebook.
type exporter struct {
	ctx      context.Context
	o        Options
	b        *link.Builder
	checker  *compile.Checker
	book     *compile.Book
	m        *Module
	imports  []string
	headings []string // above the next cell
	count    int
}

// Script makes one file of a notebook: main.go alone.
func Script(ctx context.Context, nb *notebook.Notebook, o Options) (*Module, error) {
	return run(ctx, nb, o, true)
}

// Notebook makes a module of a notebook.
func Notebook(ctx context.Context, nb *notebook.Notebook, o Options) (*Module, error) {
	return run(ctx, nb, o, false)
}

func run(ctx context.Context, nb *notebook.Notebook, o Options, script bool) (*Module, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b, err := link.Open(ctx, o.Link)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	module := b.Module()
	x := &exporter{ctx: ctx, o: o, b: b, m: &Module{Files: map[string][]byte{}}}
	x.checker = compile.NewChecker(packages.Of(b, o.Logger, nil), compile.Language{Version: module.Lang, By: module.LangBy})
	x.book = x.checker.NewBook()
	for _, c := range nb.Cells {
		switch c.Type() {
		case "markdown":
			x.headings = append(x.headings, headings(c.Source())...)
		case "code":
			if strings.TrimSpace(c.Source()) == "" {
				continue
			}
			x.count++
			if err := x.code(c, script); err != nil {
				return nil, fmt.Errorf("cell %d: %w", x.count, err)
			}
		}
	}
	files, err := x.book.Write(ctx, x.header(script))
	if err != nil {
		return nil, err
	}
	x.m.Files["main.go"], x.m.Faults = files.Main, files.Faults
	if script {
		return x.m, nil
	}
	for n, text := range files.Tests {
		name := "notebook_test.go"
		if n > 0 {
			name = fmt.Sprintf("cell%d_test.go", n)
		}
		x.m.Files[name] = text
	}
	x.imports = append(x.imports, files.Imports...)
	return x.m, x.module()
}

// header is the comment on top of main.go.
func (x *exporter) header(script bool) string {
	var b strings.Builder
	name := filepath.Base(x.o.Name)
	fmt.Fprintf(&b, "// The program of the notebook %s, written by \"interleave export\". \"Cell 3\" is In[3] of a run from the top.\n", name)
	if len(x.m.Left) > 0 {
		b.WriteString("//\n// Not in it:\n")
		for _, l := range x.m.Left {
			fmt.Fprintf(&b, "//   - %s\n", strings.ReplaceAll(l.String(), "\n", "\n//     "))
		}
	}
	return b.String()
}

// headings are those of a cell of Markdown.
func headings(text string) []string {
	var out []string
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if title := strings.TrimLeft(line, "#"); !fenced && title != line && strings.HasPrefix(title, " ") {
			out = append(out, strings.TrimSpace(title))
		}
	}
	return out
}

// leave says that something of the present cell is not in the program.
func (x *exporter) leave(broken bool, format string, args ...any) string {
	what := fmt.Sprintf(format, args...)
	x.m.Left = append(x.m.Left, Left{x.count, what, broken})
	first, _, more := strings.Cut(what, "\n")
	if more {
		first += " …"
	}
	return "Not here: " + first + "."
}

// code takes a cell of code.
func (x *exporter) code(c *notebook.Cell, script bool) error {
	may := c.Tagged("raises-exception")
	p := compile.Placed{Number: x.count, Headings: x.headings, MayFail: may}
	x.headings = nil
	if c.Tagged("skip-execution") {
		p.Notes = append(p.Notes, x.leave(false, "the cell is tagged skip-execution"))
		x.book.Note(p)
		return nil
	}
	text := cell.NewText(c.Source())
	directives, code := cell.Directives(text.Source)
	as := ""
	for _, d := range directives {
		if note := x.directive(d, &as); note != "" {
			p.Notes = append(p.Notes, note)
		}
	}
	if as == "" {
		var names []string
		code, names = cell.Questions(code)
		for _, name := range names {
			p.Notes = append(p.Notes, x.leave(false, "%s? asks for documentation", name))
		}
	}
	if as == "left" || strings.TrimSpace(code) == "" && as == "" {
		if len(p.Notes) > 0 || len(p.Headings) > 0 {
			x.book.Note(p)
		}
		return nil
	}
	syn, errs := cell.Parse(text, code)
	if len(errs) > 0 {
		line, _ := text.Position(errs[0].Offset)
		return x.broken(p, fmt.Sprintf("line %d: syntax error: %s", line, errs[0].Message))
	}
	alone := syn.Program && (as == "program" || as == "race" || as == "" && apart(syn))
	if why := x.require(syn); why != "" && !alone {
		return x.broken(p, why)
	}
	var diags []compile.Diagnostic
	var err error
	switch {
	case as == "program" || as == "race":
		return x.program(p, syn, as == "race", script, directives[len(directives)-1].Args)
	case as == "test" && script:
		p.Notes = append(p.Notes, x.leave(false, "%%%%test: a single file has no tests; interleave export -o DIR writes them"))
		x.book.Note(p)
		return nil
	case as == "test" && slices.ContainsFunc(syn.Imports, func(im cell.Import) bool { return im.Path == "C" }):
		p.Notes = append(p.Notes, x.leave(false, "%%%%test imports C, which go test does not take in files of tests"))
		x.book.Note(p)
		return nil
	case as == "test":
		diags, err = x.book.AddTests(x.ctx, syn, p)
	case alone:
		if err := x.program(p, syn, false, script, ""); err != nil {
			return err
		}
		return x.declarations(p, syn)
	default:
		diags, err = x.book.Add(x.ctx, syn, p)
	}
	if len(diags) > 0 {
		return x.broken(p, say(diags))
	}
	return err
}

// broken leaves a cell out that does not compile.
func (x *exporter) broken(p compile.Placed, why string) error {
	if p.MayFail {
		p.Notes = append(p.Notes, x.leave(false, "it does not compile, as its tag raises-exception allows: %s", why))
	} else {
		p.Notes = append(p.Notes, x.leave(true, "it does not compile: %s", why))
	}
	x.book.Note(p)
	return nil
}

// say is what the checker says of a cell, its first words.
func say(diags []compile.Diagnostic) string {
	d := diags[0]
	line, _ := d.Text.Position(d.Offset)
	more := ""
	if n := len(diags) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("line %d: %s%s", line, d.Message, more)
}

// require makes what a cell imports known to the checker.
func (x *exporter) require(syn *cell.Syntax) (why string) {
	var paths []string
	for _, im := range syn.Imports {
		if why := x.checker.NoStandIn(im.Path); why != "" {
			return why
		}
		if im.Path != "C" {
			paths = append(paths, x.checker.Canonical(im.Path))
		}
	}
	if len(paths) == 0 {
		return ""
	}
	if err := x.b.Require(x.ctx, paths...); err != nil {
		return err.Error()
	}
	return ""
}

// apart reports whether a whole program cannot be a part of another: it is for certain systems, or has C in it.
func apart(syn *cell.Syntax) bool {
	for line := range strings.Lines(syn.Code) {
		if constraint.IsGoBuild(strings.TrimSpace(line)) {
			return true
		}
	}
	return slices.ContainsFunc(syn.Imports, func(im cell.Import) bool { return im.Path == "C" || im.Path == "embed" })
}

// program makes a program of its own of a cell.
func (x *exporter) program(p compile.Placed, syn *cell.Syntax, race, script bool, args string) error {
	dir := fmt.Sprintf("cmd/cell%d", x.count)
	run := commandLine(dir, race, args)
	header := fmt.Sprintf("// Cell %d of the notebook %s. Run it with\n//\n//\t%s\n", x.count, filepath.Base(x.o.Name), run)
	var text []byte
	var imports []string
	if syn.Program {
		whole, err := x.checker.WithImports(x.ctx, syn.Code)
		if err != nil {
			return err
		}
		text = []byte(strings.TrimSpace(whole) + "\n")
		for _, im := range syn.Imports {
			if im.Path != "C" {
				imports = append(imports, x.checker.Canonical(im.Path))
			}
		}
	} else {
		var diags []compile.Diagnostic
		var err error
		text, imports, diags, err = x.book.WriteProgram(x.ctx, syn, header)
		if err != nil {
			return err
		}
		if len(diags) > 0 {
			return x.broken(p, say(diags))
		}
	}
	if script {
		p.Notes = append(p.Notes, x.leave(false, "it is a program of its own; interleave export -o DIR writes it"))
	} else {
		p.Notes = append(p.Notes, "It is a program of its own: "+run)
		x.m.Files[dir+"/main.go"] = text
		if err := x.embedded(dir, string(text)); err != nil {
			return x.broken(p, err.Error())
		}
		x.imports = append(x.imports, imports...)
	}
	x.book.Note(p)
	return nil
}

// declarations adds what later cells see of a program that stands apart: all that uses neither C nor embedded files.
func (x *exporter) declarations(p compile.Placed, syn *cell.Syntax) error {
	code, left := cell.Portable(syn.Code)
	rest, errs := cell.Parse(syn.Text, code)
	if len(left) == 0 || len(errs) > 0 || x.require(rest) != "" {
		return nil
	}
	_, err := x.book.Add(x.ctx, rest, compile.Placed{Number: p.Number, MayFail: p.MayFail})
	return err
}

// embedded copies what a program embeds from the notebook's folder.
func (x *exporter) embedded(dir, text string) error {
	root := os.DirFS(x.o.Link.Dir)
	for line := range strings.Lines(text) {
		patterns, ok := strings.CutPrefix(strings.TrimSpace(line), "//go:embed ")
		if !ok {
			continue
		}
		for _, pattern := range strings.Fields(patterns) {
			pattern = strings.TrimPrefix(strings.Trim(pattern, "\"`"), "all:")
			names, err := fs.Glob(root, pattern)
			if err != nil {
				return fmt.Errorf("//go:embed %s: %w", pattern, err)
			}
			for _, name := range names {
				if err := x.copyTree(root, dir, name); err != nil {
					return fmt.Errorf("//go:embed %s: %w", pattern, err)
				}
			}
		}
	}
	return nil
}

func (x *exporter) copyTree(root fs.FS, dir, name string) error {
	return fs.WalkDir(root, name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		x.m.Files[dir+"/"+path] = text
		return err
	})
}
