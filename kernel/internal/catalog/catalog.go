// Package catalog finds the package that a name may mean in the modules of a notebook. It only reads files: no go command runs, nothing is
// fetched, compiled or loaded, so an undefined name is answered at once. Which packages a downloaded module has is written down when it is
// first read.
//
// It knows neither go.mod files nor cells, and starts no goroutines.
package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/whole"
)

// Index reads the modules of a notebook.
type Index struct {
	Notes string // the folder for notes about downloaded modules
}

// Module is a folder with packages.
type Module struct {
	Path, Version, Dir string // without a version its files may change, and nothing is written down
	Own                bool   // it's the user's own: internal packages count
}

// packageIn is a package found by reading.
type packageIn struct {
	Path string // below the module, "" for the one at its root
	Name string
}

// Found is a package that a name may mean.
type Found struct {
	Path string // its import path
	Dir  string
}

// Named lists the packages of a module that have a name. Internal ones are left out of modules that are not the notebook's own.
func (x Index) Named(ctx context.Context, m Module, name string) (list []Found) {
	for _, p := range x.packages(ctx, m) {
		if p.Name == name && (m.Own || !slices.Contains(strings.Split(p.Path, "/"), "internal")) {
			list = append(list, Found{path.Join(m.Path, p.Path), filepath.Join(m.Dir, filepath.FromSlash(p.Path))})
		}
	}
	return list
}

// Read makes the notes of modules, so that the first question need not wait for them.
func (x Index) Read(ctx context.Context, modules []Module) {
	for _, m := range modules {
		x.packages(ctx, m)
	}
}

// packages lists the packages of a module.
func (x Index) packages(ctx context.Context, m Module) []packageIn {
	if m.Dir == "" {
		return nil
	}
	if m.Version == "" {
		return readPackages(ctx, m.Dir)
	}
	note := filepath.Join(x.Notes, fmt.Sprintf("names-%x.json", sha256.Sum256([]byte(m.Path+"@"+m.Version+"\n"+m.Dir))))
	var list []packageIn
	if data, ok := whole.ReadNote(note); ok && json.Unmarshal(data, &list) == nil {
		return list
	}
	list = readPackages(ctx, m.Dir)
	if data, err := json.Marshal(list); err == nil && ctx.Err() == nil {
		_ = whole.WriteNote(note, data) // without it the folders are read again
	}
	return list
}

// readPackages finds the packages below a folder. Programs and folders that the go command leaves out are none.
func readPackages(ctx context.Context, root string) (list []packageIn) {
	_ = filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err != nil || !d.IsDir() {
			return nil
		}
		rel, _ := filepath.Rel(root, at)
		if base := d.Name(); rel != "." {
			if base == "testdata" || base == "vendor" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil { // another module
				return fs.SkipDir
			}
		}
		if name := packageName(at); name != "" && name != "main" {
			list = append(list, packageIn{strings.TrimPrefix(filepath.ToSlash(rel), "."), name})
		}
		return nil
	})
	return list
}

// packageName is the name of the package in a folder, "" when it has none for this machine.
func packageName(dir string) string {
	for name := range sources(dir) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil && f.Name.Name != "documentation" {
			return f.Name.Name
		}
	}
	return ""
}

// sources are the Go files of a folder that are compiled on this machine, tests left out.
func sources(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return
		}
		place := build.Default
		place.CgoEnabled = true
		for _, e := range entries {
			if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				if ok, err := place.MatchFile(dir, name); ok && err == nil && !yield(filepath.Join(dir, name)) {
					return
				}
			}
		}
	}
}

// Exports tells whether the package in the folder declares all of these names at its top level.
func (f Found) Exports(symbols []string) bool {
	missing := map[string]bool{}
	for _, s := range symbols {
		if !token.IsExported(s) {
			return false
		}
		missing[s] = true
	}
	for name := range sources(f.Dir) {
		if len(missing) == 0 {
			break
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		declared(text, func(name string) { delete(missing, name) })
	}
	return len(missing) == 0
}

// declared tells the names that a file declares at its top level. It reads words and no syntax: a package of generated code may have
// many megabytes.
func declared(text []byte, tell func(name string)) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(text)), text, func(token.Position, string) {}, 0)
	keyword, depth, group, fresh := token.ILLEGAL, 0, false, false
	for {
		_, tok, word := s.Scan()
		if tok == token.EOF {
			return
		}
		top := depth == 0 || depth == 1 && group
		switch {
		case tok == token.LPAREN && depth == 0 && keyword != token.FUNC && fresh:
			depth, group = 1, true // a group of declarations
			continue
		case tok == token.LPAREN && depth == 0 && keyword == token.FUNC && fresh:
			fresh = false // a method
			depth++
			continue
		case tok == token.LPAREN, tok == token.LBRACE, tok == token.LBRACK:
			depth++
			fresh = false
			continue
		case tok == token.RPAREN, tok == token.RBRACE, tok == token.RBRACK:
			if depth--; depth == 0 {
				group = false
			}
			continue
		}
		if !top {
			continue
		}
		switch {
		case depth == 0 && (tok == token.FUNC || tok == token.TYPE || tok == token.VAR || tok == token.CONST || tok == token.IMPORT):
			if !fresh {
				keyword, fresh = tok, true
			}
		case tok == token.SEMICOLON:
			fresh = group
			if depth == 0 {
				fresh, keyword = false, token.ILLEGAL
			}
		case tok == token.IDENT && fresh && keyword != token.IMPORT:
			tell(word)
			fresh = false
		case tok == token.COMMA && (keyword == token.VAR || keyword == token.CONST):
			fresh = true // var A, B int; behind a = it tells of more than there is, which an importer finds out
		default:
			fresh = false
		}
	}
}
