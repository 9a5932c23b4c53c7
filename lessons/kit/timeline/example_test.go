package timeline_test

import (
	"fmt"
	"sync"

	"interleave/lessons/kit/timeline"
)

// Who waited, and for what, as the scheduler saw it.
func ExampleRecord() {
	t, err := timeline.Record(func() {
		ready := make(chan bool)
		var wg sync.WaitGroup
		wg.Go(func() { timeline.Name("receiver"); <-ready })
		wg.Go(func() { timeline.Name("sender"); ready <- true })
		wg.Wait()
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.SortByName()
	for _, lane := range t.Lanes {
		fmt.Println(lane.Name, "ran:", lane.Total(timeline.Running) > 0, "ended:", lane.Ended)
	}
	// Output:
	// receiver ran: true ended: true
	// sender ran: true ended: true
}
