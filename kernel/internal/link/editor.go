package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// EditorModule makes a module in which a tool for editors can look at the notebook: a folder in the cache whose files may
// import whatever the notebook may, in the same versions. Nothing is written beside the user's go.mod. files are
// what it shall hold. env is the environment for the tool. The go.mod is that of now; changed tells whether it differs from what
// the folder held.
func (b *Builder) EditorModule(files map[string]string) (dir string, env []string, changed bool, err error) {
	w, err := b.governing()
	if err != nil {
		return "", nil, false, err
	}
	m := w.module
	dir = w.cache.path("mod", "editor-"+hash(m.Path, m.Dir, m.Sources))
	all := map[string]string{}
	for name, text := range files {
		all[name] = text
	}
	flags := slices.DeleteFunc(strings.Fields(w.tool.Env["GOFLAGS"]), func(f string) bool {
		f = strings.TrimLeft(f, "-")
		return strings.HasPrefix(f, "mod=") || strings.HasPrefix(f, "modfile=") || strings.HasPrefix(f, "overlay=")
	})
	set := w.tool.only()
	if gowork := w.gowork(); gowork != "" {
		err = m.editorWork(gowork, dir, all)
		set["GOWORK"] = filepath.Join(dir, "go.work")
	} else {
		err = m.editorMod(dir, all)
		set["GOWORK"] = "off"
		flags = append(flags, "-mod=mod") // the go command may write down what it finds missing
	}
	if err != nil {
		return "", nil, false, err
	}
	set["GOFLAGS"] = strings.Join(flags, " ")
	set["GOTMPDIR"], set["TMPDIR"] = w.tempDir(), w.tempDir() // gopls is killed, and with it its go commands
	set["PATH"] = filepath.Dir(w.tool.Go) + string(filepath.ListSeparator) + getenv(w.env, "PATH")
	if changed, err = writeEditor(dir, all); err != nil {
		return "", nil, false, err
	}
	return dir, setenv(w.env, set), changed, nil
}

// gowork is the go.work that go commands see, "" when there is none.
func (w *workshop) gowork() string {
	if w.module.Scratch {
		return ""
	}
	if at := w.module.env["GOWORK"]; at != "" {
		return at
	}
	return w.module.gowork
}

// editorName is the path of the editor's module. It lies below that of the notebook's, whose internal packages
// it may import.
func (m *Module) editorName() string { return m.Path + "/interleave-notebook" }

// writeEditor writes the files, and go.mod and its like only when what they are made from has changed: the go
// command adds to them.
func writeEditor(dir string, files map[string]string) (changed bool, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, fmt.Errorf("make the editor's module: %w", err)
	}
	var parts []string
	for _, name := range []string{"go.mod", "go.sum", "go.work", "go.work.sum"} {
		parts = append(parts, files[name])
	}
	key, mark := hash(parts...), filepath.Join(dir, "key")
	old, _ := os.ReadFile(mark)
	changed = string(old) != key
	for name, text := range files {
		was, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && (string(was) == text || strings.HasPrefix(name, "go.") && !changed && sound(name, was, []byte(text))) {
			continue
		}
		if err := writeFile(filepath.Join(dir, name), []byte(text)); err != nil {
			return false, err
		}
	}
	if !changed {
		touch(mark)
		return false, nil
	}
	return true, writeFile(mark, []byte(key))
}

// editorMod writes go.mod and go.sum.
func (m *Module) editorMod(dir string, files map[string]string) error {
	from, root := filepath.Join(m.Dir, "go.mod"), m.Dir
	for _, f := range m.flags {
		if at, ok := strings.CutPrefix(f, "-modfile="); ok {
			from = at
		}
	}
	overlay, err := m.overlay()
	if err != nil {
		return err
	}
	_, f, err := readMod(from)
	if err != nil {
		return err
	}
	sums := strings.TrimSuffix(from, "mod") + "sum"
	if err := f.AddModuleStmt(m.editorName()); err != nil {
		return fmt.Errorf("write the editor's go.mod: %w", err)
	}
	for _, r := range slices.Clone(f.Replace) {
		if !modfile.IsDirectoryPath(r.New.Path) {
			continue
		}
		at := absolute(root, r.New.Path)
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err != nil {
			if at, err = standIn(dir, at, overlay[filepath.Join(at, "go.mod")]); err != nil {
				return err
			}
		}
		if err := f.AddReplace(r.Old.Path, r.Old.Version, at, ""); err != nil {
			return fmt.Errorf("write the editor's go.mod: %w", err)
		}
	}
	for _, t := range slices.Clone(f.Tool) {
		if err := f.DropTool(t.Path); err != nil {
			return fmt.Errorf("write the editor's go.mod: %w", err)
		}
	}
	if !m.Scratch {
		f.AddNewRequire(m.Path, unreleased, false)
		if err := f.AddReplace(m.Path, "", root, ""); err != nil {
			return fmt.Errorf("write the editor's go.mod: %w", err)
		}
	}
	f.Cleanup()
	data, err := f.Format()
	if err != nil {
		return fmt.Errorf("write the editor's go.mod: %w", err)
	}
	g := &generated{}
	g.sums(sums, filepath.Join(m.Sources, "go.sum"))
	files["go.mod"], files["go.sum"] = string(data), strings.Join(g.sum, "\n")+"\n"
	return nil
}

// overlay is what go commands see in the place of other files.
func (m *Module) overlay() (map[string]string, error) {
	var overlay struct{ Replace map[string]string }
	for _, f := range m.flags {
		if at, ok := strings.CutPrefix(f, "-overlay="); ok {
			data, err := os.ReadFile(at)
			if err == nil {
				err = json.Unmarshal(data, &overlay)
			}
			if err != nil {
				return nil, fmt.Errorf("read overlay: %w", err)
			}
		}
	}
	return overlay.Replace, nil
}

// standIn makes a folder that has what another has, of a vendor folder, and the go.mod that is lacking there: tools for
// editors make overlays of their own.
func standIn(dir, folder, mod string) (string, error) {
	if mod == "" { // the go command will say what is wrong
		return folder, nil
	}
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", fmt.Errorf("read overlay: %w", err)
	}
	at := filepath.Join(dir, "vendored", hash(folder))
	if err := os.MkdirAll(at, 0o755); err != nil {
		return "", fmt.Errorf("make the editor's module: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("make the editor's module: %w", err)
	}
	for _, e := range entries {
		if err := os.Symlink(filepath.Join(folder, e.Name()), filepath.Join(at, e.Name())); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make the editor's module: %w", err)
		}
	}
	return at, writeFile(filepath.Join(at, "go.mod"), text)
}

// editorWork writes a go.work that uses the editor's module as well.
func (m *Module) editorWork(gowork, dir string, files map[string]string) error {
	data, err := os.ReadFile(gowork)
	if err != nil {
		return fmt.Errorf("read go.work: %w", err)
	}
	f, err := modfile.ParseWork(gowork, data, nil)
	if err != nil {
		return &PackageError{err.Error()}
	}
	root := filepath.Dir(gowork)
	for _, u := range slices.Clone(f.Use) {
		at := absolute(root, u.Path)
		if err := f.DropUse(u.Path); err != nil {
			return fmt.Errorf("write the editor's go.work: %w", err)
		}
		if err := f.AddUse(at, ""); err != nil {
			return fmt.Errorf("write the editor's go.work: %w", err)
		}
	}
	for _, r := range slices.Clone(f.Replace) {
		if modfile.IsDirectoryPath(r.New.Path) {
			if err := f.AddReplace(r.Old.Path, r.Old.Version, absolute(root, r.New.Path), ""); err != nil {
				return fmt.Errorf("write the editor's go.work: %w", err)
			}
		}
	}
	if err := f.AddUse(dir, ""); err != nil {
		return fmt.Errorf("write the editor's go.work: %w", err)
	}
	f.Cleanup()
	g := &generated{}
	g.sums(strings.TrimSuffix(gowork, "work")+"work.sum", filepath.Join(m.Sources, "go.sum"))
	line := strings.TrimPrefix(m.Lang, "go")
	files["go.mod"] = "module " + m.editorName() + "\n\ngo " + line + "\n"
	files["go.work"], files["go.work.sum"] = string(modfile.Format(f.Syntax)), strings.Join(g.sum, "\n")+"\n"
	return nil
}
