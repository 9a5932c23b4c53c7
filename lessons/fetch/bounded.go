package fetch

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/check"
)

// Fetcher is an answer to [BoundedFetcher]: it gets the urls, at most limit at once, and returns the sizes of the
// bodies in the order of urls, or the first error.
type Fetcher func(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error)

// BoundedFetcher is the exercise to fetch with a limit. Client and server are in a bubble, their connections in
// memory: the latencies are exact and take no time.
func BoundedFetcher() check.Exercise[Fetcher] {
	return check.Exercise[Fetcher]{
		Name: "a bounded fetcher",
		Task: "Get all urls, at most limit at once. Return the sizes in their order. The first error, or the end of ctx, ends it at once.",
		Checks: []check.Check[Fetcher]{
			{Name: "sizes in the order of the urls", Kind: check.Synctest, Try: inOrder},
			{Name: "never more than the limit", Kind: check.Synctest, Try: neverMore},
			{Name: "a free place is taken at once", Kind: check.Synctest, Try: freePlace},
			{Name: "the first error ends it", Kind: check.Synctest, Try: firstError},
			{Name: "ends with its context", Kind: check.Synctest, Try: endsWithContext},
			{Name: "leaves nobody behind", Kind: check.Synctest, Try: leavesNobody},
		},
	}
}

// trial is one run of an answer in a bubble.
type trial struct {
	sizes []int64
	err   error
	took  time.Duration
	most  int // requests at the server at once
}

// try runs the answer with a limit of 3 and a server that has no limit. The url of that number is missing, and the
// context ends after stop, if that is not 0. The error is that of the bubble.
func try(f Fetcher, jobs []Job, missing int, stop time.Duration) (t trial, err error) {
	err = bubble.Run(func() {
		server, client := InMemory(0)
		defer client.CloseIdleConnections()
		defer server.Close()
		ctx := context.Background()
		if stop > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, stop)
			defer cancel()
		}
		var urls []string
		for i, j := range jobs {
			url := server.URL(j)
			if i == missing {
				url = server.Missing(j)
			}
			urls = append(urls, url)
		}
		start := time.Now()
		t.sizes, t.err = f(ctx, client, 3, urls)
		t.took = time.Since(start)
		t.most = server.Most()
	})
	return t, err
}

const none = -1 // no url is missing

// nine are jobs of that latency, the first of another one; the bodies differ.
func nine(first, others time.Duration) (jobs []Job) {
	for i := range 9 {
		j := Job{others, 100 + i}
		if i == 0 {
			j.Latency = first
		}
		jobs = append(jobs, j)
	}
	return jobs
}

func inOrder(_ context.Context, f Fetcher) error {
	t, err := try(f, nine(50*time.Millisecond, 10*time.Millisecond), none, 0)
	if err != nil {
		return err
	}
	want := []int64{100, 101, 102, 103, 104, 105, 106, 107, 108}
	if t.err != nil || !slices.Equal(t.sizes, want) {
		return check.Show(fmt.Sprintf("got  %v, error %v\nwant %v", t.sizes, t.err, want), "nine bodies of 100 to 108 bytes, the first comes late:")
	}
	return nil
}

func neverMore(_ context.Context, f Fetcher) error {
	t, err := try(f, nine(10*time.Millisecond, 10*time.Millisecond), none, 0)
	if err == nil && t.most > 3 {
		return check.Show(nil, "%d requests were at the server at once; the limit is 3", t.most)
	}
	return err
}

// freePlace: the first takes 50 ms, in which two places serve the other eight, four rounds of 10 ms.
func freePlace(_ context.Context, f Fetcher) error {
	t, err := try(f, nine(50*time.Millisecond, 10*time.Millisecond), none, 0)
	if err == nil && t.took > 50*time.Millisecond {
		return check.Show(nil, "one request takes 50 ms, in which the two other places can do the eight that take 10 ms; it took %v", t.took)
	}
	return err
}

// firstError: the second url does not exist, which the server says after 10 ms; the others take an hour.
func firstError(_ context.Context, f Fetcher) error {
	jobs := nine(time.Hour, time.Hour)
	jobs[1].Latency = 10 * time.Millisecond
	t, err := try(f, jobs, 1, 0)
	switch {
	case err != nil:
		return err
	case t.err == nil:
		return check.Show(nil, "the second url is not found; the sizes are %v, and no error", t.sizes)
	case t.took > 10*time.Millisecond:
		return check.Show(nil, "the second url was not found after 10 ms; the others take an hour, and it returned after %v", t.took)
	}
	return nil
}

func endsWithContext(_ context.Context, f Fetcher) error {
	t, err := try(f, nine(time.Hour, time.Hour), none, 20*time.Millisecond)
	switch {
	case err != nil:
		return err
	case t.err == nil:
		return check.Show(nil, "the context ended after 20 ms, before any answer; it returned no error")
	case t.took > 20*time.Millisecond:
		return check.Show(nil, "the context ended after 20 ms; it returned after %v", t.took)
	}
	return nil
}

// leavesNobody looks at both ways out. That something waits for ever is the bubble's error.
func leavesNobody(_ context.Context, f Fetcher) error {
	if _, err := try(f, nine(10*time.Millisecond, 10*time.Millisecond), none, 0); err != nil {
		return check.Show(nil, "when all is well: %v", err)
	}
	jobs := nine(time.Hour, time.Hour)
	jobs[1].Latency = 10 * time.Millisecond
	if _, err := try(f, jobs, 1, 0); err != nil {
		return check.Show(nil, "when the second url is not found: %v", err)
	}
	return nil
}
