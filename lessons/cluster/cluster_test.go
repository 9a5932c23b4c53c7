package cluster_test

import (
	"bufio"
	"context"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"interleave/lessons/cluster"
	"interleave/lessons/kit/child"
)

// times is how often a worker is killed.
const times = 20

// TestSurvive: a worker is ended by SIGKILL in the middle of a job, or between its result and its word that it is
// done; 20 times of 20 each job has one result.
func TestSurvive(t *testing.T) {
	good := 0
	for i := range times {
		at := []cluster.Moment{cluster.Half, cluster.Stored}[i%2]
		r, err := cluster.Survive(t.Context(), cluster.Options{Workers: 3}, 12, at)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Outcomes) != 12 || len(r.Killed) != 1 || r.Twice != 2 {
			t.Errorf("%+v", r)
			continue
		}
		if err := r.ExactlyOnce(); err != nil {
			t.Errorf("killed when %s: %v\n%+v", at, err, r.Events)
			continue
		}
		victim := r.Killed[0].Job
		for _, o := range r.Outcomes {
			if o.Job == victim && o.Attempts < 2 {
				t.Errorf("job %s, whose worker was killed, was begun %d times", o.Job, o.Attempts)
			}
		}
		found := false
		for _, e := range r.Events {
			found = found || e.Job == victim && e.What == "found"
		}
		if found != (at == cluster.Stored) {
			t.Errorf("killed when %s, and the second attempt has found a result: %v\n%+v", at, found, r.Events)
		}
		good++
	}
	t.Logf("%d of %d: each job has one result", good, times)
}

// TestNobodyDies: without a kill each job is begun, and nothing is in the list of jobs that were begun again unless
// the machine was so busy that a worker gave no sign of life.
func TestNobodyDies(t *testing.T) {
	r, err := cluster.Survive(t.Context(), cluster.Options{}, 5, cluster.Never)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ExactlyOnce(); err != nil || len(r.Outcomes) != 5 || len(r.Killed) != 0 || r.Server == "" {
		t.Fatalf("%v %+v", err, r)
	}
	for _, o := range r.Outcomes {
		if o.Attempts < 1 {
			t.Errorf("%+v", o)
		}
	}
}

// start starts the node command; it ends with the test.
func start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := child.Build(t.Context(), child.Command{Name: "cluster-node", Package: "interleave/lessons/cluster/node"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, path, args...)
	t.Cleanup(func() {
		cancel()
		cmd.Wait() // the second time it says that it has been waited for
	})
	return cmd
}

// TestElsewhere: the server is somebody else's, named by its URL, and so are the workers, which join.
func TestElsewhere(t *testing.T) {
	server := start(t, "serve")
	stdin, err := server.StdinPipe() // the server ends with it, and takes its files away
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		server.Wait()
	}()
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	for range 2 {
		if err := start(t, "join", "-url", url, "-run", "elsewhere").Start(); err != nil {
			t.Fatal(err)
		}
	}
	o := cluster.Options{URL: url, Workers: -1, Run: "elsewhere"}
	for range 2 { // the second time they have to join again
		r, err := cluster.Survive(t.Context(), o, 6, cluster.Never)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.ExactlyOnce(); err != nil {
			t.Fatal(err)
		}
	}
	several := cluster.Options{URL: "nats://127.0.0.1:1," + url, Workers: 1} // of a cluster, one of which is away
	if r, err := cluster.Survive(t.Context(), several, 3, cluster.Never); err != nil || r.ExactlyOnce() != nil {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := cluster.Survive(t.Context(), cluster.Options{URL: url, Run: "a.b"}, 1, cluster.Never); err == nil {
		t.Error("a run cannot be named a.b")
	}
	_, err = cluster.Survive(t.Context(), cluster.Options{URL: "nats://127.0.0.1:1"}, 1, cluster.Never)
	if err == nil || !strings.Contains(err.Error(), "does a server listen there?") {
		t.Error(err)
	}
}

func TestSweep(t *testing.T) {
	t.Setenv("FAST", "1")
	lengths := []time.Duration{100 * time.Microsecond, 5 * time.Millisecond}
	points, card, err := cluster.Sweep(t.Context(), cluster.Options{Workers: 2}, lengths...)
	if err != nil || len(points) != 2 || card.Wall <= 0 {
		t.Fatal(points, card, err)
	}
	if card.GOMAXPROCS != runtime.NumCPU() { // a process that was bound to one CPU has all again
		t.Errorf("GOMAXPROCS is %d in the end", card.GOMAXPROCS)
	}
	for i, p := range points {
		if two := runtime.NumCPU() > 1; two != (len(p.Second()) >= 6) || len(p.Alone) != len(p.Two) {
			t.Errorf("two machines: %+v", p)
		}
		if p.Length != lengths[i] || len(p.Goroutines) < 6 || len(p.Pool) < 6 || len(p.NATS) < 6 || len(p.Same()) < 6 {
			t.Errorf("%+v", p)
		}
		t.Logf("%v x %d: goroutines %.1f, pool %.1f, NATS %.1f, alone %.1f, two %.1f ms", p.Length, p.Jobs, p.Goroutines, p.Pool, p.NATS, p.Alone, p.Two)
	}
}

// TestNATSStaysOut: what cells load has no NATS in it. Commands are not loaded; see kernel/internal/link.
func TestNATSStaysOut(t *testing.T) {
	const format = `{{if ne .Name "main"}}{{.ImportPath}} {{join .Deps " "}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, "interleave/lessons/...", "interleave/plots/...", "interleave/kernel/display/...").CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	if !strings.Contains(string(out), "interleave/lessons/cluster ") {
		t.Errorf("go list says:\n%s", out)
	}
	for line := range strings.Lines(string(out)) {
		if name, deps, _ := strings.Cut(line, " "); strings.Contains(deps, "nats-io") {
			t.Errorf("%s rests on NATS", name)
		}
	}
}
