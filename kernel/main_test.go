package main

import (
	"os"
	"testing"
)

// TestMain makes the test binary the program under test: the kernels that tests start are this binary, and
// so are the guards of their workers, lab, and slides.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "guard", "serve", "lab", "run", "warm", "slides", "export":
			main()
		}
	}
	os.Exit(m.Run())
}
