package link

import (
	"errors"
	"fmt"
	gover "go/version"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// workspace is findModule below a go.work.
func workspace(t *Toolchain, p place, dir, sources string, c *cache, held holding) (*Module, error) {
	data, err := os.ReadFile(p.gowork)
	if err != nil {
		return nil, fmt.Errorf("read go.work: %w", err)
	}
	w, err := modfile.ParseWork(p.gowork, data, nil)
	if err != nil {
		return nil, &PackageError{err.Error()}
	}
	root, sums := filepath.Dir(p.gowork), strings.TrimSuffix(p.gowork, "work")+"work.sum"
	m := &Module{Path: "workspace", Dir: dir, Lang: Oldest, LangBy: p.gowork, Sources: sources, files: []string{p.gowork, sums}}
	if w.Go != nil {
		m.Lang = langOf(w.Go.Version)
	}
	u := uses{required: map[string]string{}, replaced: map[string]bool{}}
	if err := u.read(t, m, w, root, p.gomod); err != nil {
		return nil, err
	}
	if u.own {
		return m, nil
	}
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	g := &generated{overlay: map[string]string{}}
	g.sums(sums, filepath.Join(sources, "go.sum"))
	m.replace(t, w.Replace, root)
	for _, r := range w.Replace {
		u.replaced[r.Old.Path] = true
	}
	m.asked = unreplaced(u.required, u.replaced)
	m.raised = held.over(m.asked)
	if len(m.raised) > 0 {
		g.sums(held.sums...)
	}
	if err := u.write(w, m, c, sources, root, ours); err != nil {
		return nil, err
	}
	g.mod = modfile.Format(w.Syntax)
	at, err := g.store(c, "go.work", "go.work.sum", string(data)+root)
	if err != nil {
		return nil, err
	}
	m.env = map[string]string{"GOWORK": filepath.Join(at, "go.work")}
	m.files = append(m.files, filepath.Join(at, "go.work"))
	return m, nil
}

// uses are the modules that a go.work names.
type uses struct {
	folders  []string          // where they lie
	required map[string]string // what they require, in the newest version
	replaced map[string]bool   // modules that they, or the go.work, replace
	own      bool              // one of them is the kernel's own module
}

// read reads the modules' files; gomod is that of the notebook's folder. It stops at the kernel's own module.
func (u *uses) read(t *Toolchain, m *Module, w *modfile.WorkFile, root, gomod string) error {
	for _, use := range w.Use {
		at := absolute(root, use.Path)
		_, f, err := readMod(filepath.Join(at, "go.mod"))
		if err != nil {
			return err
		}
		m.files = append(m.files, filepath.Join(at, "go.mod"), filepath.Join(at, "go.sum"))
		if filepath.Join(at, "go.mod") == gomod {
			m.Path, m.Lang, m.LangBy = f.Module.Mod.Path, lang(f), gomod
		}
		if isOwn(f.Module.Mod.Path, at) {
			m.Sources, m.lax, u.own = at, true, true
			return nil
		}
		m.provide(t, f, at)
		for _, r := range f.Replace {
			u.replaced[r.Old.Path] = true
		}
		for _, r := range f.Require {
			if semver.Compare(r.Mod.Version, u.required[r.Mod.Path]) > 0 {
				u.required[r.Mod.Path] = r.Mod.Version
			}
		}
		u.folders = append(u.folders, at)
	}
	return nil
}

// write turns the go.work into one that can lie anywhere and knows the kernel's sources, whose go.mod is ours.
func (u *uses) write(w *modfile.WorkFile, m *Module, c *cache, sources, root string, ours *modfile.File) error {
	folders := append(u.folders, sources)
	if len(m.raised) > 0 {
		at, err := m.raised.store(c, goLine(ours))
		if err != nil {
			return err
		}
		folders = append(folders, at)
	}
	var failed []error
	for _, use := range slices.Clone(w.Use) {
		failed = append(failed, w.DropUse(use.Path))
	}
	for _, at := range folders {
		failed = append(failed, w.AddUse(at, ""))
	}
	for _, r := range slices.Clone(w.Replace) {
		if modfile.IsDirectoryPath(r.New.Path) {
			failed = append(failed, w.AddReplace(r.Old.Path, r.Old.Version, absolute(root, r.New.Path), ""))
		}
	}
	for _, path := range m.raised.paths() { // what requires more gets this, as it did when it was loaded
		failed = append(failed, w.AddReplace(path, "", path, m.raised[path].loaded))
	}
	for _, r := range ours.Require {
		if v := u.required[r.Mod.Path]; v != "" && !u.replaced[r.Mod.Path] && m.raised[r.Mod.Path] == (raise{}) {
			failed = append(failed, w.AddReplace(r.Mod.Path, "", r.Mod.Path, v))
		}
	}
	// The go command wants the workspace's line to be no older than any module's.
	if w.Go == nil || gover.Compare("go"+w.Go.Version, "go"+goLine(ours)) < 0 {
		failed = append(failed, w.AddGoStmt(goLine(ours)))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("write go.work: %w", err)
	}
	w.Cleanup()
	return nil
}
