package fetch_test

import (
	"context"
	"fmt"
	"time"

	"interleave/lessons/fetch"
	"interleave/lessons/kit/bubble"
)

// By a clock of its own, nine requests of 50 ms take exactly the sum one after another, and the maximum all at once.
func Example() {
	err := bubble.Run(func() {
		server, client := fetch.InMemory(0)
		defer client.CloseIdleConnections()
		defer server.Close()
		urls := server.URLs(9, fetch.Job{Latency: 50 * time.Millisecond, Body: 1024})

		start := time.Now()
		fetch.Sequential(context.Background(), client, urls)
		fmt.Println("one after another:", time.Since(start))

		start = time.Now()
		fetch.Concurrent(context.Background(), client, urls)
		fmt.Println("all at once:", time.Since(start))
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// one after another: 450ms
	// all at once: 50ms
}
