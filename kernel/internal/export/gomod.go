package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	gover "go/version"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"interleave/kernel/internal/link"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Module     *listedModule
}

type listedModule struct {
	Path, Version, Dir, GoVersion string
	Main                          bool
	Replace                       *listedModule
}

// module writes go.mod and, when the program imports more than the standard library, go.sum.
func (x *exporter) module() error {
	f := &modfile.File{Syntax: &modfile.FileSyntax{}}
	outside := x.outside()
	inStd := func(name string) bool {
		return slices.ContainsFunc(x.b.Packages(), func(p link.Package) bool {
			return p.Std && (p.ImportPath == name || strings.HasPrefix(p.ImportPath, name+"/"))
		})
	}
	if err := f.AddModuleStmt(moduleName(x.o.Name, outside, inStd)); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	line := strings.TrimPrefix(x.b.Module().Lang, "go")
	if len(outside) == 0 {
		if err := f.AddGoStmt(line); err != nil {
			return fmt.Errorf("write go.mod: %w", err)
		}
		text, err := f.Format()
		x.m.Files["go.mod"] = text
		return err
	}
	needed, err := x.modules(outside)
	if err != nil {
		return err
	}
	for _, m := range slices.SortedFunc(maps.Values(needed), func(a, b *listedModule) int { return strings.Compare(a.Path, b.Path) }) {
		if newer := m.GoVersion; newer != "" && gover.Compare("go"+newer, "go"+line) > 0 {
			line = newer
		}
		version := m.Version
		if m.Main || version == "" {
			version = "v0.0.0"
		}
		direct := slices.ContainsFunc(outside, func(p string) bool { return p == m.Path || strings.HasPrefix(p, m.Path+"/") })
		f.AddNewRequire(m.Path, version, !direct)
		switch {
		case m.Main || m.Version == "":
			dir := m.Dir
			if m.Replace != nil {
				dir = m.Replace.Dir
			}
			err = f.AddReplace(m.Path, "", dir, "")
			x.m.Notes = append(x.m.Notes, fmt.Sprintf("the packages of module %s are taken from %s, as go.mod says", m.Path, dir))
		case m.Replace != nil && m.Replace.Version == "":
			err = f.AddReplace(m.Path, m.Version, m.Replace.Dir, "")
			x.m.Notes = append(x.m.Notes, fmt.Sprintf("the packages of module %s are taken from %s, as go.mod says", m.Path, m.Replace.Dir))
		case m.Replace != nil && (m.Replace.Path != m.Path || m.Replace.Version != version):
			err = f.AddReplace(m.Path, m.Version, m.Replace.Path, m.Replace.Version)
		}
		if err != nil {
			return fmt.Errorf("write go.mod: %w", err)
		}
	}
	if err := f.AddGoStmt(line); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	f.SetRequireSeparateIndirect(f.Require)
	f.Cleanup()
	if x.m.Files["go.mod"], err = f.Format(); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	x.m.Files["go.sum"] = x.sums(needed)
	return x.complete()
}

// outside are the imports that the standard library does not have, each once.
func (x *exporter) outside() []string {
	std := map[string]bool{"unsafe": true, "C": true}
	for _, p := range x.b.Packages() {
		if p.Std {
			std[p.ImportPath] = true
		}
	}
	out := slices.DeleteFunc(slices.Clone(x.imports), func(p string) bool { return std[p] })
	slices.Sort(out)
	return slices.Compact(out)
}

// modules asks the go command, as the notebook's module has it, for the modules behind packages.
func (x *exporter) modules(packages []string) (map[string]*listedModule, error) {
	argv, env, dir := x.b.Command(x.ctx, "list", append([]string{"-e", "-deps", "-json=ImportPath,Standard,Module", "--"}, packages...)...)
	cmd := exec.CommandContext(x.ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = env, dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list modules: %w%s", err, saidBy(err))
	}
	needed := map[string]*listedModule{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return needed, nil
		} else if err != nil {
			return nil, fmt.Errorf("list modules: %w", err)
		}
		if p.Module != nil && !p.Standard {
			needed[p.Module.Path] = p.Module
		}
	}
}

func saidBy(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return "\n" + strings.TrimSpace(string(exit.Stderr))
	}
	return ""
}

// sums joins the checksums that are known to what the notebook's versions come from.
func (x *exporter) sums(needed map[string]*listedModule) []byte {
	m := x.b.Module()
	files := []string{filepath.Join(m.Dir, "go.sum"), filepath.Join(m.Dir, "go.work.sum"), filepath.Join(m.Sources, "go.sum")}
	for _, n := range needed {
		if n.Main {
			files = append(files, filepath.Join(n.Dir, "go.sum"))
		}
	}
	lines := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // not all of them exist
		}
		for line := range strings.Lines(string(text)) {
			if len(strings.Fields(line)) == 3 {
				lines[strings.TrimSpace(line)+"\n"] = true
			}
		}
	}
	return []byte(strings.Join(slices.Sorted(maps.Keys(lines)), ""))
}

// complete has the go command add to go.mod and go.sum what it would miss, in a copy, and keeps of go.sum what it needs.
func (x *exporter) complete() error {
	dir, err := x.b.Temp("export")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeAll(dir, x.m.Files); err != nil {
		return err
	}
	tool := x.b.Toolchain()
	cmd := exec.CommandContext(x.ctx, tool.Go, "list", "-mod=mod", "-e", "-deps", "-test", "-find=false", "-f", "", "./...")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), tool.Environ()...), "GOWORK=off", "GOFLAGS=", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		if x.ctx.Err() != nil {
			return x.ctx.Err()
		}
		x.m.Notes = append(x.m.Notes, "go.mod may be incomplete, and go mod tidy may mend that; the go command says: "+strings.TrimSpace(string(out)))
		return nil
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if len(text) > 0 {
			x.m.Files[name] = text
		}
	}
	return nil
}

// moduleName makes a module's name of a notebook's, one that no package has which it imports.
func moduleName(notebook string, imports []string, std func(string) bool) string {
	base := strings.TrimSuffix(filepath.Base(notebook), filepath.Ext(notebook))
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_', r == '.':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, base), "-._")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name == "" {
		name = "notebook"
	}
	taken := slices.ContainsFunc(imports, func(p string) bool { return p == name || strings.HasPrefix(p, name+"/") })
	if std(name) || taken || module.CheckImportPath(name) != nil || reserved[name] {
		name = "notebook-" + name
	}
	return name
}

// reserved are names that mean something to the go command.
var reserved = map[string]bool{"all": true, "std": true, "cmd": true, "main": true, "tool": true, "work": true, "test": true, "example": true}
