//go:build !goexperiment.simd || !amd64

package main

import "os"

// main says why there is nothing to measure.
func main() {
	os.Stdout.WriteString("this Go has no experimental SIMD for this processor: it needs Go 1.26 or newer with GOEXPERIMENT=simd, on amd64\n")
	os.Exit(3)
}
