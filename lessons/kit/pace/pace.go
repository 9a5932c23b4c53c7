// Package pace says how long an experiment may take: in full, as the notebooks are committed, or fast, as
// tests run them and as a reader in a hurry does.
//
// Fast means the environment variable FAST=1. It makes parameters smaller; it never makes fewer than
// [MinRuns] runs of anything that is summarised. The package starts no goroutine.
package pace

import (
	"os"

	"interleave/plots/stats"
)

// MinRuns is the fewest runs whose median has a 95 % interval.
const MinRuns = stats.MinRuns

// Fast reports whether experiments are to be short.
func Fast() bool { return os.Getenv("FAST") == "1" }

// Pick is full, or fast when experiments are to be short.
func Pick[T any](full, fast T) T {
	if Fast() {
		return fast
	}
	return full
}

// Runs is a number of repeats: full, or half of it when experiments are to be short, but never below [MinRuns].
func Runs(full int) int { return max(MinRuns, Pick(full, full/2)) }
