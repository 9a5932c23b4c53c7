//go:build race

package wire_test

// million is a flood; the race detector makes each message ten times as dear.
const million = 100_000
