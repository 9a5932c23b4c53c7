// Package compile turns a cell and the state of a notebook into the Go source of one compile unit, and into the
// state that holds once the unit has run. It type-checks with go/types against export data; it does not start
// the compiler, and it knows neither Jupyter nor processes. It starts no goroutine.
//
// # One package, many versions
//
// Every unit is a version of one package (path nb, clause notebook). It repeats the live declarations that the
// cell needs, transitively, under the symbol names they have had since they were first loaded, so that the
// dynamic linker binds them to the copies already there. A declaration whose text, or the text of anything it
// rests on, has changed must get another symbol: the name, the letter ʹ, and the number of the version. Symbols
// are a function of content: the same text on the same ground always gets the same symbol, so a cell that is
// run again unchanged gives the same unit, byte for byte, and need not be compiled again.
//
// # Two views of a cell
//
// The cell is checked in its natural form, with its own names, so that faults speak the user's language: once
// with its top-level variables as locals of the cell's function, in order, which gives their types and lets
// x := strings.Split(x, ",") see the old x on its right; and, when there are functions to check, once more with
// the new variables at package level, which is what functions see. Identifiers of package-level things found on
// the way are remembered as holes in the declaration's text. The unit is then written by filling the holes with
// symbols. A live declaration is only ever text with holes, so a change of what it refers to needs no parsing.
//
// # Phases, and what is written
//
// A cell is declared, typed, checked and moved. Each phase is a value that holds the one before: what a phase finds is
// there for those that follow, and for no other (see job). A unit, a program, an exported notebook and a sketch are
// written from these values by the same code. A naming says how names read in the file, and a place says where the
// variables of the statements stand and how the last expression is shown. An exported notebook keeps the user's layout,
// so its statements are edited where they stand instead of written anew.
//
// # What a unit costs
//
// A unit repeats all that the cell rests on. For 1,000 types with a method each that rest on one another, the
// compiler takes 0.6 s; without the methods it would take 0.1 s. They cannot be left out: the first unit of a type
// must have all of its methods, since reflection and interfaces find them in its values, and a type with fewer methods
// is another type.
package compile
