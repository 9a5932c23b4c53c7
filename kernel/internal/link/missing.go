package link

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	pathpkg "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"interleave/kernel/internal/revision"
)

// MissingError is imports that no module of the notebook's provides. What the go command would advise doesn't help a notebook, whose go.mod
// is not the one that it sees.
type MissingError struct {
	List []Missing
}

// Missing is one of these imports.
type Missing struct {
	Path string // as it was imported
	Get  string // what to ask for: mostly the path
	Why  string // a clause without advice
}

func (e *MissingError) add(m Missing) {
	if !slices.ContainsFunc(e.List, func(have Missing) bool { return have.Path == m.Path }) {
		e.List = append(e.List, m)
	}
}

func (e *MissingError) Error() string {
	var lines []string
	for _, m := range e.List {
		lines = append(lines, m.String())
	}
	return strings.Join(lines, "\n")
}

// String says what is missing and how to get it.
func (m Missing) String() string { return m.Why + "; to add it: %get " + m.Get }

func lacks(path string) Missing {
	return Missing{path, path, "no required module provides package " + path}
}

// lacking is the error of imports that the go command needn't be asked for: a misspelt package of the standard library, and what no
// module provides that go.mod names.
func (b *Builder) lacking(w *workshop, paths []string) error {
	unmet := &MissingError{}
	for _, path := range paths {
		if revision.Is(path) {
			continue
		}
		first, _, _ := strings.Cut(path, "/")
		p := w.module.provider(path)
		if p != nil && p.Main {
			if dir := filepath.Join(p.Dir, filepath.FromSlash(strings.TrimPrefix(path, p.Path))); !isFolder(dir) {
				return &PackageError{fmt.Sprintf("module %s has no package %s: there is no folder %s", p.Path, path, dir)}
			}
		}
		switch {
		case strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../"):
			return &PackageError{w.module.byFolder(filepath.Join(b.standing(), filepath.FromSlash(path)))}
		case p != nil || strings.HasPrefix(path, own+"/"):
		case !strings.Contains(first, "."):
			if isFolder(filepath.Join(w.tool.Root, "src", filepath.FromSlash(path))) || w.module.lax && w.module.Path == first {
				continue
			}
			if err := module.CheckImportPath(path); err != nil {
				return &PackageError{err.Error()}
			}
			return &NotStandardError{path, w.module.packageIn(func(p Provider) string { return filepath.Join(p.Dir, filepath.FromSlash(path)) })}
		case !w.module.lax && !setsMod(w.tool.Env["GOFLAGS"]):
			unmet.add(lacks(path))
		}
	}
	if len(unmet.List) > 0 {
		return unmet
	}
	return nil
}

func isFolder(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir()
}

// standing is the folder whose module counts.
func (b *Builder) standing() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.dir, b.opts.Dir)
}

// byFolder says how to import a package that is named by its folder, which only the go command can do.
func (m *Module) byFolder(dir string) string {
	const never = "Go code imports a package by its module's path, not by its folder: "
	if found := m.packageIn(func(Provider) string { return dir }); found != "" {
		return never + fmt.Sprintf("write import %q", found)
	}
	if m.Scratch {
		name := filepath.Base(dir)
		return never + fmt.Sprintf("make a module of the notebook's folder (!go mod init example.com/notebook), then write import \"example.com/notebook/%s\"", name)
	}
	return never + "there is no package of your modules in " + dir
}

// packageIn is the path of the package of the user's own modules in a folder, "" if there is none. The folder may differ by module.
func (m *Module) packageIn(folder func(Provider) string) string {
	for _, p := range m.providers {
		if !p.Main || p.Dir == "" {
			continue
		}
		dir := folder(p)
		rel, err := filepath.Rel(p.Dir, dir)
		if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			continue
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(files) > 0 {
			return pathpkg.Join(p.Path, filepath.ToSlash(rel))
		}
	}
	return ""
}

// NotStandardError is an import whose path is that of a package of the standard library, which has none of that name.
type NotStandardError struct {
	Path string
	Own  string // the package of the user's own module that is probably meant
}

func (e *NotStandardError) Error() string {
	text := fmt.Sprintf("package %s is not in the standard library", e.Path)
	if e.Own != "" {
		text += fmt.Sprintf(": did you mean %q, of your own module?", e.Own)
	}
	return text
}

// What the go command says of a package that it cannot find, and of modules that are not as go.mod and go.sum say.
var (
	notProvided = regexp.MustCompile(`(?:no required module provides package|cannot find module providing package|finding module for package) ([^\s;:,]+)`)
	noSum       = regexp.MustCompile(`missing go\.sum entry for module providing package (\S+?)(?: \(imported by (\S+?)\))?; to add:\s+go (?:get|mod download) (\S+)`)
	notInModule = regexp.MustCompile(`(module \S+ (?:provides|found)[^;]*?package (\S+?)(?: and is replaced but not required)?); to add(?: it)?:\s+go get (\S+)`)
	noModSum    = regexp.MustCompile(`missing go\.sum entry for go\.mod file|updates to go\.mod needed|go mod tidy|go mod download`)
)

// unmet tells whether a package is one that a module must be added for.
func (m *Module) unmet(p *listed, imported []string) (Missing, bool) {
	text := reason(p)
	path := p.ImportPath
	if !slices.Contains(imported, path) && len(imported) == 1 {
		path = imported[0]
	}
	if found := noSum.FindStringSubmatch(text); found != nil {
		if found[2] != "" && slices.Contains(imported, found[2]) {
			path = found[2]
		}
		return Missing{path, m.pinned(path), "go.sum has no checksum of a module that " + path + " needs"}, true
	}
	if found := notInModule.FindStringSubmatch(text); found != nil {
		return Missing{path, m.pinned(path), found[1]}, true
	}
	if found := notProvided.FindStringSubmatch(text); found != nil {
		if found[1] == path {
			return lacks(path), true
		}
		return Missing{path, m.pinned(path), fmt.Sprintf("no required module provides package %s, which %s needs", found[1], path)}, true
	}
	if noModSum.MatchString(text) {
		return Missing{path, m.pinned(path), "go.mod and go.sum do not say everything that " + path + " needs"}, true
	}
	return Missing{}, false
}

// pinned is what to ask for to get a package in the version that go.mod names, or in the latest.
func (m *Module) pinned(path string) string {
	if p := m.provider(path); p != nil && p.Version != "" {
		return path + "@" + p.Version
	}
	return path
}

// explain turns a refusal of the go command into advice that helps in a notebook.
func (m *Module) explain(err error, imported []string) error {
	if refused := (*PackageError)(nil); !errors.As(err, &refused) {
		return err
	}
	if !noModSum.MatchString(err.Error()) && !notProvided.MatchString(err.Error()) {
		return err
	}
	unmet := &MissingError{}
	for _, path := range imported {
		unmet.add(Missing{path, m.pinned(path), "go.mod and go.sum do not say everything that " + path + " needs"})
	}
	return unmet
}
