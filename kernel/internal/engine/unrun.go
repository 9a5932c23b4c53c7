package engine

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/environ"
)

// "I forgot to run the cell above" is the commonest reason for an undefined name. Jupyter's server tells the kernel the notebook's file, and
// the file, as it was last saved, tells which cell declares the name.

// notebookSize is the most bytes of a notebook that are read for an error message.
const notebookSize = 16 << 20

// declared are the top-level names of a notebook's file.
type declared struct {
	path    string
	size    int64
	changed time.Time
	names   map[string][]*cell.Text // the cells that declare a name, from the top
}

// savedFile is the notebook's file as it was last saved.
type savedFile struct {
	e *Engine

	mu   sync.Mutex
	last *declared
}

// declaredIn names the cell that declares a name and has not been run, or failed.
func (f *savedFile) declaredIn(name string) string {
	failed := ""
	for _, text := range f.names()[name] {
		rec, ran := f.e.cells.Record(text.ID)
		since := "in this session"
		if ran && rec.Before {
			ran, since = false, "since %reset"
		}
		f.e.mu.Lock()
		here := f.e.running != nil && cell.NewText(f.e.running.cell.Code).ID == text.ID
		f.e.mu.Unlock()
		switch {
		case here:
		case !ran:
			return fmt.Sprintf("it is declared in the cell that begins with `%s`, which has not been run %s", beginning(text.Source), since)
		case rec.Failed && failed == "":
			failed = "it is declared in In[" + strconv.Itoa(rec.Count) + "], which failed"
		}
	}
	return failed
}

// beginning is the first line of a cell, without commands.
func beginning(source string) string {
	const most = 50
	_, code := cell.Directives(source)
	line, _, _ := strings.Cut(strings.TrimSpace(code), "\n")
	line = strings.ReplaceAll(strings.TrimSpace(line), "`", "'")
	if letters := []rune(line); len(letters) > most {
		line = strings.TrimSpace(string(letters[:most])) + "…"
	}
	return line
}

// fileNames reads the notebook's file, nil when there is none or it is not a notebook.
func (f *savedFile) names() map[string][]*cell.Text {
	path := environ.Lookup(f.e.set.environ(f.e.o.environ()), environ.Notebook)
	f.mu.Lock()
	last := f.last
	f.mu.Unlock()
	if !strings.HasSuffix(path, ".ipynb") {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.e.o.Dir, path)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > notebookSize {
		return nil
	}
	if last != nil && last.path == path && last.size == info.Size() && last.changed.Equal(info.ModTime()) {
		return last.names
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	now := &declared{path, info.Size(), info.ModTime(), namesOfCells(data)}
	f.mu.Lock()
	f.last = now
	f.mu.Unlock()
	return now.names
}

// namesOfCells lists what the code cells of a notebook declare at top level. Outputs, which may be large, are not kept.
func namesOfCells(data []byte) map[string][]*cell.Text {
	var nb struct {
		Cells []struct {
			Type   string          `json:"cell_type"`
			Source json.RawMessage `json:"source"`
		} `json:"cells"`
	}
	if json.Unmarshal(data, &nb) != nil {
		return nil
	}
	names := map[string][]*cell.Text{}
	for _, c := range nb.Cells {
		var source string
		if json.Unmarshal(c.Source, &source) != nil {
			var lines []string
			if json.Unmarshal(c.Source, &lines) != nil {
				continue
			}
			source = strings.Join(lines, "")
		}
		directives, code := cell.Directives(source)
		if c.Type != "code" || len(directives) > 0 && directives[len(directives)-1].Mark == "%%" {
			continue
		}
		text := cell.NewText(source)
		syn, errs := cell.Parse(text, code)
		if len(errs) > 0 {
			continue
		}
		for name := range topNames(syn) {
			names[name] = append(names[name], text)
		}
	}
	return names
}

// topNames are what a cell declares.
func topNames(syn *cell.Syntax) map[string]bool {
	names := map[string]bool{}
	add := func(list ...*ast.Ident) {
		for _, id := range list {
			names[id.Name] = true
		}
	}
	for _, im := range syn.Imports {
		names[im.Name] = true
	}
	for _, f := range syn.Funcs {
		if f.Decl.Recv == nil {
			add(f.Decl.Name)
		}
	}
	for _, stmt := range syn.Stmts {
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			for _, left := range s.Lhs {
				if id, ok := left.(*ast.Ident); ok && s.Tok == token.DEFINE {
					add(id)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					add(s.Names...)
				case *ast.TypeSpec:
					add(s.Name)
				}
			}
		}
	}
	for _, none := range []string{"", "_", "."} {
		delete(names, none)
	}
	return names
}
