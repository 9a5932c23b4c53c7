package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// What notebooks of other kernels import to show things is made of their kernels' own machinery. Packages of ours
// stand in under the same paths: gophernotes offers display under two names, and GoNB's gonbui has a package of its
// own.
var standIns = map[string]string{
	"display":                           DisplayPath,
	"github.com/gopherdata/gophernotes": DisplayPath,
	gonbuiPath:                          DisplayPath + "/gonbui",
}

const (
	gonbPath   = "github.com/janpfeifer/gonb"
	gonbuiPath = gonbPath + "/gonbui"
)

// Requirer is a Packages that knows what the user's own module requires.
type Requirer interface {
	// Requires reports whether the module that the notebook's folder is in, if there is one, is or requires another.
	Requires(module string) bool
}

// Canonical is the path a package is really imported by. A module of the user's that requires GoNB means GoNB's own
// package.
func (c *Checker) Canonical(p string) string {
	q, ok := standIns[p]
	if !ok || strings.HasPrefix(p, gonbPath) && c.requires(gonbPath) {
		return p
	}
	return q
}

func (c *Checker) requires(module string) bool {
	r, ok := c.packages.(Requirer)
	return ok && r.Requires(module)
}

// NoStandIn says why a package of another kernel cannot be had here, "" for all other packages.
func (c *Checker) NoStandIn(p string) string {
	if p != gonbPath && !strings.HasPrefix(p, gonbPath+"/") || standIns[p] != "" || c.requires(gonbPath) {
		return ""
	}
	return fmt.Sprintf("%s needs GoNB's own front end: this kernel has the display functions of %s, and package display", p, gonbuiPath)
}

// notStoodIn explains a name that the package which stands in for gonbui does not have.
func (j *declared) notStoodIn(name string) string {
	qualifier, _, selected := strings.Cut(name, ".")
	if !selected || j.next.Imports[qualifier] != standIns[gonbuiPath] {
		return ""
	}
	return "this kernel has gonbui's display functions only; the others need GoNB's own front end"
}

// standIn writes the paths that a whole program imports as they are here.
func (c *Checker) standIn(code string, fset *token.FileSet, f *ast.File) string {
	for _, im := range slices.Backward(f.Imports) {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			continue
		}
		if q := c.Canonical(p); q != p {
			at := fset.Position(im.Path.Pos()).Offset
			code = code[:at] + strconv.Quote(q) + code[at+len(im.Path.Value):]
		}
	}
	return code
}
