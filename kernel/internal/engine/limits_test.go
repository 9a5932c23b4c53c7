package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// TestMemoryLimit sets the limit as a user does, with INTERLEAVE_MEMORY.
func TestMemoryLimit(t *testing.T) { onBothWays(t, memoryLimit) }

func memoryLimit(t *testing.T, mode string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_MEMORY=400MiB", "INTERLEAVE_LINK=" + mode}})
	execute(t, k, "func twice(n int) int { return 2 * n }\nkept := 1")
	r, err := k.Execute(t.Context(), "var hoard [][]byte\nfor {\n\tb := make([]byte, 1<<20)\n\tfor i := range b { b[i] = 1 }\n\thoard = append(hoard, b)\n}", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.EName != "WorkerDied" || !strings.Contains(r.EValue, "In[2]: the notebook used ") ||
		!strings.Contains(r.EValue, "more than the limit of 400 MiB (INTERLEAVE_MEMORY). To raise the limit, start Jupyter with INTERLEAVE_MEMORY=") || !strings.Contains(r.EValue, "lost variables: hoard, kept") {
		t.Errorf("%s: %s", r.EName, r.EValue)
	}
	if got := value(t, k, "twice(21)"); got != 42 {
		t.Errorf("a function gives %v after the worker died", got)
	}
}

// TestMemoryOfChildren has what cells start use more than the limit: it ends, nothing of it is left, and the variables are kept.
func TestMemoryOfChildren(t *testing.T) {
	prepare(t, "")
	k := startWith(t, "INTERLEAVE_MEMORY=1GiB")
	execute(t, k, "kept := 41")
	first := value(t, k, "os.Getpid()")
	const greedy = "head -c 2000m /dev/zero | tail -c 2000m"
	hoard := "b := make([]byte, 2<<30)\nfor i := 0; i < len(b); i += 4096 {\n\tb[i] = 1\n}\nprintln(len(b))"
	for what, code := range map[string]string{
		"the script":  "%%bash\nsleep 1234567 &\n" + greedy + "\necho done",
		"the command": "!sleep 1234567 & " + greedy + "; echo done",
		"the program": "%%program\n" + hoard,
		"go test":     "%%test\nfunc TestHoard(t *testing.T) {\n" + hoard + "\n}",
	} {
		r, err := k.Execute(t.Context(), code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`^In\[%d\]: %s used [\d.]+ [GM]iB of memory.* more than the limit of 1 GiB \(INTERLEAVE_MEMORY\)\. To raise the limit, start Jupyter with INTERLEAVE_MEMORY=\dGiB in its environment\. It was ended; all variables are kept$`, r.ExecutionCount, what)
		if r.EName != "MemoryLimit" || !regexp.MustCompile(want).MatchString(r.EValue) {
			t.Errorf("%s: %s: %s", code, r.EName, r.EValue)
		}
	}
	// A child of the cell's own making ends alone, and the cell sees how.
	r, err := k.Execute(t.Context(), "exec.Command(\"sh\", \"-c\", \"sleep 1234567 & "+greedy+" >/dev/null\").Run()", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if said := kerneltest.Text(r, kerneltest.TextOptions{}); !strings.Contains(said, fmt.Sprintf("note: In[%d]: the processes that cells have started used ", r.ExecutionCount)) || r.EName != "" {
		t.Errorf("%s: %s", r.EName, said)
	}
	if got := value(t, k, "os.Getpid()"); got != first || value(t, k, "kept + 1") != 42 {
		t.Errorf("the worker was replaced")
	}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), "sleep\x001234567") {
			t.Errorf("%s lives on", file)
		}
	}
}

// TestMemoryLimitTooLow has a limit that no worker can keep to.
func TestMemoryLimitTooLow(t *testing.T) {
	prepare(t, "")
	r, err := startWith(t, "INTERLEAVE_MEMORY=1MiB").Execute(t.Context(), "1", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.EValue, " MiB of memory, more than the limit of 1 MiB (INTERLEAVE_MEMORY). To raise the limit") || strings.Contains(r.EValue, "defect") {
		t.Errorf("%s: %s", r.EName, r.EValue)
	}
}

func isStream(m wire.Message) bool { return m.Header.MsgType == "stream" }

// TestSecondInterrupt ends what the first one could not.
func TestSecondInterrupt(t *testing.T) { onBothWays(t, secondInterrupt) }

func secondInterrupt(t *testing.T, mode string) {
	k := start(mode)(t)
	execute(t, k, "x := 1")
	first := value(t, k, "os.Getpid()")
	call, err := k.StartExecute("fmt.Println(\"spinning\")\nfor {\n}", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.WaitIOPub(t.Context(), isStream); err != nil {
		t.Fatal(err)
	}
	if err := k.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := call.Wait(t.Context()); err != nil || r.EName != "Interrupted" {
		t.Fatalf("%+v %v", r, err)
	}
	if got := value(t, k, "os.Getpid()"); got != first {
		t.Fatalf("the first interrupt replaced the worker")
	}
	if err := k.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for value(t, k, "os.Getpid()") == first {
		if time.Now().After(deadline) {
			t.Fatal("the second interrupt did not replace the worker")
		}
	}
	r, err := k.Execute(t.Context(), "x", kerneltest.ExecuteOptions{})
	if err != nil || !strings.Contains(r.EValue, "second interrupt") {
		t.Errorf("x is not said to be lost: %+v %v", r, err)
	}
}

// BenchmarkInterrupt is the time from an interrupt to the reply, for each way a cell can stand.
func BenchmarkInterrupt(b *testing.B) {
	for _, c := range []struct{ name, cell string }{
		{"receive", "<-make(chan int)"},
		{"mutex", "var mu sync.Mutex\nmu.Lock()\nmu.Lock()"},
		{"sleep", "time.Sleep(time.Hour)"},
		{"syscall", "syscall.Pause()"},
		{"loop", "for {\n}"},
		{"function", "func spin() { for { } }\nspin()"},
		{"all cores", "for range runtime.NumCPU() {\n\tgo func() { for { } }()\n}\nfor {\n}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			prepare(b, "thin")
			var list []time.Duration
			for range b.N {
				k := start("thin")(b)
				execute(b, k, "1")
				call, err := k.StartExecute("fmt.Println(\"runs\")\n"+c.cell, kerneltest.ExecuteOptions{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := call.WaitIOPub(b.Context(), isStream); err != nil {
					b.Fatal(err)
				}
				time.Sleep(50 * time.Millisecond) // until the cell is where it stays
				from := time.Now()
				if err := k.Interrupt(b.Context()); err != nil {
					b.Fatal(err)
				}
				if _, err := call.Wait(b.Context()); err != nil {
					b.Fatal(err)
				}
				list = append(list, time.Since(from))
				k.Kill()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(median(list)), "ms")
			b.ReportMetric(milliseconds(list[len(list)-1]), "max-ms")
		})
	}
}
