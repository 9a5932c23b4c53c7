package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/browser"
	"interleave/kernel/internal/client"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// sessionMark is in the environment of a Jupyter server, and so of all processes that come from it, whoever
// their parent is by then.
const sessionMark = "INTERLEAVE_ORPHANS_TEST"

// orphansCell leaves processes behind in the ways there are: in a session of its own, forked twice with its
// parent gone, deaf to signals, and an ordinary child.
const orphansCell = `import (
	"fmt"
	"os"
	"os/exec"
)
for _, script := range []string{
	"exec setsid sleep 1000",
	"(setsid sleep 1001 &)",
	"trap '' TERM INT HUP; sleep 1002; sleep 1003",
	"exec sleep 1004",
} {
	if err := exec.Command("sh", "-c", script).Start(); err != nil {
		panic(err)
	}
}
fmt.Println(os.Getpid())`

// TestNoProcessIsLeft kills each process of a session in turn, by SIGKILL, and looks for what it leaves.
func TestNoProcessIsLeft(t *testing.T) {
	for _, victim := range []string{"worker", "kernel", "server"} {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s busy=%v", victim, busy), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				testNoProcessIsLeft(t, ctx, victim, busy)
			})
		}
	}
}

func testNoProcessIsLeft(t *testing.T, ctx context.Context, victim string, busy bool) {
	value := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	s := startServer(t, ctx, value)
	worker := s.cell(t, ctx, orphansCell)
	pid := map[string]int{"server": s.lab.Pid(), "worker": atoi(t, worker), "kernel": role(t, value, "serve")}
	awaitMarked(t, value, "sleep", 4)
	var call *kerneltest.Call
	if busy {
		var err error
		if call, err = s.client.StartExecute("import \"fmt\"\nfmt.Println(\"busy\")\nfor {\n}", kerneltest.ExecuteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := call.WaitIOPub(ctx, func(m wire.Message) bool { return m.Header.MsgType == "stream" }); err != nil {
			t.Fatal(err)
		}
	}

	before := marked(value)
	if err := syscall.Kill(pid[victim], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	spared := map[string][]int{ // what lives on, and starts anew what was killed
		"worker": append(programs(before, "gopls-"), pid["server"], pid["kernel"]),
		"kernel": {pid["server"]},
	}[victim]
	awaitGone(t, value, before, spared)
	if victim != "worker" {
		return
	}
	// The death is told once: by the cell that ran or, so soon after it, by the next one.
	if !busy {
		var err error
		if call, err = s.client.StartExecute("1", kerneltest.ExecuteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := call.Wait(ctx); err != nil || r.EName != "WorkerDied" && (busy || r.Status != "ok") {
		t.Errorf("the cell ended with %s %s: %s, %v", r.Status, r.EName, r.EValue, err)
	}
	if got := s.cell(t, ctx, "fmt.Println(6 * 7)"); got != "42" {
		t.Errorf("the next cell printed %q", got)
	}
	if got := role(t, value, "serve"); got != pid["kernel"] {
		t.Errorf("the kernel was process %d and is %d", pid["kernel"], got)
	}
}

// server is a Jupyter server with one kernel, which it started itself, and a client of that kernel.
type server struct {
	lab    *browser.Lab
	client *kerneltest.Client
}

func startServer(t *testing.T, ctx context.Context, value string) *server {
	t.Helper()
	j := newJupyter(t, ctx)
	lab, err := browser.StartLab(ctx, browser.LabOptions{
		Program: j.env.Program("jupyter-lab"), Dir: j.work(), Scratch: j.dir, Env: append(j.environ(), sessionMark+"="+value),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lab.Close()
		for pid := range marked(value) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", lab.Log())
		}
	})
	api := strings.TrimSuffix(lab.URL, "/lab") + "/api/kernels?token=" + lab.Token
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, api, strings.NewReader(`{"name":"gophernotes"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var kernel struct{ ID string }
	if err != nil || resp.StatusCode != http.StatusCreated || json.Unmarshal(body, &kernel) != nil {
		t.Fatalf("start a kernel: %s, %v\n%s\n%s", resp.Status, err, body, lab.Log())
	}
	conn, err := wire.ReadConnection(filepath.Join(j.dir, "runtime", "kernel-"+kernel.ID+".json"), kerneltest.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &server{lab, c}
}

// cell runs a cell and returns what it printed to standard output.
func (s *server) cell(t *testing.T, ctx context.Context, code string) string {
	t.Helper()
	r, err := s.client.Execute(ctx, code, kerneltest.ExecuteOptions{})
	text := kerneltest.Text(r, kerneltest.TextOptions{})
	if err != nil || r.Status != "ok" {
		t.Fatalf("%v\n%s", err, text)
	}
	for line := range strings.Lines(text) {
		if out, ok := strings.CutPrefix(line, "stdout: "); ok {
			return strings.TrimSpace(out)
		}
	}
	return ""
}

// marked returns the processes with the mark and their command lines.
func marked(value string) map[int]string {
	pids := map[int]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		env, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(env, []byte(sessionMark+"="+value+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
			pids[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return pids
}

// role is the one process of our program with that first argument.
func role(t *testing.T, value, name string) int {
	t.Helper()
	var found []int
	for pid, line := range marked(value) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			found = append(found, pid)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the processes in the role %s are %v of %v", name, found, marked(value))
	}
	return found[0]
}

// programs are the processes whose program's name begins so.
func programs(processes map[int]string, name string) (pids []int) {
	for pid, line := range processes {
		program, _, _ := strings.Cut(line, " ")
		if strings.HasPrefix(filepath.Base(program), name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitMarked waits until n processes run a program: shells in the background take their time.
func awaitMarked(t *testing.T, value, program string, n int) {
	t.Helper()
	count := func() (c int) {
		for _, line := range marked(value) {
			if strings.HasPrefix(line, program+" ") {
				c++
			}
		}
		return c
	}
	for began := time.Now(); count() < n; time.Sleep(10 * time.Millisecond) { // there is nothing to wait on
		if time.Since(began) > time.Minute {
			t.Fatalf("%d of %d processes run %s: %v", count(), n, program, marked(value))
		}
	}
}

// awaitGone fails unless soon none of the processes runs any more, but those that are spared.
func awaitGone(t *testing.T, value string, before map[int]string, spared []int) {
	t.Helper()
	left := func() []string {
		var lines []string
		for pid, line := range marked(value) {
			if was, ok := before[pid]; ok && was == line && !slices.Contains(spared, pid) {
				lines = append(lines, fmt.Sprint(pid, " ", line))
			}
		}
		return lines
	}
	began := time.Now()
	for len(left()) > 0 {
		if time.Since(began) > 30*time.Second {
			t.Errorf("left of %d processes after 30 s:\n%s", len(before), strings.Join(left(), "\n"))
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("of %d processes none is left after %v", len(before), time.Since(began).Round(time.Millisecond))
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
