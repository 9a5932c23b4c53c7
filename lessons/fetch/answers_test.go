package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"interleave/lessons/fetch"
	"interleave/lessons/kit/check"
)

// limited is the reference.
func limited(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
	sizes := make([]int64, len(urls))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i, url := range urls {
		group.Go(func() (err error) {
			sizes[i], err = fetch.Get(ctx, c, url)
			return err
		})
	}
	return sizes, group.Wait()
}

// workers is another: so many goroutines take one url after another.
func workers(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sizes := make([]int64, len(urls))
	next := make(chan int, len(urls))
	for i := range urls {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range limit {
		wg.Go(func() {
			for i := range next {
				var err error
				if sizes[i], err = fetch.Get(ctx, c, urls[i]); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return sizes, nil
}

func TestBoundedFetcher(t *testing.T) {
	for name, reference := range map[string]fetch.Fetcher{"limited": limited, "workers": workers} {
		proof := fetch.BoundedFetcher().Proof(t.Context(), check.Times(), reference,
			check.Mutant[fetch.Fetcher]{Name: "no limit", Fails: "never more than the limit",
				Answer: func(ctx context.Context, c *http.Client, _ int, urls []string) ([]int64, error) {
					return fetch.Concurrent(ctx, c, urls)
				}},
			check.Mutant[fetch.Fetcher]{Name: "forgets errors", Fails: "the first error ends it", Answer: forgetful},
			check.Mutant[fetch.Fetcher]{Name: "one after another", Fails: "a free place is taken at once",
				Answer: func(ctx context.Context, c *http.Client, _ int, urls []string) ([]int64, error) {
					return fetch.Sequential(ctx, c, urls)
				}},
			check.Mutant[fetch.Fetcher]{Name: "in batches", Fails: "a free place is taken at once",
				Answer: func(ctx context.Context, c *http.Client, limit int, urls []string) (sizes []int64, err error) {
					for batch := range slices.Chunk(urls, limit) {
						more, err := fetch.Concurrent(ctx, c, batch)
						if err != nil {
							return nil, err
						}
						sizes = append(sizes, more...)
					}
					return sizes, nil
				}},
			check.Mutant[fetch.Fetcher]{Name: "in the order of arrival", Fails: "sizes in the order of the urls", Answer: arrival},
			check.Mutant[fetch.Fetcher]{Name: "waits for all before it tells of an error", Fails: "the first error ends it", Answer: patient},
			check.Mutant[fetch.Fetcher]{Name: "a context of its own", Fails: "ends with its context",
				Answer: func(_ context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
					return workers(context.Background(), c, limit, urls)
				}},
			check.Mutant[fetch.Fetcher]{Name: "nobody takes the last results", Fails: "leaves nobody behind", Answer: abandons},
		)
		t.Log(proof)
		if err := proof.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// forgetful is what the notebook begins with.
func forgetful(ctx context.Context, c *http.Client, _ int, urls []string) ([]int64, error) {
	sizes := make([]int64, len(urls))
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Go(func() { sizes[i], _ = fetch.Get(ctx, c, url) })
	}
	wg.Wait()
	return sizes, nil
}

// arrival appends what comes, as it comes.
func arrival(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
	var mu sync.Mutex
	var sizes []int64
	slots := make(chan bool, limit)
	var wg sync.WaitGroup
	var failed error
	for _, url := range urls {
		slots <- true
		wg.Go(func() {
			defer func() { <-slots }()
			n, err := fetch.Get(ctx, c, url)
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, n)
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	return sizes, failed
}

// patient does not cancel.
func patient(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
	sizes, errs := make([]int64, len(urls)), make([]error, len(urls))
	slots := make(chan bool, limit)
	var wg sync.WaitGroup
	for i, url := range urls {
		slots <- true
		wg.Go(func() {
			defer func() { <-slots }()
			sizes[i], errs[i] = fetch.Get(ctx, c, url)
		})
	}
	wg.Wait()
	return sizes, errors.Join(errs...)
}

// abandons returns at the first error; the goroutines that are still to report then have nobody to report to.
func abandons(ctx context.Context, c *http.Client, limit int, urls []string) ([]int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		i    int
		size int64
		err  error
	}
	next, results := make(chan int), make(chan result)
	for range limit {
		go func() {
			for i := range next {
				n, err := fetch.Get(ctx, c, urls[i])
				results <- result{i, n, err}
			}
		}()
	}
	go func() {
		defer close(next)
		for i := range urls {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	sizes := make([]int64, len(urls))
	for range urls {
		r := <-results
		if r.err != nil {
			return nil, r.err
		}
		sizes[r.i] = r.size
	}
	return sizes, nil
}

func TestChooseN(t *testing.T) {
	const throughput, queue = "as much throughput as there is", "hardly anybody queues"
	proof := fetch.ChooseN().Proof(t.Context(), check.Times(), 8, // 800/s x 0.010 s
		check.Mutant[int]{Name: "as many as CPUs", Answer: min(4, runtime.NumCPU()), Fails: throughput},
		check.Mutant[int]{Name: "one after another", Answer: 1, Fails: throughput},
		check.Mutant[int]{Name: "the more the better", Answer: 32, Fails: queue},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}

// sum is a way to write it, with what it does to the body of an answer that was not found.
func sum(all bool, notFound func(io.ReadCloser)) fetch.Summer {
	return func(ctx context.Context, c *http.Client, urls []string) (sum int64, err error) {
		for _, url := range urls {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return sum, err
			}
			resp, err := c.Do(req)
			if err != nil {
				return sum, err
			}
			if resp.StatusCode != http.StatusOK && !all {
				notFound(resp.Body)
				continue
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if err != nil {
				return sum, err
			}
			sum += n
		}
		return sum, nil
	}
}

func drain(body io.ReadCloser) {
	io.Copy(io.Discard, body)
	body.Close()
}

func TestReuseConnections(t *testing.T) {
	const found, missing, total = "one connection when all are found", "one connection when some are not found", "the sum of the sizes"
	proof := fetch.ReuseConnections().Proof(t.Context(), check.Times(), sum(false, drain),
		check.Mutant[fetch.Summer]{Name: "not closed", Fails: missing, Answer: sum(false, func(io.ReadCloser) {})},
		check.Mutant[fetch.Summer]{Name: "closed, but not read to its end", Fails: missing, Answer: sum(false, func(b io.ReadCloser) { b.Close() })},
		check.Mutant[fetch.Summer]{Name: "what is not found counts", Fails: total, Answer: sum(true, drain)},
		check.Mutant[fetch.Summer]{Name: "no connection is kept", Fails: found, Answer: func(ctx context.Context, c *http.Client, urls []string) (int64, error) {
			transport := c.Transport.(*http.Transport).Clone()
			transport.DisableKeepAlives = true
			return sum(false, drain)(ctx, &http.Client{Transport: transport}, urls)
		}},
		check.Mutant[fetch.Summer]{Name: "ends at the first that is not found", Fails: total, Answer: func(ctx context.Context, c *http.Client, urls []string) (int64, error) {
			var total int64
			for _, url := range urls {
				n, err := fetch.Get(ctx, c, url)
				if err != nil {
					return total, nil
				}
				total += n
			}
			return total, nil
		}},
	)
	t.Log(proof)
	if err := proof.Err(); err != nil {
		t.Error(err)
	}
}
