// Package export makes a Go program of a notebook: a module with main.go, tests of the cells %%test, and a program below
// cmd for each cell %%program and %%race.
//
// It reads the cells one after the other as the kernel does, but runs none: package compile checks them and writes the
// program (compile.Book). This package knows which cells are Go, what becomes of commands, and what the module requires.
// It writes into a folder only what it may replace: see Module.Write. It starts no goroutine but those of package link.
package export
