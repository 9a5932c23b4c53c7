package packages

import (
	"context"
	"regexp"

	"interleave/kernel/internal/catalog"
	"interleave/kernel/internal/link"
)

// index is where packages are looked for that the base library does not have.
func index(b *link.Builder) (x catalog.Index, modules []catalog.Module, err error) {
	list, err := b.Providers()
	for _, p := range list {
		modules = append(modules, catalog.Module{Path: p.Path, Version: p.Version, Dir: p.Dir, Own: p.Main})
	}
	return catalog.Index{Notes: b.NotesFolder()}, modules, err
}

// Named lists the packages of a name in the modules of the notebook, its own first.
func Named(ctx context.Context, b *link.Builder, name string) ([]catalog.Found, error) {
	x, modules, err := index(b)
	if err != nil {
		return nil, err
	}
	var own, others []catalog.Found
	for _, m := range modules {
		found := x.Named(ctx, m, name)
		if m.Own {
			own = append(own, found...)
		} else {
			others = append(others, found...)
		}
	}
	return append(own, others...), ctx.Err()
}

// Find implements compile.Finder. Only reading decides whether there is such a package. One that there is, is what the cell means, and making it
// available may take as long as an import.
func (p Set) Find(ctx context.Context, name string, symbols []string) (string, bool, error) {
	found, err := Named(ctx, p.b, name)
	if err != nil {
		p.log.Warn("look for a missing import", "name", name, "error", err)
		return "", false, nil
	}
	for _, f := range found {
		if !f.Exports(symbols) {
			continue
		}
		if err := p.b.Require(ctx, f.Path); err != nil {
			return "", false, &unavailable{f.Path, err}
		}
		return f.Path, true, nil
	}
	return "", false, nil
}

// unavailable is a package that a name means and that cannot be imported.
type unavailable struct {
	path string
	err  error
}

func (u *unavailable) Error() string {
	return u.path + " has it, and cannot be imported: " + Advice(u.err.Error())
}

var goGet = regexp.MustCompile(`(to add it:)\s+go get `)

// Advice words the go command's advice as the notebook's.
func Advice(text string) string { return goGet.ReplaceAllString(text, "$1 %get ") }

// Read writes down which packages the modules of a notebook have, so that the first undefined name need not wait for that.
func Read(ctx context.Context, b *link.Builder) {
	if x, modules, err := index(b); err == nil {
		x.Read(ctx, modules)
	}
}
