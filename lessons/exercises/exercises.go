// Package exercises holds what the notebooks' exercises keep to themselves: their solutions, and checks that run on the
// answers that come back. A file is named after the notebook it belongs to.
//
//   - solutions/NN.txtar has a section for each cell to change, without the line that calls the check.
//   - hidden/NN.txtar has a section "ex-N NAME" for an exercise, with Go that returns an error made by package check when
//     the answer is wrong. It asks for other values than the checks that a student can run.
//
// The package starts no goroutine.
package exercises

import "embed"

// Files are the folders solutions and hidden.
//
//go:embed solutions/*.txtar hidden/*.txtar
var Files embed.FS
