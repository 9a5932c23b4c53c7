package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// startAt starts the kernel in a folder that module interleave does not govern.
func startAt(t *testing.T, mode, dir string) *kerneltest.Kernel {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Dir: dir,
		Env: []string{"INTERLEAVE_LINK=" + mode, "INTERLEAVE_TEST_SOURCES=" + root}})
}

// run executes a cell and returns its text.
func runCell(t *testing.T, k *kerneltest.Kernel, code string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	began := time.Now()
	res, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(code), "\n")
	t.Logf("%v for %s", time.Since(began).Round(time.Millisecond), first)
	return kerneltest.Text(res, kerneltest.TextOptions{})
}

// TestProgramsOutsideOfModule runs the three modes in a folder without a go.mod, with gonum/plot and display.
func TestProgramsOutsideOfModule(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := startAt(t, mode, t.TempDir())
		runCell(t, k, "1")
		for _, tt := range []struct{ code, want string }{
			{"%%program\nfmt.Println(1)", "stdout: 1\n"},
			{"%%program\np := plot.New()\np.Title.Text = \"x\"\nfmt.Println(p.Title.Text, display.Display(display.HTML(\"x\")))", "display: text/html,text/plain x\nstdout: x <nil>\n"},
			{"%%race\np, done := plot.New(), make(chan bool)\nn := 0\ngo func() { n++; done <- true }()\nn++\n<-done\nfmt.Println(p.Title.Text)", "race on n (local variable"},
			{"package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(2) }", "stdout: 2\n"},
			{"%%test\nfunc TestX(t *testing.T) {}", "pass  TestX"},
			{"%%program\nwd, _ := os.Getwd()\nfmt.Println(filepath.Base(wd) == \"001\")", "stdout: true\n"},
		} {
			if got := runCell(t, k, tt.code); !strings.Contains(got, tt.want) {
				t.Errorf("%s\ngot:\n%swant %q", tt.code, got, tt.want)
			}
		}
	})
}

// TestProgramsInModule is the same in this repository; it logs how long each takes the second time.
func TestProgramsInModule(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		runCell(t, k, "1")
		for _, code := range []string{
			"%%program\nfmt.Println(1)",
			"%%race\nfmt.Println(1)",
			"%%test\nfunc TestX(t *testing.T) {}",
			"%%test -race\nfunc TestX(t *testing.T) {}",
			"%%program\np := plot.New()\nfmt.Println(1, p.Title.Text)",
			"%%race\np := plot.New()\nfmt.Println(1, p.Title.Text)",
			"package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }",
		} {
			runCell(t, k, code)
			if got := runCell(t, k, code+"\n"); !strings.Contains(got, "stdout: 1") && !strings.Contains(got, "pass  TestX") {
				t.Errorf("%s\ngot:\n%s", code, got)
			}
		}
	})
}

// TestProgramsLeaveNothing looks for the processes that programs and tests have started, one in a session of its own among them,
// when the cell has ended and when the kernel is killed.
func TestProgramsLeaveNothing(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		for name, code := range map[string]string{
			"program": "%%program\nstart()\nfmt.Println(1)\nif wait { select {\ncase <-time.After(time.Hour):\n} }\n",
			"test":    "%%test -timeout 1h\nfunc TestX(t *testing.T) {\nstart()\nfmt.Println(1)\nif wait { time.Sleep(time.Hour) }\n}\n",
		} {
			for _, killed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s killed=%v", name, killed), func(t *testing.T) {
					k := start(mode)(t)
					seconds := fmt.Sprint(2_000_000 + os.Getpid()) // to know our own sleeps
					code := code + "const wait = " + fmt.Sprint(killed) + "\nfunc start() {\n" +
						"for _, s := range []string{\"exec setsid sleep " + seconds + "\", \"sleep " + seconds + "\"} { exec.Command(\"sh\", \"-c\", s).Start() }\n" +
						"for n := 0; n < 2; { out, _ := exec.Command(\"pgrep\", \"-cfx\", \"sleep " + seconds + "\").Output(); fmt.Sscan(string(out), &n) }\n}\n"
					alive := func() int {
						out, _ := exec.Command("pgrep", "-cfx", "sleep "+seconds).Output()
						n := 0
						fmt.Sscan(strings.TrimSpace(string(out)), &n)
						return n
					}
					if !killed {
						if got := runCell(t, k, code); !strings.Contains(got, "stdout: 1") {
							t.Fatal(got)
						}
					} else {
						if _, err := k.StartExecute(code, kerneltest.ExecuteOptions{}); err != nil {
							t.Fatal(err)
						}
						await(t, "two sleeps to start", func() bool { return alive() == 2 })
						k.Signal(9)
					}
					await(t, "no sleep to be left", func() bool { return alive() == 0 })
				})
			}
		}
	})
}

// TestProgramInterrupted logs how soon the prompt is back, of a program that waits and of one that computes. On a busy
// machine the prompt does not wait for the stack, so each program has some tries to show it.
func TestProgramInterrupted(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		for _, code := range []string{"%%program\nfmt.Println(1)\nselect {\ncase <-time.After(time.Hour):\n}", "%%program\nfmt.Println(1)\nfor {\n}"} {
			for try := 1; ; try++ {
				took, text := interruptedProgram(t, k, code)
				t.Logf("%v\n%s", took, text)
				if !strings.Contains(text, "error: Interrupted") {
					t.Fatalf("the interrupted program shows\n%s", text)
				}
				if strings.Contains(text, " in main") {
					break
				}
				if try == 10 {
					t.Fatalf("in %d tries no interrupted program shows where it was", try)
				}
			}
		}
	})
}

// interruptedProgram interrupts a program at its first line of output, and returns what it shows and how soon it ends then.
func interruptedProgram(t *testing.T, k *kerneltest.Kernel, code string) (time.Duration, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var asked time.Time
	var once sync.Once
	res, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnMessage: func(m wire.Message) {
		if m.Header.MsgType == "stream" {
			once.Do(func() {
				asked = time.Now()
				go k.Send(wire.Control, "interrupt_request", nil, kerneltest.CallOptions{})
			})
		}
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(asked), kerneltest.Text(res, kerneltest.TextOptions{Traceback: true})
}
