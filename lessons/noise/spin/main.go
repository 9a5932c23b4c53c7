// Command spin keeps every CPU of the machine busy until it is killed, or a minute has passed.
package main

import (
	"runtime"
	"time"
)

func main() {
	for range runtime.NumCPU() {
		go func() {
			//lint:ignore SA5002 it is there to use the CPU
			for {
			}
		}()
	}
	time.Sleep(time.Minute)
}
