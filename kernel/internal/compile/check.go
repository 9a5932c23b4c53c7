package compile

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/revision"
)

// Diagnostic is one fault of the user's code at a place in a cell.
type Diagnostic struct {
	Text    *cell.Text
	Offset  int
	Message string
}

// Checker checks and compiles cells. It is safe for concurrent use.
type Checker struct {
	packages Packages
	importer *lockedImporter
	language Language
}

// Language is a version of Go's language, and what decides it.
type Language struct {
	Version string // "go1.26"
	By      string // the go.mod or go.work whose go line says so; "" when it is the toolchain's own
}

// NewChecker returns a checker for a language.
func NewChecker(p Packages, l Language) *Checker {
	return &Checker{packages: p, importer: newImporter(p), language: l}
}

// view is one checked source.
type view struct {
	ctx    context.Context
	src    *source
	file   *ast.File
	tokens *token.File
	pkg    *types.Package
	info   *types.Info
	errs   []viewError

	behind map[token.Pos]token.Pos // see afterDeclaration
	empty  map[token.Pos]bool      // starts of switches without cases

	selected *selectors // see there
}

// viewError is an error of the checker; text is nil when it lies in generated text.
type viewError struct {
	pos     token.Pos
	message string
	soft    bool
	text    *cell.Text
	offset  int
}

// unused reports whether an error is that of a local variable which nothing uses. The checker says it the other
// way round for the variable of a type switch.
func (e viewError) unused() (name string, ok bool) {
	const words = "declared and not used"
	if name, ok = strings.CutPrefix(e.message, words+": "); ok {
		return name, true
	}
	return strings.CutSuffix(e.message, " "+words)
}

// check parses and type-checks a source. Errors and imports are where the checker can be stopped.
func (c *Checker) check(ctx context.Context, src *source) (*view, error) {
	look(ctx)
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src.buf.String(), parser.SkipObjectResolution)
	if file == nil || err != nil {
		return nil, fmt.Errorf("generated source does not parse: %w", err)
	}
	v := &view{ctx: ctx, src: src, file: file, tokens: fset.File(file.FileStart), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	var conf types.Config
	conf = types.Config{
		GoVersion: c.language.Version, Importer: stoppable{ctx, c.importer}, Sizes: types.SizesFor("gc", runtime.GOARCH),
		DisableUnusedImportCheck: true,
		FakeImportC:              true, // what a program takes from C, only cgo knows; anything goes here
		Error: func(err error) {
			if ctx.Err() != nil {
				conf.Error = nil // without one, the checker ends at its next error
				return
			}
			if e, ok := err.(types.Error); ok {
				v.addError(e)
			}
		},
	}
	v.pkg, _ = conf.Check("notebook", fset, []*ast.File{file}, v.info)
	look(ctx)
	for i, e := range v.errs {
		v.errs[i].message = c.language.cure(v.newer(e))
	}
	return v, nil
}

// stoppable is an importer that looks at a context.
type stoppable struct {
	ctx context.Context
	types.Importer
}

func (s stoppable) Import(path string) (*types.Package, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	return s.Importer.Import(path)
}

func (v *view) addError(e types.Error) {
	ve := viewError{pos: e.Pos, message: Plain(v.unaliased(e.Msg)), soft: e.Soft}
	if e.Pos.IsValid() {
		if t, at, ok := v.src.origin(v.tokens.Offset(e.Pos)); ok {
			ve.text, ve.offset = t, at
		}
	}
	v.errs = append(v.errs, ve)
}

// unaliased is a message with the names of packages where the generated text has names of its own for them.
func (v *view) unaliased(message string) string {
	if !strings.Contains(message, aliasMark) {
		return message
	}
	for _, im := range slices.Backward(v.file.Imports) { // p12 before p1
		if im.Name != nil && strings.HasPrefix(im.Name.Name, aliasMark) {
			if p, err := strconv.Unquote(im.Path.Value); err == nil {
				message = strings.ReplaceAll(message, im.Name.Name, path.Base(revision.Plain(p)))
			}
		}
	}
	return message
}

// at maps a node position to the cell it came from.
func (v *view) at(p token.Pos) (t *cell.Text, offset int, ok bool) {
	if !p.IsValid() {
		return nil, 0, false
	}
	return v.src.origin(v.tokens.Offset(p))
}

// with puts a header in front of a source.
func (s *source) with(header string) *source {
	out := &source{}
	out.gen(header, s.buf.String())
	for _, p := range s.pieces {
		p.at += len(header)
		out.pieces = append(out.pieces, p)
	}
	return out
}

// diagnostics orders errors by cell and offset and drops echoes: the same words at the same place.
func diagnostics(list []Diagnostic) []Diagnostic {
	sort.SliceStable(list, func(i, j int) bool { return list[i].Offset < list[j].Offset })
	var out []Diagnostic
	seen := map[Diagnostic]bool{}
	for _, d := range list {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}
