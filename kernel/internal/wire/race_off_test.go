//go:build !race

package wire_test

// million is a flood.
const million = 1_000_000
