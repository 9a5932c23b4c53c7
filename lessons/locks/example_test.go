package locks_test

import (
	"fmt"

	"interleave/lessons/kit/schedule"
	"interleave/lessons/locks"
)

// The owner forgets a lock, and some schedules lose an entry of the log.
func ExampleShop() {
	shop, err := locks.Shop(locks.Owner)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range shop.Enumerate(schedule.Limits{}).Outcomes {
		fmt.Println(o.Text)
	}
	// Unordered output:
	// stock = 8, log = 1
	// stock = 8, log = 2
}
