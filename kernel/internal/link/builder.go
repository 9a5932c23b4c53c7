package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Mode is a way to link.
type Mode string

const (
	Auto  Mode = ""      // Thin if it passes the self test, else Thick
	Thin  Mode = "thin"  // against a shared library with all packages of the base
	Thick Mode = "thick" // every plugin holds all it reaches
)

// Options say what to build for. The zero value of every field but Dir has a meaning.
type Options struct {
	Dir     string // the notebook's folder: the go.mod or go.work that governs it decides versions
	Sources string // where module interleave lies, for folders that it does not govern itself
	Cache   string // "" means os.UserCacheDir()/interleave
	Limit   int64  // bytes the cache may hold; 0 means DefaultLimit
	Mode    Mode   // Auto looks at INTERLEAVE_LINK in Env first
	Env     []string
	// Progress is called from one goroutine at a time, only while a base is being built, or packages for Require.
	Progress func(Step)
	Logger   *slog.Logger
}

// DefaultLimit is the size of the cache in bytes when Options do not say.
const DefaultLimit = 4 << 30

// Step is how far building a base has come. Total is 0 for a step that has no count.
type Step struct {
	What        string // "compile packages", "link base library", "link worker", "self test", CompileImports
	Done, Total int
	Detail      string // the package just compiled, may be empty
}

// CompileImports is the step of compiling packages that a cell imports.
const CompileImports = "compile imports"

// Builder builds the units of one notebook folder. It is safe for concurrent use.
type Builder struct {
	opts    Options
	shop    *workshop
	mode    Mode
	why     string
	base    *base
	toolEnv []string

	building  keyed      // one build for each key at a time
	requiring sync.Mutex // one go command at a time
	restoring sync.Mutex // one at a time makes the base again
	looks     looks      // at local packages

	background context.Context // of what runs behind an open builder
	stop       context.CancelFunc
	tasks      sync.WaitGroup

	mu        sync.Mutex
	extra     map[string]*Package // packages that Require found and the base has not
	folders   []folder            // the local ones among them
	new       int64               // bytes of plugins made since the last trim
	restored  int                 // how often the base was made again
	dir       string              // the folder whose module counts, "" for Options.Dir
	module    *Module             // what governed it last
	seen      seen                // when current looked
	sums      []string            // the go.sum files of what has governed it
	mentioned map[string]bool     // versions that the reader knows to be asked for and not used
	notes     []string            // what the reader should know and was not told

	revisions map[string]string // later revisions of local packages that are in use, by the path of the package
	issued    map[string]int    // the number of the last revision of a package that was compiled
	overlay   map[string]string // the files of those revisions, where they are and where their text is
	last      outcome           // of Edit; guarded by requiring
}

// Package is one compiled package.
type Package struct {
	ImportPath string
	Name       string
	Std        bool
	export     string // file with export data; with code as well in Thick, and for packages outside of the base
	print      [8]byte
	imports    []string // direct imports, only for packages outside of the base
	cgo        bool
	module     string // path and version of its module, only for downloaded packages outside of the base
	version    string
}

// Unit is what is compiled of a cell.
type Unit struct {
	// Source is a whole file, with its package clause and //line directives. It is compiled under the import
	// path nb, with earlier units' declarations repeated as engine needs them.
	Source []byte
	// Imports are the import paths in Source. Each is in the base or has been given to Require.
	Imports []string
	// Entry is the name of a func() in Source that the plugin's symbol calls. It is exported.
	Entry string
	// Key is a hash, in letters and digits, of all that the unit is made of. Units of equal keys are the same unit.
	Key string
}

// Plugin is a unit in loadable form.
type Plugin struct {
	Path   string // absolute, in the cache; it stays as long as the limit allows: do not keep it, Build again
	Symbol string // look up this name: it is a func()
	Cached bool   // taken from the cache, nothing was built
	Times  Times
}

// Times says what a Build has spent where.
type Times struct {
	Compile, Stub, View, Link, Final, Total time.Duration
}

// CompileError is the compiler's refusal of a unit's source: the user's error, not ours.
type CompileError struct {
	Lines []string // as printed, "file:line:col: text", each error on a line with its continuation lines
}

func (e *CompileError) Error() string {
	if len(e.Lines) == 0 {
		return "compile: no reason given"
	}
	return e.Lines[0]
}

// PackageError is the go command's refusal of a package: not found, not compiling, no network. Text is its own words.
type PackageError struct {
	Text string
}

func (e *PackageError) Error() string { return e.Text }

// ErrUnknownPackage is returned for an import path that is neither in the base nor given to Require.
var ErrUnknownPackage = errors.New("package is not known to the builder")

// Mode is how this builder links, and Why says in a sentence why that one.
func (b *Builder) Mode() Mode { return b.mode }

// Why says in a sentence why Mode was chosen.
func (b *Builder) Why() string { return b.why }

// About says in two lines which Go builds, how it links, and why.
func (b *Builder) About() string {
	t := b.shop.tool
	return fmt.Sprintf("%s %s: %s\nlinking: %s (%s)\n", t.Version, t.Root, t.Why, b.mode, b.why)
}

// Toolchain is the go installation that builds.
func (b *Builder) Toolchain() *Toolchain { return b.shop.tool }

// Module is the module that governs the folder, as it was when somebody last looked.
func (b *Builder) Module() *Module {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.module != nil {
		return b.module
	}
	return b.shop.module
}
