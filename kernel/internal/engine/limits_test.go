package engine_test

import (
	"os"
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
	if r.EName != "WorkerDied" || !strings.Contains(r.EValue, "memory limit") || !strings.Contains(r.EValue, "kept") {
		t.Errorf("%s: %s", r.EName, r.EValue)
	}
	if got := value(t, k, "twice(21)"); got != 42 {
		t.Errorf("a function gives %v after the worker died", got)
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
