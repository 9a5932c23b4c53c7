package fetch

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
)

// The server of the exercise [ChooseN]: it can do 800 requests/s, and takes 10 ms for each.
const (
	shopPlaces  = 8
	shopLatency = 10 * time.Millisecond
	shopRounds  = 9 // so that one hiccup on either side is outside of the interval
)

// ChooseN is the exercise to say how many requests at once get all that a server can do, and hardly let one wait: by
// Little's law 800/s x 10 ms. It is judged against that server.
func ChooseN() check.Exercise[int] {
	const crowd = 2 * shopPlaces
	return check.Exercise[int]{
		Name: "how many at once?",
		Task: "A server does 800 requests/s at most, and answers in 10 ms when nobody queues. How many requests at once?",
		Checks: []check.Check[int]{
			{Name: "as much throughput as there is", Kind: check.Performance, Try: func(ctx context.Context, n int) error {
				return withShop(ctx, n, func(at func(string, int, bool) measure.Variant) check.Ratio {
					return check.Ratio{
						Base: at("requests/s of a crowd", crowd, false), Answer: at("requests/s of yours", n, false),
						Control: at("requests/s of a good answer", shopPlaces, false), AtLeast: 0.7,
						Plan: measure.Plan{Rounds: shopRounds, Unit: "requests/s"},
					}
				})
			}},
			{Name: "hardly anybody queues", Kind: check.Performance, Try: func(ctx context.Context, n int) error {
				return withShop(ctx, n, func(at func(string, int, bool) measure.Variant) check.Ratio {
					return check.Ratio{
						Base: at("response of one alone", 1, true), Answer: at("response of yours", n, true),
						Control: at("response of a good answer", shopPlaces, true), AtMost: 1.6,
						Plan: measure.Plan{Rounds: shopRounds, Unit: "ms"},
					}
				})
			}},
		},
	}
}

// withShop starts the server and tries the ratio of variants that keep so many requests there and measure either the
// response time in ms or the throughput in requests/s.
func withShop(ctx context.Context, n int, ratio func(at func(name string, n int, response bool) measure.Variant) check.Ratio) error {
	if n < 1 || n > 512 {
		return fmt.Errorf("give a number from 1 to 512, not %d", n)
	}
	plan := LoadPlan{Job: Job{shopLatency, 64}, Capacity: shopPlaces, Window: 3 * shopLatency}
	server, err := Listen(ctx, plan.Capacity)
	if err != nil {
		return err
	}
	defer server.Close()
	client := NewClient(512)
	defer client.CloseIdleConnections()
	return ratio(func(name string, n int, response bool) measure.Variant {
		l := load{client: client, url: server.URL(plan.Job), n: n, ramp: plan.ramp(n), window: plan.Window}
		return measure.Variant{Name: name, Run: func(ctx context.Context) (float64, error) {
			throughput, ms, err := l.run(ctx)
			if response {
				return ms, err
			}
			return throughput, err
		}}
	}).Try(ctx)
}

// Summer is an answer to [ReuseConnections]: it gets one url after another and adds up the sizes of the bodies that
// were found.
type Summer func(ctx context.Context, c *http.Client, urls []string) (int64, error)

// ReuseConnections is the exercise to find the body that is not closed. The client and the server, which counts
// connections, are in a bubble and in memory.
func ReuseConnections() check.Exercise[Summer] {
	return check.Exercise[Summer]{
		Name: "one connection",
		Task: "Get the urls one after another over one connection, also when some are not found, and add up the sizes of the others.",
		Checks: []check.Check[Summer]{
			{Name: "the sum of the sizes", Kind: check.Value, Try: func(_ context.Context, f Summer) error {
				s, err := trySummer(f, true)
				if err == nil && (s.sum != 6*2048 || s.err != nil) {
					return check.Show(nil, "six bodies of 2,048 bytes are found, and three urls are not; the sum was %d, want %d; error %v", s.sum, 6*2048, s.err)
				}
				return err
			}},
			{Name: "one connection when all are found", Kind: check.Value, Try: func(_ context.Context, f Summer) error {
				return oneConnection(f, false, "nine urls")
			}},
			{Name: "one connection when some are not found", Kind: check.Value, Try: func(_ context.Context, f Summer) error {
				return oneConnection(f, true, "nine urls of which three are not found")
			}},
		},
	}
}

func oneConnection(f Summer, missing bool, what string) error {
	s, err := trySummer(f, missing)
	switch {
	case err != nil:
		return err
	case s.connections == 1:
		return nil
	case s.left != nil:
		return check.Show(nil, "for %s the server counted %d connections, and goroutines of the client still wait for somebody to read or close", what, s.connections)
	}
	return check.Show(nil, "for %s the server counted %d connections; nobody was left behind", what, s.connections)
}

// summed is one run of an answer in a bubble.
type summed struct {
	sum         int64
	connections int
	err         error // its own
	left        error // what the bubble says of goroutines that stay
}

// trySummer runs an answer with nine urls; every third is missing, or none. The error is a panic of the answer.
func trySummer(f Summer, missing bool) (s summed, err error) {
	returned := false
	left := bubble.Run(func() {
		server, client := InMemory(0)
		defer client.CloseIdleConnections()
		defer server.Close()
		var urls []string
		for i := range 9 {
			job := Job{time.Millisecond, 2048}
			if missing && i%3 == 1 {
				job.Body = 512 << 10 // more than any version of Go reads by itself
				urls = append(urls, server.Missing(job))
				continue
			}
			urls = append(urls, server.URL(job))
		}
		s.sum, s.err = f(context.Background(), client, urls)
		s.connections = server.Connections()
		returned = true
	})
	if !returned {
		return s, left
	}
	s.left = left
	return s, nil
}
