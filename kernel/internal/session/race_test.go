//go:build race

package session

// raced says that the race detector slows this run.
const raced = true
