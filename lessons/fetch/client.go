package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// NewClient returns a client that keeps up to so many idle connections to one server. The default of http.Transport
// is 2, so that nine requests at once open seven connections anew each time. Close the idle connections when done.
func NewClient(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
		DisableCompression: true,
	}}
}

// Get reads the body of url to its end, so that the connection can be used again, and returns its size in bytes.
func Get(ctx context.Context, c *http.Client, url string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("fetch: %w", err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return 0, fmt.Errorf("fetch: %w", err)
	}
	defer resp.Body.Close()
	size, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("fetch: get %s: %s", url, resp.Status)
	}
	return size, err
}

// Sequential gets one after another, and returns the sizes in the order of urls.
func Sequential(ctx context.Context, c *http.Client, urls []string) ([]int64, error) {
	sizes := make([]int64, len(urls))
	for i, url := range urls {
		var err error
		if sizes[i], err = Get(ctx, c, url); err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

// Concurrent gets each in a goroutine of its own. The first error cancels the others and is returned.
func Concurrent(ctx context.Context, c *http.Client, urls []string) ([]int64, error) {
	sizes := make([]int64, len(urls))
	group, ctx := errgroup.WithContext(ctx)
	for i, url := range urls {
		group.Go(func() (err error) {
			sizes[i], err = Get(ctx, c, url)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return sizes, nil
}
