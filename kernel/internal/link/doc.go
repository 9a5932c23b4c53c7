// Package link turns the generated Go source of a cell into a plugin that the worker can open, in tens of
// milliseconds. It knows toolchains, modules, object files and caches; it knows nothing of cells, of Jupyter
// or of what the source means.
//
// A notebook's packages are compiled once, ahead, into a base: for each package the export data that the
// compiler and go/types read and, in mode Thin, one shared library with the code of all of them. A unit (what is
// compiled of a cell) is then compiled as a new version of one package, nb, and linked with a few bytes of package
// main around it into a plugin, in one of two ways:
//
//   - Thin links against the base library. The plugin holds the unit's own code and nothing else. It rests on three
//     repairs to a combination of modes the Go project does not test, each described where it is done: a view
//     of the library (view.go), a mended object file (mend.go) and a link by ld alone (final.go).
//   - Thick is -buildmode=plugin as the Go project tests it, less what makes it slow. The plugin holds
//     everything that the unit reaches.
//
// Which one a toolchain can do is found out by SelfTest, with two cells and a real worker, and remembered.
//
// An open Builder has one goroutine of its own for a while, which trims the cache and builds the base for the next
// start; Close ends it. No other goroutine outlives a call.
package link
