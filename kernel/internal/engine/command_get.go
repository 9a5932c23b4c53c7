package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/link"
)

// get adds modules to the go.mod and says what that means for the cells to come.
func (e *Engine) get(r *run, args string) error {
	return e.getBy(r, args, func(words []string) ([]link.Change, error) { return e.builder.Get(r.ctx, words...) })
}

// getBy is get by whatever can add modules now.
func (e *Engine) getBy(r *run, args string, add func(words []string) ([]link.Change, error)) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%get: %w", err)
	}
	if len(words) == 0 {
		return errors.New("%get takes a package: %get golang.org/x/sync@latest")
	}
	if strings.HasPrefix(words[0], "-") {
		return fmt.Errorf("%%get takes packages, not the flag %s: %%get golang.org/x/sync@latest", words[0])
	}
	changes, err := add(words)
	if err != nil {
		return fmt.Errorf("%%get: %w%s", err, fetchCure(err))
	}
	var b strings.Builder
	var stay []string
	for _, c := range changes {
		switch {
		case c.Before == "":
			fmt.Fprintf(&b, "added %s %s\n", c.Path, c.After)
		case c.After == "":
			fmt.Fprintf(&b, "removed %s %s\n", c.Path, c.Before)
		default:
			fmt.Fprintf(&b, "changed %s %s to %s\n", c.Path, c.Before, c.After)
		}
		if c.Loaded != "" {
			stay = append(stay, c.Path+" "+c.Loaded)
		}
	}
	if len(changes) == 0 {
		b.WriteString("nothing to change\n")
	}
	r.out.Stream("stdout", []byte(b.String()))
	if len(stay) > 0 {
		r.out.Stream("stderr", []byte("note: "+strings.Join(stay, ", ")+" is loaded and stays as it is; restart the kernel to use the new version\n"))
	}
	return nil
}

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
		return "\nNo such module is known under that path: look for spelling, and for a version that is not there; a private module wants GOPRIVATE in Jupyter's environment"
	}
	return ""
}

// findTime is how long looking for a missing import may take.
const findTime = 10 * time.Second

// Find implements compile.Finder.
func (p packages) Find(ctx context.Context, name string, has func(path string) bool) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	paths, err := p.b.Named(ctx, name)
	if err != nil {
		p.log.Warn("look for a missing import", "name", name, "error", err)
		return "", false
	}
	for _, path := range paths {
		if err := p.b.Require(ctx, path); err != nil {
			p.log.Warn("missing import", "path", path, "error", err)
			continue
		}
		if has(path) {
			return path, true
		}
	}
	return "", false
}
