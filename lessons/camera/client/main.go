// Command client asks a server at a fixed rate and writes to a file how long each answer took, in nanoseconds, one a line.
// It does not wait for an answer before it asks again, as users do not. (A file, since who would read from a pipe may
// be kept waiting by the very load that is measured.)
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	url := flag.String("url", "", "what to ask for")
	rate := flag.Float64("rate", 50, "requests per second")
	requests := flag.Int("requests", 50, "how many")
	file := flag.String("out", "", "where to write")
	flag.Parse()
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		Timeout:   2 * time.Minute,
	}
	ask := func() error {
		answer, err := client.Get(*url)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the server answers %s", answer.Status)
		}
		return nil
	}
	if err := ask(); err != nil { // the first connection is not part of it
		fail(err)
	}
	took := make([]time.Duration, *requests)
	faults := make([]error, *requests)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range *requests {
		time.Sleep(time.Until(start.Add(time.Duration(float64(i) / *rate * float64(time.Second)))))
		wg.Go(func() {
			asked := time.Now()
			faults[i] = ask()
			took[i] = time.Since(asked)
		})
	}
	wg.Wait()
	var out []byte
	for i := range took {
		if faults[i] != nil {
			fail(faults[i])
		}
		out = fmt.Appendln(out, took[i].Nanoseconds())
	}
	if err := os.WriteFile(*file, out, 0o600); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
