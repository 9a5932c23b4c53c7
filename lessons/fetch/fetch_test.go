package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/lessons/fetch"
	"interleave/lessons/kit/bubble"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/python"
	"interleave/lessons/talk"
)

// TestServer: in memory and by the fake clock its latency is exact, with a limit others queue, and what it does not
// understand or does not have it says.
func TestServer(t *testing.T) {
	for _, c := range []struct {
		capacity int
		want     time.Duration
	}{{0, 10 * time.Millisecond}, {2, 30 * time.Millisecond}, {1, 60 * time.Millisecond}} {
		var took time.Duration
		var most, connections int
		var fault error
		err := bubble.Run(func() {
			server, client := fetch.InMemory(c.capacity)
			defer client.CloseIdleConnections()
			defer server.Close()
			start := time.Now()
			_, fault = fetch.Concurrent(context.Background(), client, server.URLs(6, fetch.Job{Latency: 10 * time.Millisecond, Body: 70_000}))
			took, most, connections = time.Since(start), server.Most(), server.Connections()
		})
		if err != nil || fault != nil || took != c.want || most != 6 || connections != 6 {
			t.Errorf("capacity %d: %v, want %v; %d requests at once by %d connections; %v %v", c.capacity, took, c.want, most, connections, err, fault)
		}
	}
	server, client := listen(t, 0, 4)
	for _, body := range []int{0, 1, 64 << 10, 1<<20 + 3} {
		if n, err := fetch.Get(t.Context(), client, server.URL(fetch.Job{Body: body})); err != nil || n != int64(body) {
			t.Errorf("%d bytes: got %d, %v", body, n, err)
		}
	}
	for url, want := range map[string]string{
		server.Missing(fetch.Job{Body: 10}):                      "404",
		strings.Replace(server.URL(fetch.Job{}), "0s", "-1s", 1): "400",
		strings.Split(server.URL(fetch.Job{}), "?")[0]:           "400",
	} {
		if _, err := fetch.Get(t.Context(), client, url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("seven requests, one after another, by %d connections", n)
	}
}

func listen(t *testing.T, capacity, connections int) (*fetch.Server, *http.Client) {
	t.Helper()
	server, err := fetch.Listen(t.Context(), capacity)
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.NewClient(connections)
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, client
}

// TestClientsEnd: each of them gives the first error, and ends with its context.
func TestClientsEnd(t *testing.T) {
	server, client := listen(t, 0, 4)
	urls := []string{server.URL(fetch.Job{}), server.Missing(fetch.Job{}), server.URL(fetch.Job{Latency: time.Hour})}
	slow := server.URLs(3, fetch.Job{Latency: time.Hour})
	for name, get := range map[string]func(context.Context, *http.Client, []string) ([]int64, error){
		"sequential": fetch.Sequential, "concurrent": fetch.Concurrent,
	} {
		if _, err := get(t.Context(), client, urls); err == nil || !strings.Contains(err.Error(), "404") {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := get(ctx, client, slow); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// TestCompare: with latency to wait for, requests at once win, and the cells are where their names say.
func TestCompare(t *testing.T) {
	ms := time.Millisecond
	m, err := fetch.Compare(t.Context(), fetch.Plan{
		Requests: 9, Latencies: []time.Duration{0, 20 * ms}, Bodies: []int{1 << 10, 64 << 10}, Rounds: 6})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Columns(), []string{"0 ms", "20 ms"}) || !slices.Equal(m.Names(), []string{"1 kB", "64 kB"}) {
		t.Errorf("%q %q", m.Columns(), m.Names())
	}
	for _, row := range m.Rows {
		if s, err := row[1].SpeedUp(); err != nil || s.N != 6 || s.Median < 3 {
			t.Errorf("%v: %v, %v", row[1].Job, s, err)
		}
		if slices.Min(row[1].Sequential.Values) < 180 || slices.Min(row[1].Concurrent.Values) < 20 {
			t.Errorf("%v: quicker than its latencies", row[1].Job)
		}
	}
	if m.Corner().Job != (fetch.Job{Body: 64 << 10}) || m.Far().Job != (fetch.Job{Latency: 20 * ms, Body: 1 << 10}) {
		t.Errorf("%v %v", m.Corner().Job, m.Far().Job)
	}
	waiting, _ := m.CPUs(m.Far())
	if waiting <= 0 || waiting >= 0.5 {
		t.Errorf("with latency they used %v CPUs", waiting)
	}
	if one, all := m.CPUs(m.Corner()); one <= waiting || all <= waiting { // how much more depends on who else uses them
		t.Errorf("without latency they used %v and %v CPUs, with it %v", one, all, waiting)
	}
	if all := m.SpeedUps(); len(all) != 2 || len(all[0]) != 2 || len(all[0][0]) != 6 {
		t.Errorf("%v", all)
	}
}

// TestLoad: up to its places the server gives more to more requests, beyond them only longer waits; and Little's law
// holds at every number, as it does for anything in balance.
func TestLoad(t *testing.T) {
	c, err := fetch.Load(t.Context(), fetch.LoadPlan{
		Job: fetch.Job{Latency: 10 * time.Millisecond, Body: 64}, Capacity: 4,
		AtOnce: []int{1, 4, 16}, Window: 60 * time.Millisecond, Rounds: 6,
	})
	if err != nil {
		t.Fatal(err)
	}
	var throughput, response []float64
	for _, p := range c.Points {
		x, l := median(t, p.Throughput), median(t, p.Little())
		throughput, response = append(throughput, x), append(response, median(t, p.Response))
		if n := float64(p.AtOnce); l < n*0.7 || l > n*1.4 {
			t.Errorf("%d at once: %v requests/s x %v = %v", p.AtOnce, p.Throughput, p.Response, l)
		}
	}
	if throughput[1] < 2*throughput[0] || throughput[2] > 1.5*throughput[1] || throughput[2] > 1.1*c.Plan.Most() {
		t.Errorf("requests/s %v", throughput)
	}
	if response[1] > 2*response[0] || response[2] < 2*response[1] {
		t.Errorf("ms %v", response)
	}
}

func median(t *testing.T, values []float64) float64 {
	t.Helper()
	s, err := measure.Summarize(values)
	if err != nil {
		t.Fatal(err)
	}
	return s.Median
}

var small = fetch.RerunPlan{Requests: 9, Rounds: 6, Jobs: []fetch.Job{{Body: 256 << 10}, {Latency: 20 * time.Millisecond, Body: 1 << 10}}}

// TestRerun: all programs of both languages do both jobs, and with latency to wait for, what waits at once wins in
// both, processes too.
func TestRerun(t *testing.T) {
	b, err := fetch.Rerun(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	if b.Python == nil {
		t.Fatal(b.Note())
	}
	rings := 0
	for i, program := range talk.ByWorkload(talk.IO) {
		one := b.List[i]
		want := map[bool]int{false: 4, true: 8}[program.Model == talk.MultiprocessingPool]
		if one.Program != program || len(one.Rows) != want {
			t.Errorf("%v: %v has %d rows, want %d", program, one.Program, len(one.Rows), want)
		}
		for _, r := range one.Rows {
			if len(r.Sample.Values) != 6 {
				t.Errorf("%v, %s: %v", program, r.Name(), r.Sample.Values)
			}
			rings += len(r.Rings)
		}
		if r := one.Rows[0]; len(r.Rings) != 1 || r.Name() != "Python, 0 ms x 256 kB" {
			t.Errorf("%v: %+v", program, r)
		}
	}
	if rings != 4 {
		t.Errorf("%d rings", rings)
	}
	for _, language := range []string{"Python", "Go"} {
		far := small.Jobs[1]
		sequential := median(t, b.Sample(talk.Sequential, language, false, far).Values)
		if sequential < 180 {
			t.Errorf("%s took %v ms for nine times 20", language, sequential)
		}
		for _, m := range []talk.Model{talk.Threading, talk.Asyncio} {
			if ms := median(t, b.Sample(m, language, false, far).Values); ms > sequential/2 || ms < 20 {
				t.Errorf("%s %s took %v ms, sequential %v", language, m, ms, sequential)
			}
		}
		if ms := median(t, b.Sample(talk.MultiprocessingPool, language, true, far).Values); ms > sequential || ms < 40 {
			t.Errorf("%s: six processes took %v ms for nine times 20, sequential %v", language, ms, sequential)
		}
	}
	calm := b.Sample(talk.Sequential, fetch.Go, false, small.Jobs[1])
	if !strings.HasPrefix(b.Machine(), b.Card.Short()) {
		t.Errorf("%s", b.Machine())
	}
	for _, stall := range []time.Duration{0, time.Second} { // of rounds that take a fifth of that
		for i := range calm.Readings {
			calm.Readings[i].Stall = stall
		}
		if noisy := strings.Contains(b.Machine(), "NOISY"); noisy != (stall > 0) {
			t.Errorf("tasks waited %v: %s", stall, b.Machine())
		}
	}
	if _, rows := b.Table(); len(rows) != 10 || strings.Contains(strings.Join(slices.Concat(rows...), " "), "not measured") {
		t.Errorf("%q", rows)
	}
	if header, rows := b.SpeedUps(); len(rows) != 4 || len(header) != 6 || rows[1][1] != "0.98 ~" || rows[0][1] != "0.65" {
		t.Errorf("%q %q", header, rows)
	}
}

// TestRerunFreeThreaded: where there is a python3.14t, it runs the sequential and the threaded program, too. Here it is
// the other Python by that name, which says that it is one.
func TestRerunFreeThreaded(t *testing.T) {
	i, err := python.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in\n" +
		"*FreeThreaded*) '" + i.Path + "' \"$@\" | sed 's/\"FreeThreaded\": false/\"FreeThreaded\": true/; s/\"GIL\": true/\"GIL\": false/' ;;\n" +
		"*) exec '" + i.Path + "' \"$@\" ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "python3.14t"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	b, err := fetch.Rerun(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	for m, want := range map[talk.Model]int{talk.Sequential: 6, talk.Threading: 6, talk.Asyncio: 0, talk.MultiprocessingPool: 0} {
		if s := b.Sample(m, fetch.Free, false, small.Jobs[0]); len(s.Values) != want {
			t.Errorf("%s: %v", m, s.Values)
		}
	}
	if header, rows := b.SpeedUps(); len(header) != 8 || header[4] != "Python, free-threaded, 0 ms x 256 kB" || rows[1][4] != "not measured" || rows[0][4] == "not measured" {
		t.Errorf("%q %q", header, rows)
	}
	if note := b.Note(); strings.Contains(note, "NOT MEASURED") || strings.Count(note, "CPython") != 2 {
		t.Error(note)
	}
}

func TestRerunWithoutPython(t *testing.T) {
	t.Setenv(python.Variable, "no-such-python")
	b, err := fetch.Rerun(t.Context(), small)
	if err != nil {
		t.Fatal(err)
	}
	if note := b.Note(); !strings.HasPrefix(note, "Python: NOT MEASURED HERE, no Python 3") || !strings.Contains(note, python.Variable) {
		t.Error(note)
	}
	if one := b.Find(talk.MultiprocessingPool); len(one.Rows) != 4 || len(one.Rows[0].Rings) != 0 {
		t.Errorf("%+v", one)
	}
	if _, rows := b.Table(); len(rows) != 10 || rows[0][2] != "not measured" {
		t.Errorf("%q", rows)
	}
	if _, rows := b.SpeedUps(); len(rows) != 4 || rows[0][2] != "not measured" || rows[0][4] == "not measured" {
		t.Errorf("%q", rows)
	}
}
