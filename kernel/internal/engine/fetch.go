package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/magic"
	"interleave/kernel/internal/packages"
	"interleave/kernel/internal/session"
	"interleave/plots/spell"
)

// Outside of any module, importing a package that isn't there gets it, as in gophernotes. Inside the user's own module only %get changes
// go.mod.

// imports makes available what a cell imports.
type imports struct{ r *run }

// require makes what the cell imports available.
func (x imports) require(syn *cell.Syntax) *session.Fault {
	if len(syn.Imports) == 0 {
		return nil
	}
	for _, im := range syn.Imports {
		if why := x.r.e.checker.NoStandIn(im.Path); why != "" {
			return x.r.e.cells.Compile([]compile.Diagnostic{{Text: syn.Text, Offset: im.Offset, Message: why}})
		}
	}
	fault, err := x.requireAll(syn.Imports)
	if fault != nil || err == nil {
		return fault
	}
	if len(syn.Imports) > 1 {
		x.keepImports(syn)
		if x.r.ctx.Err() != nil {
			return faults.Interrupted("resolving imports")
		}
	}
	return x.importFault(syn, err)
}

// requireAll gets what is missing of some imports, unless that's switched off, and makes all of them available. What it got is
// told at the end: a progress line that stands alone in a cell can be cleared, others stay as an empty output.
func (x imports) requireAll(imports []cell.Import) (fault *session.Fault, err error) {
	var paths []string
	for _, im := range imports {
		paths = append(paths, x.r.e.checker.Canonical(im.Path))
	}
	tried := map[string]bool{}
	var got []fetched
	defer func() { x.sayFetched(got) }()
	for {
		err, fault = aside(x.r, "resolving imports", func() error { return x.r.e.builder.Require(x.r.ctx, paths...) })
		missing := new(link.MissingError)
		if fault != nil || !errors.As(err, &missing) || !x.fetches() {
			return fault, err
		}
		var failed []error
		for _, m := range missing.List {
			if tried[m.Path] { // it's there, and something else is wrong
				return nil, err
			}
			tried[m.Path] = true
			f, fault, ferr := x.fetch(m.Path)
			switch {
			case fault != nil:
				return fault, nil
			case ferr != nil:
				failed = append(failed, &fetchError{m.Path, ferr})
			default:
				got = append(got, fetched{m.Path, f})
			}
		}
		if len(failed) > 0 {
			return nil, errors.Join(failed...)
		}
	}
}

// fetches tells whether imports get what is missing.
func (x imports) fetches() bool {
	return x.r.e.set.gets() && x.r.e.builder.Scratch()
}

// fetchError is an import that could not be had.
type fetchError struct {
	path string
	err  error
}

func (f *fetchError) Error() string {
	text := strings.TrimSpace(f.err.Error())
	advice := faults.FetchCure(f.err)
	if advice == "" && strings.Contains(text, "reading file://") { // a proxy that is a folder
		advice = faults.NoSuchModule
	}
	if advice == "" && (errors.Is(f.err, syscall.ENOSPC) || strings.Contains(text, syscall.ENOSPC.Error())) {
		advice = faults.Cure(syscall.ENOSPC)
	}
	if advice == "" {
		return fmt.Sprintf("cannot get %s: %s", f.path, text)
	}
	first, _, _ := strings.Cut(text, "\n") // the go command's words are long, and the last ones say the same
	return fmt.Sprintf("cannot get %s. %s (the go command says: %s)", f.path, strings.TrimSpace(advice), strings.TrimPrefix(first, "go: "))
}

func (f *fetchError) Unwrap() error { return f.err }

// fetched is what an import got.
type fetched struct {
	path string
	link.Fetched
}

// fetch gets the package of an import.
func (x imports) fetch(path string) (f link.Fetched, fault *session.Fault, err error) {
	p := x.r.waits()
	defer p.End()
	p.Say("Getting %s", path)
	err, fault = aside(x.r, "getting "+path, func() (err error) {
		f, err = x.r.e.builder.Fetch(x.r.ctx, path, func(what string) { p.Say("Getting %s: %s", path, what) })
		return err
	})
	if fault == nil && err == nil {
		x.r.e.readNames()
	}
	return f, fault, err
}

// sayFetched tells which versions imports got, a line for each module.
func (x imports) sayFetched(got []fetched) {
	if x.r.cell.Silent {
		return
	}
	for i, f := range got {
		same := func(g fetched) bool { return g.Module == f.Module && g.Version == f.Version }
		if slices.ContainsFunc(got[:i], same) {
			continue
		}
		what, above, line := "this import", "it", ""
		for _, g := range got[i:] {
			if same(g) {
				line += " " + g.path + "@" + g.Version
			}
		}
		if strings.Count(line, "@") > 1 {
			what, above = "these imports", "them"
		}
		x.r.notes([]string{fmt.Sprintf("got %s %s for %s; to have the same version again, write above %s: %%get%s", f.Module, f.Version, what, above, line)})
	}
	for _, f := range got {
		x.r.notes(magic.Waiting(f.Changes))
	}
}

// keepImports puts the imports of a cell in force that can be had, when another one cannot: the cell fails, and those below it use them.
func (x imports) keepImports(syn *cell.Syntax) {
	good := &cell.Syntax{Text: syn.Text, Code: syn.Code}
	for _, im := range syn.Imports {
		if im.Name == "_" || im.Name == "." {
			continue
		}
		err, fault := aside(x.r, "resolving imports", func() error { return x.r.e.builder.Require(x.r.ctx, x.r.e.checker.Canonical(im.Path)) })
		if fault != nil {
			return
		}
		if err == nil {
			good.Imports = append(good.Imports, im)
		}
	}
	if len(good.Imports) == 0 {
		return
	}
	c, fault := aside(x.r, "checking the cell", func() checked[*compile.Unit] {
		unit, diags, err := x.r.e.checker.Compile(x.r.ctx, x.r.e.snapshot(), good)
		return checked[*compile.Unit]{unit, diags, err}
	})
	if fault == nil && c.err == nil && len(c.diags) == 0 && c.result.Source == nil {
		x.r.commit(c.result)
	}
}

// importFault points refusals of imports at the imports that they speak of, or at the first.
func (x imports) importFault(syn *cell.Syntax, err error) *session.Fault {
	joined, many := err.(interface{ Unwrap() []error }) // of fetches
	if lost := new(link.LostError); errors.As(err, &lost) || !many && faults.Cure(err) != "" {
		return x.r.e.cells.Internal(err)
	}
	at := func(path string) int {
		i := slices.IndexFunc(syn.Imports, func(im cell.Import) bool { return x.r.e.checker.Canonical(im.Path) == path })
		return syn.Imports[max(i, 0)].Offset
	}
	var list []compile.Diagnostic
	tell := func(path, message string) {
		list = append(list, compile.Diagnostic{Text: syn.Text, Offset: at(path), Message: message})
	}
	missing, misspelt := new(link.MissingError), new(link.NotStandardError)
	switch {
	case many:
		for _, one := range joined.Unwrap() {
			if f := new(fetchError); errors.As(one, &f) {
				tell(f.path, one.Error())
			}
		}
	case errors.As(err, &missing):
		for _, m := range missing.List {
			tell(m.Path, m.String())
		}
	case errors.As(err, &misspelt):
		message := misspelt.Error()
		if misspelt.Own == "" {
			message += x.meantPath(misspelt.Path)
		}
		tell(misspelt.Path, message)
	default:
		text := strings.TrimSpace(err.Error())
		path := ""
		for _, im := range syn.Imports {
			if strings.Contains(text, im.Path) {
				path = x.r.e.checker.Canonical(im.Path)
				break
			}
		}
		tell(path, packages.Advice(text))
	}
	return x.r.e.cells.Compile(list)
}

// meantPath asks for the package that a misspelt path most likely means.
func (x imports) meantPath(path string) string {
	best, least := "", min(3, (len(path)+1)/2)
	for _, p := range packages.Importable(x.r.e.linker()) {
		if first, _, _ := strings.Cut(p.Path, "/"); strings.Contains(first, ".") {
			continue
		}
		d := spell.Distance(path, p.Path)
		if strings.HasSuffix(p.Path, "/"+path) { // json for encoding/json
			d = 0
		}
		if d < least || d == least && best != "" && len(p.Path) < len(best) {
			best, least = p.Path, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}
