// Package cell reads the text of a notebook cell: it splits a mixture of imports, declarations and statements
// into items, and answers whether a half-typed cell is complete. It is pure: it knows neither Jupyter nor
// types nor the toolchain, and it starts no goroutine.
//
// A cell is Go text whose top level takes what a file takes and what a function body takes, in any order.
// Neither of Go's grammars does, so Parse scans tokens to find the two things a function body cannot hold
// (imports and function declarations), blanks them out, and gives each part to go/parser in the frame where
// it is legal. All offsets it reports are byte offsets into the cell's own text.
package cell
