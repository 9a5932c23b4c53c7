package link

import (
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// sound tells whether a file of a generated module, go.mod, go.sum, go.work or go.work.sum, still has what was written into it. The go
// command adds to these files, so they have no checksum.
func sound(name string, have, want []byte) bool {
	switch filepath.Ext(name) {
	case ".sum":
		lines, all := sumLines(have)
		wanted, _ := sumLines(want)
		return all && !slices.ContainsFunc(wanted, func(l string) bool { return !slices.Contains(lines, l) })
	case ".work":
		h, err1 := modfile.ParseWork(name, have, nil)
		w, err2 := modfile.ParseWork(name, want, nil)
		return err1 == nil && err2 == nil && len(h.Use) >= len(w.Use) && replaces(h.Replace, w.Replace)
	}
	h, err1 := modfile.Parse(name, have, nil)
	w, err2 := modfile.Parse(name, want, nil)
	if err1 != nil || err2 != nil || h.Module == nil || w.Module == nil || h.Module.Mod != w.Module.Mod || !replaces(h.Replace, w.Replace) {
		return false
	}
	required := map[string]bool{}
	for _, r := range h.Require {
		required[r.Mod.Path] = true
	}
	return !slices.ContainsFunc(w.Require, func(r *modfile.Require) bool { return !required[r.Mod.Path] })
}

func replaces(have, want []*modfile.Replace) bool {
	for _, w := range want {
		if !slices.ContainsFunc(have, func(h *modfile.Replace) bool { return h.Old == w.Old && h.New == w.New }) {
			return false
		}
	}
	return true
}

// sumLines are the lines of a go.sum that are as the go command writes them; all tells that there are no others.
func sumLines(text []byte) (lines []string, all bool) {
	all = true
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		f := strings.Fields(line)
		if len(f) == 3 && strings.HasPrefix(f[1], "v") && strings.HasPrefix(f[2], "h1:") && len(f[2]) == len("h1:")+44 {
			lines = append(lines, line)
		} else if line != "" {
			all = false
		}
	}
	return lines, all
}
