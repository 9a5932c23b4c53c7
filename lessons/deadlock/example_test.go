package deadlock_test

import (
	"fmt"

	"interleave/lessons/deadlock"
	"interleave/lessons/kit/schedule"
)

// Of all schedules of two philosophers who take their left fork first, two end with each waiting for the other.
func ExamplePhilosophers() {
	r := deadlock.Philosophers(2, deadlock.LeftFirst).Enumerate(schedule.Limits{})
	fmt.Println(r.Failing(), "of", r.Schedules)
	fmt.Print(r.Shortest)
	// Output:
	// 2 of 6
	// P0                    P1                    fork 0        fork 1
	// --------------------  --------------------  ------------  ------------
	//                                             unlocked      unlocked
	// lock fork 0                                 locked by P0  unlocked
	//                       lock fork 1           locked by P0  locked by P1
	// waiting: lock fork 1  waiting: lock fork 0
	// Schedule 1 2: deadlock
}
