// Package kerneltest is what tests of a kernel share: kernels that end with the test, what a cell showed as
// text, transcripts in txtar files, and the pinned Python. It is for tests alone; package client does the
// talking.
package kerneltest
