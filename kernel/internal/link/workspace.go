package link

import (
	"fmt"
	gover "go/version"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// workspace is findModule below a go.work.
func workspace(t *Toolchain, p place, dir, sources string, c *cache, held holding) (*Module, error) {
	gowork, gomod := p.gowork, p.gomod
	data, err := os.ReadFile(gowork)
	if err != nil {
		return nil, fmt.Errorf("read go.work: %w", err)
	}
	w, err := modfile.ParseWork(gowork, data, nil)
	if err != nil {
		return nil, &PackageError{err.Error()}
	}
	root := filepath.Dir(gowork)
	m := &Module{Path: "workspace", Dir: dir, Lang: Oldest, LangBy: gowork, Sources: sources}
	if w.Go != nil {
		m.Lang = langOf(w.Go.Version)
	}
	m.files = []string{gowork, strings.TrimSuffix(gowork, "work") + "work.sum"}
	required, replaced := map[string]string{}, map[string]bool{}
	for _, u := range w.Use {
		at := absolute(root, u.Path)
		_, f, err := readMod(filepath.Join(at, "go.mod"))
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, filepath.Join(at, "go.mod"), filepath.Join(at, "go.sum"))
		if filepath.Join(at, "go.mod") == gomod {
			m.Path, m.Lang, m.LangBy = f.Module.Mod.Path, lang(f), gomod
		}
		if isOwn(f.Module.Mod.Path, at) {
			m.Sources, m.lax = at, true
			return m, nil
		}
		m.provide(t, f, at)
		for _, r := range f.Replace {
			replaced[r.Old.Path] = true
		}
		for _, r := range f.Require {
			if semver.Compare(r.Mod.Version, required[r.Mod.Path]) > 0 {
				required[r.Mod.Path] = r.Mod.Version
			}
		}
		if err := w.DropUse(u.Path); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
		if err := w.AddUse(at, ""); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
	}
	ours, err := readSources(sources)
	if err != nil {
		return nil, err
	}
	g := &generated{overlay: map[string]string{}}
	g.sums(strings.TrimSuffix(gowork, "work")+"work.sum", filepath.Join(sources, "go.sum"))
	if err := w.AddUse(sources, ""); err != nil {
		return nil, fmt.Errorf("write go.work: %w", err)
	}
	m.replace(t, w.Replace, root)
	for _, r := range w.Replace {
		replaced[r.Old.Path] = true
		if modfile.IsDirectoryPath(r.New.Path) {
			if err := w.AddReplace(r.Old.Path, r.Old.Version, absolute(root, r.New.Path), ""); err != nil {
				return nil, fmt.Errorf("write go.work: %w", err)
			}
		}
	}
	m.asked = unreplaced(required, replaced)
	m.raised = held.over(m.asked)
	if len(m.raised) > 0 {
		at, err := m.raised.store(c, goLine(ours))
		if err != nil {
			return nil, err
		}
		if err := w.AddUse(at, ""); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
		for _, path := range m.raised.paths() { // what requires more gets this, as it did when it was loaded
			if err := w.AddReplace(path, "", path, m.raised[path].loaded); err != nil {
				return nil, fmt.Errorf("write go.work: %w", err)
			}
		}
		g.sums(held.sums...)
	}
	for _, r := range ours.Require {
		if v := required[r.Mod.Path]; v != "" && !replaced[r.Mod.Path] && m.raised[r.Mod.Path] == (raise{}) {
			if err := w.AddReplace(r.Mod.Path, "", r.Mod.Path, v); err != nil {
				return nil, fmt.Errorf("write go.work: %w", err)
			}
		}
	}
	// The go command wants the workspace's line to be no older than any module's.
	if w.Go == nil || gover.Compare("go"+w.Go.Version, "go"+goLine(ours)) < 0 {
		if err := w.AddGoStmt(goLine(ours)); err != nil {
			return nil, fmt.Errorf("write go.work: %w", err)
		}
	}
	w.Cleanup()
	g.mod = modfile.Format(w.Syntax)
	at, err := g.store(c, "go.work", "go.work.sum", string(data)+root)
	if err != nil {
		return nil, err
	}
	m.env = map[string]string{"GOWORK": filepath.Join(at, "go.work")}
	m.files = append(m.files, filepath.Join(at, "go.work"))
	return m, nil
}
