package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/mod/modfile"

	"interleave/kernel/internal/whole"
)

// An installation for many users has a folder beside its sources, which Prepare fills once and which every user's
// kernel reads before its own cache and never writes to:
//
//	prepared/base/KEY/…   bases
//	prepared/state/…      for which toolchain and module versions they are, and what the self test said
//	prepared/modules/…    Go modules in the layout of GOPROXY
//	prepared/gopls/…      gopls
const preparedFolder = "prepared"

// beside is the prepared folder of the sources, "" when there is none. It is trusted as the sources are, whose code cells
// are linked with: it belongs to the same user, and nobody else may write to it.
func beside(sources string) string {
	if sources == "" {
		return ""
	}
	dir := filepath.Join(filepath.Dir(sources), preparedFolder)
	at, err := os.Stat(dir)
	if err != nil || !at.IsDir() || at.Mode().Perm()&0o022 != 0 {
		return ""
	}
	from, err := os.Stat(sources)
	if err != nil {
		return ""
	}
	a, aOK := at.Sys().(*syscall.Stat_t)
	b, bOK := from.Sys().(*syscall.Stat_t)
	if !aOK || !bOK || a.Uid != b.Uid {
		return ""
	}
	return dir
}

// GoplsFolder is where gopls lies that was built for all users of the installation with these sources, "" when there is none.
func GoplsFolder(sources string) string {
	if dir := beside(sources); dir != "" {
		return filepath.Join(dir, "gopls")
	}
	return ""
}

// preparation says what a prepared base is for.
type preparation struct {
	Base    string
	Root    string            // GOROOT of the toolchain
	Folders []folder          // local packages in it; Dir is relative to the sources
	Modules map[string]string // the versions of the other modules that it is of
}

// preparationName is the file of the preparation for this toolchain.
func (w *workshop) preparationName(mode Mode) string {
	return preparedFor + hash(format, string(mode), w.tool.Key, strings.Join(gonums, " "), string(profile)) + ".json"
}

const preparedFor = "base-"

// recall reads a small file of the user's cache or, when that has none, of what was prepared for all users.
func (w *workshop) recall(name string) (data []byte, ok bool) {
	if data, ok = whole.ReadNote(w.cache.path("state", name)); !ok && w.prepared != "" {
		return whole.ReadNote(filepath.Join(w.prepared, "state", name))
	}
	return data, ok
}

// openPrepared opens the base that was prepared for this toolchain. The error says why it does not fit.
func (w *workshop) openPrepared(ctx context.Context, mode Mode) (*base, error) {
	if w.prepared == "" {
		return nil, fs.ErrNotExist
	}
	p, err := readPreparation(filepath.Join(w.prepared, "state", w.preparationName(mode)))
	if err != nil {
		return nil, err
	}
	k := known{Base: p.Base, Modules: p.Modules}
	for _, f := range p.Folders {
		f.Dir = filepath.Join(w.module.Sources, f.Dir)
		k.Folders = append(k.Folders, f)
	}
	if !k.fresh() || tree(w.module.Sources) != tree(w.installed) {
		return nil, errors.New("the sources are others than those it was made of")
	}
	if err := w.agrees(ctx, p.Modules); err != nil {
		return nil, err
	}
	return w.loadFrom(filepath.Join(w.prepared, "base", p.Base), k, mode, nil)
}

func readPreparation(name string) (p preparation, err error) {
	data, ok := whole.ReadNote(name)
	if !ok {
		return p, errors.New("nothing was prepared for this toolchain, or the note of it is damaged")
	}
	return p, json.Unmarshal(data, &p)
}

// agrees tells whether packages of these modules are in these versions here.
func (w *workshop) agrees(ctx context.Context, modules map[string]string) error {
	if w.plain() {
		return nil // it requires what the sources require, as did the module that the base was prepared in
	}
	paths := slices.Sorted(maps.Keys(modules))
	args := append([]string{"-e", "-f", "{{if not .Replace}}{{.Path}} {{.Version}}{{end}}", "--"}, paths...)
	out, err := w.module.command(ctx, w.tool, w.goEnv(), "list", append([]string{"-m"}, args...)...).Output()
	if err != nil {
		return fmt.Errorf("ask for versions of modules: %s", words(stderrOf(err), err))
	}
	got := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		got[path] = version
	}
	for _, path := range paths {
		if got[path] != modules[path] {
			return fmt.Errorf("%s is %q here, not %s", path, got[path], modules[path])
		}
	}
	return nil
}

// plain tells whether the governing go.mod requires exactly what our own does.
func (w *workshop) plain() bool {
	name := w.module.gomod
	if w.gowork() != "" {
		return false
	}
	for _, f := range w.module.flags {
		if at, ok := strings.CutPrefix(f, "-modfile="); ok {
			name = at
		}
	}
	_, f, err := readMod(name)
	if err != nil {
		return false
	}
	ours, err := readSources(w.installed)
	if err != nil {
		return false
	}
	for _, r := range f.Replace {
		if r.Old.Path != own {
			return false
		}
	}
	return maps.Equal(required(f), required(ours))
}

func required(f *modfile.File) map[string]string {
	out := map[string]string{}
	for _, r := range f.Require {
		if r.Mod.Path != own {
			out[r.Mod.Path] = r.Mod.Version
		}
	}
	return out
}

// Prepare builds what cells of folders without a module are linked with and puts it into a folder beside Options.Sources, for all
// users of that installation. Options.Dir is a folder that no go.mod governs, or the sources. It tells how cells are linked, and why so.
func Prepare(ctx context.Context, o Options) (tool *Toolchain, mode Mode, why string, err error) {
	w, mode, why, err := o.choose(ctx)
	if err != nil {
		return nil, "", "", err
	}
	defer w.close()
	into := filepath.Join(filepath.Dir(o.Sources), preparedFolder)
	ours, err := readSources(o.Sources)
	if err != nil {
		return nil, "", "", err
	}
	if w.module, err = commonModule(w.cache, ours, w.tool.scratchLine(ours), o.Sources, nil, ""); err != nil {
		return nil, "", "", err
	}
	b, err := w.makeBase(ctx, mode, nil)
	if err != nil {
		return nil, "", "", err
	}
	defer b.close()
	return w.tool, mode, why, w.share(b, mode, into)
}

// share copies a base, and how it is found, into a prepared folder.
func (w *workshop) share(b *base, mode Mode, into string) error {
	w.step(Step{What: "copy it for all users"})
	for _, sub := range []string{"base", "state"} {
		if err := os.MkdirAll(filepath.Join(into, sub), 0o755); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	p := preparation{Base: b.key, Root: w.tool.Root, Modules: b.Modules}
	for _, f := range b.Folders {
		rel, err := filepath.Rel(w.module.Sources, f.Dir)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		f.Dir = rel
		p.Folders = append(p.Folders, f)
	}
	at := filepath.Join(into, "base", b.key)
	if old, err := w.loadFrom(at, b.known, mode, nil); err == nil {
		old.close()
	} else if err := copyBase(b.dir, at); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if note, ok := w.recall(w.selfTestName(mode)); ok {
		if err := whole.WriteNote(filepath.Join(into, "state", w.selfTestName(mode)), note); err != nil {
			return err
		}
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if err := whole.WriteNote(filepath.Join(into, "state", w.preparationName(mode)), data); err != nil {
		return err
	}
	return dropPrepared(into, w.preparationName(mode), w.tool.Root)
}

// copyBase copies a base to where others read it. It is there whole, or not at all.
func copyBase(from, to string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(filepath.Join(tmp, "base"), os.DirFS(from)); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(tmp, "base", "used")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return whole.Publish(filepath.Join(tmp, "base"), to)
}

// dropPrepared removes preparations for toolchains that are gone or that this one, at root, has replaced, and the bases that none is left
// for.
func dropPrepared(into, name, root string) error {
	notes, _ := filepath.Glob(filepath.Join(into, "state", preparedFor+"*.json"))
	keep := map[string]bool{}
	for _, note := range notes {
		p, err := readPreparation(note)
		if filepath.Base(note) == name {
			keep[p.Base] = true
			continue
		}
		if _, gone := os.Stat(p.Root); err == nil && gone == nil && p.Root != root {
			keep[p.Base] = true
			continue
		}
		if err := os.Remove(note); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	bases, _ := os.ReadDir(filepath.Join(into, "base"))
	for _, d := range bases {
		if keep[d.Name()] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(into, "base", d.Name())); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	return nil
}
