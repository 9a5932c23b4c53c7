package engine

import (
	"fmt"
	"slices"
	"strings"

	"interleave/kernel/internal/link"
)

// getter is whatever can change now what a notebook may import.
type getter struct {
	add     func(words []string) ([]link.Change, error)
	holding func() (link.Holding, error)
	reset   func() ([]link.Change, error)
}

// get adds modules to the go.mod and says what that means for the cells to come.
func (e *Engine) get(r *run, args string) error {
	err := e.getBy(r, args, getter{
		func(words []string) ([]link.Change, error) { return e.builder.Get(r.ctx, words...) },
		e.builder.Holding,
		func() ([]link.Change, error) { return e.builder.Reset(r.ctx) },
	})
	e.readNames()
	return err
}

// getBy is get by whatever can do it.
func (e *Engine) getBy(r *run, args string, g getter) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%get: %w", err)
	}
	flag := ""
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		flag = words[0]
	}
	switch {
	case len(words) == 0, flag == "-list" && len(words) == 1:
		h, err := g.holding()
		if err != nil {
			return fmt.Errorf("%%get: %w", err)
		}
		r.out.Stream("stdout", []byte(holdingText(h)))
		return nil
	case flag == "-reset" && len(words) == 1:
		changes, err := g.reset()
		if err != nil {
			return fmt.Errorf("%%get -reset: %w", err)
		}
		e.sayChanges(r, changes)
		return nil
	case flag == "-list" || flag == "-reset":
		return fmt.Errorf("%%get %s takes no argument, and got %s", flag, words[1])
	case flag != "":
		return fmt.Errorf("%%get takes packages, -list or -reset, not the flag %s: %%get golang.org/x/sync@latest", flag)
	}
	p := r.waits()
	p.say("Getting %s", strings.Join(words, " "))
	changes, err := g.add(words)
	p.end()
	if err != nil {
		return fmt.Errorf("%%get: %w%s", err, fetchCure(err))
	}
	e.sayChanges(r, changes)
	return nil
}

// sayChanges tells what has been added, changed and removed.
func (e *Engine) sayChanges(r *run, changes []link.Change) {
	var b strings.Builder
	for _, c := range changes {
		switch {
		case c.Before == "":
			fmt.Fprintf(&b, "added %s %s\n", c.Path, c.After)
		case c.After == "":
			fmt.Fprintf(&b, "removed %s %s\n", c.Path, c.Before)
		default:
			fmt.Fprintf(&b, "changed %s %s to %s\n", c.Path, c.Before, c.After)
		}
	}
	if len(changes) == 0 {
		b.WriteString("nothing to change\n")
	}
	r.out.Stream("stdout", []byte(b.String()))
	r.notes(waiting(changes))
}

// notes tells the reader something beside the cell's output, a line each.
func (r *run) notes(list []string) {
	for _, n := range list {
		r.out.Stream("stderr", []byte("note: "+n+"\n"))
	}
}

// waiting says which of the changes wait for a restart.
func waiting(changes []link.Change) (notes []string) {
	var loaded, removed []string
	for _, c := range changes {
		switch {
		case c.Loaded != "" && c.After == "":
			removed = append(removed, c.Path)
		case c.Loaded != "":
			loaded = append(loaded, c.Path+" "+c.Loaded)
		}
	}
	if len(loaded) > 0 {
		notes = append(notes, strings.Join(loaded, ", ")+" is loaded and stays as it is; restart the kernel to use the new version")
	}
	if len(removed) > 0 {
		notes = append(notes, strings.Join(removed, ", ")+" is loaded, and can be used until the kernel restarts")
	}
	return notes
}

// holdingText shows what a notebook may import, in lines that add it elsewhere.
func holdingText(h link.Holding) string {
	var b strings.Builder
	switch {
	case h.File != "":
		fmt.Fprintf(&b, "%s governs this notebook, and requires", h.File)
	default:
		fmt.Fprintf(&b, "no go.mod governs %s; its notebooks asked for", h.Folder)
	}
	if len(h.Modules) == 0 {
		b.WriteString(" nothing\n")
		return b.String()
	}
	b.WriteString(":\n")
	for _, m := range h.Modules {
		paths := m.Packages
		if len(paths) == 0 {
			paths = []string{m.Path}
		}
		for _, path := range paths {
			fmt.Fprintf(&b, "%%get %s@%s\n", path, m.Version)
		}
	}
	return b.String()
}

const noSuchModule = "No such module is known under that path: look for spelling, and for a version that is not there; a private module wants GOPRIVATE in Jupyter's environment"

// fetchCure says what to do about what the go command says when it cannot fetch; "" for other errors.
func fetchCure(err error) string {
	text := err.Error()
	says := func(list ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(text, s) })
	}
	switch {
	case says("GOPROXY=off", "GOPROXY list is not the empty string", "module lookup disabled"):
		return "\nThe go command may not fetch modules (GOPROXY says so): only what is in the module cache can be added. Set GOPROXY=https://proxy.golang.org,direct in Jupyter's environment and restart the kernel"
	case says("dial tcp", "no such host", "i/o timeout", "connection refused", "proxyconnect", "network is unreachable", "TLS handshake timeout", "unable to access"):
		return "\nThe module proxy cannot be reached. Look whether this machine has a network (HTTPS_PROXY behind a proxy; GOPROXY for a mirror, set in Jupyter's environment) and run the cell again; what is in the module cache can be imported without %get"
	case says("404 Not Found", "410 Gone", "unrecognized import path", "Repository not found", "could not read Username"):
		return "\n" + noSuchModule
	case says("requires go >= ", "requires go 1."):
		return "\nThat version needs a newer Go: install one from https://go.dev/dl and restart the kernel, or ask for an older version of the package (%get PACKAGE@v1.2.3)"
	}
	return ""
}
