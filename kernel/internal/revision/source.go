package revision

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// Rewrite is the text of a file that imports revisions, next by the path of each package, and whether the file declares variables of the
// package. All lines keep their numbers. What does not parse is left to the compiler.
func Rewrite(text []byte, next map[string]string) (edited []byte, variables bool) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if file == nil {
		return text, false
	}
	if err == nil {
		variables = slices.ContainsFunc(file.Decls, declaresVariable)
	}
	at := 0
	for _, im := range file.Imports {
		path, err := strconv.Unquote(im.Path.Value)
		if err != nil || next[path] == "" {
			continue
		}
		from := files.Position(im.Path.Pos()).Offset
		edited = append(append(edited, text[at:from]...), strconv.Quote(next[path])...)
		at = from + len(im.Path.Value)
	}
	return append(edited, text[at:]...), variables
}

func declaresVariable(d ast.Decl) bool {
	gen, ok := d.(*ast.GenDecl)
	return ok && gen.Tok == token.VAR && slices.ContainsFunc(gen.Specs, func(s ast.Spec) bool {
		return slices.ContainsFunc(s.(*ast.ValueSpec).Names, func(id *ast.Ident) bool { return id.Name != "_" })
	})
}

// HasInit tells whether a file has a function init, which registers something as a rule, and must not run twice then.
func HasInit(text []byte) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return err == nil && slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == "init"
	})
}
