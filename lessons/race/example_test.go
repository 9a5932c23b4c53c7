package race_test

import (
	"context"
	"fmt"
	"log"

	"interleave/lessons/kit/schedule"
	"interleave/lessons/race"
)

// Every schedule of the race, and then the same bug live: on one core, and with a yield where the schedule has its
// switch.
func Example() {
	all := schedule.Race().Enumerate(schedule.Limits{})
	fmt.Println(all.Count("n = 1"), "of", all.Schedules, "schedules lose an update")

	live, err := race.Count(context.Background(), race.Scheduled, 1, race.Size{Runs: 50, Goroutines: 2, Increments: 1000})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(live.Failed(), "of", len(live.Runs), "live runs lose updates")
	// Output:
	// 18 of 20 schedules lose an update
	// 50 of 50 live runs lose updates
}
