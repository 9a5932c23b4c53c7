package eventloop_test

import (
	"fmt"
	"time"

	"interleave/lessons/eventloop"
)

// Nine fetches that wait for 10 to 90 ms take 90 ms together: a value, not a measurement.
func ExampleRun() {
	fetch := func(wait time.Duration) eventloop.Coroutine[time.Duration] {
		return func(co *eventloop.Co) (time.Duration, error) { return wait, co.Sleep(wait) }
	}
	l := eventloop.New(eventloop.Virtual(), nil)
	waits, err := eventloop.Run(l, func(co *eventloop.Co) ([]time.Duration, error) {
		var tasks []eventloop.Awaitable[time.Duration]
		for i := 1; i <= 9; i++ {
			wait := time.Duration(10*i) * time.Millisecond
			tasks = append(tasks, eventloop.Start(l, fmt.Sprint("fetch ", i), fetch(wait)))
		}
		return eventloop.Await(co, eventloop.Gather(l, tasks...))
	})
	fmt.Println(len(waits), "fetches in", l.Now(), err)
	// Output: 9 fetches in 90ms <nil>
}

// A recording shows stack, ready queue and timers turn by turn.
func ExampleRecording() {
	var record eventloop.Recording
	l := eventloop.New(eventloop.Virtual(), &record)
	eventloop.Run(l, func(co *eventloop.Co) (int, error) { return 42, co.Sleep(5 * time.Millisecond) })
	fmt.Print(record.Table())
	// Output:
	// on the stack  what it does                     at    ready queue  timers        done
	// ------------  -------------------------------  ----  -----------  ------------  ----
	//                                                0 ms  main
	// main          begins; sleeps 5 ms              0 ms               main at 5 ms
	// (loop)        waits 5 ms; timer of main rings  0 ms  main
	// main          returns                          5 ms                             main
	// 3 turns of the loop in 5 ms
}
