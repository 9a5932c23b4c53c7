package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// Reasons why a declaration is for programs only.
const (
	UsesC     = "C"
	UsesFiles = "files" // that are embedded
)

// Portable returns what of a whole program can be part of a notebook: its code with everything blanked out that uses C or
// embedded files, directly or by what it names. left has the names of what is blanked out, sorted, by the reason for it.
func Portable(program string) (code string, left map[string][]string) {
	f, err := parser.ParseFile(token.NewFileSet(), "", program, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return program, nil
	}
	offset := func(p token.Pos) int { return int(p - f.FileStart) }
	b := []byte(program)
	why := map[string]string{} // by name; a method's begins with a dot
	parts := partsOf(f, why)
	for again := true; again; {
		again = false
		for i := range parts {
			p := &parts[i]
			for name := range p.mentions {
				p.why = first(p.why, why[name])
			}
			if p.why == "" || p.gone {
				continue
			}
			p.gone, again = true, true
			wipe(b[offset(p.node.Pos()):offset(p.node.End())])
			if p.doc != nil {
				wipe(b[offset(p.doc.Pos()):offset(p.doc.End())])
			}
			for _, name := range p.names {
				why[name] = first(why[name], p.why)
			}
		}
	}
	delete(why, UsesC)
	if len(why) == 0 && string(b) == program {
		return program, nil
	}
	left = map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(why)) {
		left[why[name]] = append(left[why[name]], strings.TrimPrefix(name, "."))
	}
	return string(b), left
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// part is a declaration of a program, or one of several in brackets.
type part struct {
	node     ast.Node
	doc      *ast.CommentGroup
	names    []string
	mentions map[string]bool
	why      string
	gone     bool
}

// partsOf cuts a program into its declarations. A group of constants stays together, as each may repeat the one above.
func partsOf(f *ast.File, why map[string]string) (parts []part) {
	add := func(node ast.Node, doc *ast.CommentGroup, names ...string) {
		p := part{node: node, doc: doc, names: names, mentions: map[string]bool{}}
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			p.why = UsesFiles
		}
		ast.Inspect(node, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				p.mentions[n.Name] = true
			case *ast.SelectorExpr:
				p.mentions["."+n.Sel.Name] = true
			}
			return true
		})
		parts = append(parts, p)
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = "." + name
			}
			add(d, d.Doc, name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				var node ast.Node = d
				if d.Lparen.IsValid() && d.Tok != token.CONST {
					node = s
				}
				switch s := s.(type) {
				case *ast.ImportSpec:
					if s.Path.Value == `"C"` {
						add(node, docOf(s.Doc, d))
						parts[len(parts)-1].why = UsesC
						why[UsesC] = UsesC
					}
				case *ast.TypeSpec:
					add(node, docOf(s.Doc, d), s.Name.Name)
				case *ast.ValueSpec:
					add(node, docOf(s.Doc, d), identNames(s.Names)...)
				}
			}
		}
	}
	return parts
}

// docOf is the comment above a declaration that stands alone or in brackets.
func docOf(doc *ast.CommentGroup, d *ast.GenDecl) *ast.CommentGroup {
	if doc == nil && !d.Lparen.IsValid() {
		return d.Doc
	}
	return doc
}

func identNames(ids []*ast.Ident) (names []string) {
	for _, id := range ids {
		if id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	return names
}
