// Command profile makes the profile with which the base library is compiled (profile-guided optimization, see
// https://go.dev/doc/pgo):
//
//	go run ./kernel/internal/link/profile kernel/internal/link/base.pgo
//
// It runs what notebooks about concurrency do most, each kind of work for as long as every other, as a plain program
// built without a profile: names and lines are those of the standard library and gonum, so the profile serves for
// later releases of both too, for as long as the code that is hot stays where it is.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

// each is how long each kind of work runs, and rate how often a second it is looked at.
const (
	each = 3 * time.Second
	rate = 400
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: profile FILE")
		os.Exit(2)
	}
	if err := record(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func record(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.SetCPUProfileRate(rate) // StartCPUProfile asks for 100, is refused, says so and goes on
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	for _, w := range works {
		n := 0
		for end := time.Now().Add(each); time.Now().Before(end); n++ {
			w.do()
		}
		fmt.Printf("%-24s %d times\n", w.name, n)
	}
	pprof.StopCPUProfile()
	return file.Close()
}
