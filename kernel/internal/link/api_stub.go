package link

import (
	"context"
	"errors"
)

var errNotYet = errors.New("link: not written yet")

type cache struct{}
type base struct{}

// Module is the module that governs a folder.
type Module struct {
	Path    string // "interleave", "example.com/m", or "notebook" for the scratch module
	Dir     string // its root; for the scratch module a folder in the cache
	Root    string // folder below which its packages' sources lie
	Lang    string // "go1.26": the go line of its go.mod, for -lang
	Scratch bool   // no go.mod governs the folder
}

// Command returns the go command with args as it must be run for this folder: "go list" with the generated go.mod.
func (b *Builder) Command(ctx context.Context, verb string, args ...string) (argv, env []string, dir string) {
	return nil, nil, ""
}

// Open makes a Builder for a folder, building its base when the cache has none.
func Open(ctx context.Context, o Options) (*Builder, error) { return nil, errNotYet }

// Close releases what the builder holds open. Plugins in use stay loaded.
func (b *Builder) Close() error { return nil }

// Worker is the program to start for this builder's plugins.
func (b *Builder) Worker() (path string, args, env []string) { return "", nil, nil }

// Packages lists what may be imported without Require.
func (b *Builder) Packages() []Package { return nil }

// Export returns the file with the export data of a package, as go/importer's gc lookup takes it.
func (b *Builder) Export(importPath string) (string, error) { return "", errNotYet }

// Require makes packages that the base has not available to Export and Build, their dependencies with them. It
// is quick when all are known. The error is a *PackageError when the go command refuses.
func (b *Builder) Require(ctx context.Context, importPaths ...string) error { return errNotYet }

// Get adds modules to the governing module as go get does ("pkg", "pkg@v1.2.3").
func (b *Builder) Get(ctx context.Context, args ...string) error { return errNotYet }

// Changed lists the packages of the governing module whose source is not what was compiled: a new Builder sees the change.
func (b *Builder) Changed() []string { return nil }

// Build compiles and links a unit, or finds it in the cache. The error is a *CompileError when the source is refused.
func (b *Builder) Build(ctx context.Context, u Unit) (Plugin, error) { return Plugin{}, errNotYet }

// Compile does the compiler's part of Build alone: it returns a *CompileError, or nil.
func (b *Builder) Compile(ctx context.Context, u Unit) error { return errNotYet }

// SelfTest proves the technique: two units that share a type with an unexported field, built in this mode and opened by a
// real process.
func SelfTest(ctx context.Context, o Options) error { return errNotYet }
