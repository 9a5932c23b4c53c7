package link

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// generated is a go.mod (or go.work) in the making, with what lies beside it.
type generated struct {
	mod     []byte
	sum     []string
	seen    map[string]bool   // lines in sum
	overlay map[string]string // path of a go.mod → its content as the go command shall see it
}

// join adds module interleave to the user's go.mod f, and what it requires, without raising any version that f
// chooses but to that which is loaded already.
func (g *generated) join(f, ours *modfile.File, sources string, held holding) (raised, error) {
	chosen, replaced := map[string]string{}, map[string]bool{}
	for _, r := range f.Require {
		chosen[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range f.Replace {
		replaced[r.Old.Path] = true
	}
	lifted := held.over(unreplaced(chosen, replaced))
	for _, path := range lifted.paths() {
		v := lifted[path].loaded // with the directive alone it would be compiled as of the version that is asked for
		if err := errors.Join(f.AddRequire(path, v), f.AddReplace(path, "", path, v)); err != nil {
			return nil, fmt.Errorf("write go.mod: %w", err)
		}
	}
	if len(lifted) > 0 {
		g.sums(held.sums...)
	}
	for _, r := range ours.Require {
		v, both := chosen[r.Mod.Path]
		switch {
		case replaced[r.Mod.Path] || lifted[r.Mod.Path] != (raise{}):
		case both: // a module that we add may require more: f's word holds
			if err := f.AddReplace(r.Mod.Path, "", r.Mod.Path, v); err != nil {
				return nil, fmt.Errorf("write go.mod: %w", err)
			}
		default:
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
		}
	}
	// Our own requirements are joined above; the go command shall not take them from our go.mod as well.
	g.overlay[filepath.Join(sources, "go.mod")] = "module " + own + "\n\ngo " + goLine(ours) + "\n"
	return lifted, requireOwn(f, sources)
}

// unreplaced are the versions of modules for which no replace directive stands.
func unreplaced(versions map[string]string, replaced map[string]bool) map[string]string {
	versions = maps.Clone(versions)
	maps.DeleteFunc(versions, func(path, _ string) bool { return replaced[path] })
	return versions
}

// unvendor lets modules of a vendor folder stand where the module cache would: -modfile and vendoring exclude
// each other.
func (g *generated) unvendor(f *modfile.File, root string) error {
	data, err := os.ReadFile(filepath.Join(root, "vendor", "modules.txt"))
	if err != nil {
		return nil // no vendor folder
	}
	var path string
	for line := range strings.Lines(string(data)) {
		if mod, ok := strings.CutPrefix(line, "# "); ok {
			path, _, _ = strings.Cut(strings.TrimSpace(mod), " ")
			continue
		}
		if path == "" || strings.HasPrefix(line, "##") && !strings.Contains(line, "explicit") {
			continue
		}
		dir := filepath.Join(root, "vendor", filepath.FromSlash(path))
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			continue
		}
		version := "1.16"
		if _, v, ok := strings.Cut(line, "; go "); ok {
			version = strings.TrimSpace(v)
		}
		if _, done := g.overlay[filepath.Join(dir, "go.mod")]; done {
			continue
		}
		g.overlay[filepath.Join(dir, "go.mod")] = "module " + path + "\n\ngo " + version + "\n"
		if err := f.AddReplace(path, "", dir, ""); err != nil {
			return fmt.Errorf("write go.mod: %w", err)
		}
	}
	return nil
}

func (g *generated) sums(files ...string) {
	for _, name := range files {
		data, _ := os.ReadFile(name) // none is as good as empty
		for line := range strings.Lines(string(data)) {
			g.add(strings.TrimSpace(line))
		}
	}
}

// add adds lines to the go.sum, each once.
func (g *generated) add(lines ...string) {
	for _, line := range lines {
		if line != "" && !g.seen[line] {
			if g.seen == nil {
				g.seen = map[string]bool{}
			}
			g.seen[line] = true
			g.sum = append(g.sum, line)
		}
	}
}

// store writes the files into a folder of the cache named by their content. The go command may later add to
// them what it finds missing.
func (g *generated) store(c *cache, mod, sum, salt string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	at := c.path("mod", hash(salt, string(g.mod), strings.Join(g.sum, "\n"), fmt.Sprint(g.overlay)))
	n := 0
	files := map[string][]byte{mod: g.mod, sum: []byte(strings.Join(g.sum, "\n") + "\n")}
	for _, path := range slices.Sorted(maps.Keys(g.overlay)) {
		n++
		name := fmt.Sprintf("overlay%d.mod", n)
		files[name] = []byte(g.overlay[path])
		overlay.Replace[path] = filepath.Join(at, name)
	}
	text, err := json.MarshalIndent(overlay, "", "\t")
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	files["overlay.json"] = text
	if g.stands(at, files) {
		touch(at)
		return at, nil
	}
	tmp, err := c.temp("mod")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	for name, data := range files {
		if err := writeFile(filepath.Join(tmp, name), data); err != nil {
			return "", err
		}
	}
	return at, c.publish(tmp, at)
}

// stands tells whether the files are in a folder, with what the go command has added to them.
func (g *generated) stands(at string, files map[string][]byte) bool {
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join(at, name))
		if err != nil {
			return false
		}
		if overlay := strings.HasPrefix(name, "overlay"); overlay && !bytes.Equal(have, want) || !overlay && !sound(name, have, want) {
			return false
		}
	}
	return true
}
