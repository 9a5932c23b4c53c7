package session

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Only serve.go knows the sockets, and nothing knows what is behind Engine.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			ours := strings.HasPrefix(path, "interleave/")
			if ours && (name != "serve.go" || path != "interleave/kernel/internal/wire") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
