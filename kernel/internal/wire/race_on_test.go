//go:build race

package wire_test

// million is a flood; the race detector makes each message many times as dear.
const million = 30_000
