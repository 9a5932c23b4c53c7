package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// within bounds what a test may wait for a kernel.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// calm is a kernel that has nothing to prepare.
func calm(t *testing.T) *kerneltest.Kernel {
	prepare(t, "thin")
	return start("thin")(t)
}

// TestKeyStaysInTheKernel reads what the system tells of the processes of a notebook: the key is on no command line and in
// no environment, of the worker, gopls, a program, a shell's command or a child of a cell.
func TestKeyStaysInTheKernel(t *testing.T) {
	prepare(t, "thin")
	buildGopls(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	mark := fmt.Sprintf("INTERLEAVE_KEY_TEST=%d", os.Getpid())
	k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_LINK=thin", mark}})
	ctx := within(t, 3*time.Minute)
	secret := string(k.Connection().Key)
	if len(secret) < 16 {
		t.Fatalf("the key has %d bytes", len(secret))
	}
	execute(t, k, "import (\"os\"; \"os/exec\"; \"strings\")\nif err := exec.Command(\"sleep\", \"1001\").Start(); err != nil { panic(err) }")
	awaitGopls(t, k)
	r, err := k.Execute(ctx, "strings.Contains(strings.Join(append(os.Environ(), os.Args...), \"\"), \""+secret+"\")", kerneltest.ExecuteOptions{})
	if text := kerneltest.Text(r, kerneltest.TextOptions{}); err != nil || !strings.Contains(text, "result: false") {
		t.Errorf("what a cell sees of its process: %s, %v", text, err)
	}
	call, err := k.StartExecute("%%program\nimport (\"fmt\"; \"os/exec\")\nc := exec.Command(\"sleep\", \"1002\")\nfmt.Println(c.Start())\nc.Wait()", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.WaitIOPub(ctx, isStream); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for _, pid := range withMark(mark) {
		for _, file := range []string{"cmdline", "environ"} {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
			if err != nil {
				continue // it has ended
			}
			text := strings.ReplaceAll(string(b), "\x00", " ")
			if strings.Contains(text, secret) {
				t.Errorf("the key is in the %s of %d: %s", file, pid, text)
			}
			if file == "cmdline" {
				seen.WriteString(text + "\n")
			}
		}
	}
	for _, want := range []string{" serve ", " guard ", "/worker", "gopls", "sleep 1001", "sleep 1002", "program"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("no process %q among\n%s", want, seen.String())
		}
	}
}

// TestHTMLIsEscaped shows values, names, source text and errors that look like HTML, in all the ways that text gets into markup: it stays
// text. Only what says that it is HTML is.
func TestHTMLIsEscaped(t *testing.T) {
	k := calm(t)
	const script, escaped = "<script>alert(1)</script>", "&lt;script&gt;"
	execute(t, k, "type Row struct { Name string; Of map[string]string }\nmark := \"<script>alert(1)</script>\"\nrow := Row{mark, map[string]string{mark: mark}}")
	for _, c := range []struct {
		code   string
		markup bool // some of what it shows is markup with the text in it
	}{
		{code: "mark"},
		{code: "row"},
		{code: "&row"},
		{code: "[]any{mark, row}"},
		{code: "display.Show(mark)\ndisplay.Show(row)\ndisplay.Show(display.Auto(mark))\ndisplay.Show(errors.New(mark))"},
		{code: "display.Table([]Row{row})", markup: true},
		{code: "display.Table([][]string{{mark}})", markup: true},
		{code: "bar := display.Progress(3, mark)\nbar.Add(3)", markup: true},
		{code: "fmt.Println(mark)\nfmt.Fprintln(os.Stderr, mark)"},
		{code: "panic(mark)"},
		{code: "os.Open(mark)"},
		{code: "%vars"},
		{code: "%help"},
		{code: "%%test\nimport \"testing\"\nfunc TestMark(t *testing.T) { t.Error(\"<script>alert(1)</script>\") }", markup: true},
		{code: "%%race\nimport \"time\"\nn, done := 0, make(chan bool)\ngo func() { n += len(\"<script>alert(1)</script>\"); done <- true }()\n" +
			"go func() { time.Sleep(20 * time.Millisecond); n += 2; done <- true }()\n<-done\n<-done", markup: true},
		{code: "%%escape\nfunc length() *string { s := \"<script>alert(1)</script>\"; return &s }", markup: true},
		{code: "%%trace\nimport (\"context\"; \"runtime/trace\"; \"sync\")\nvar wg sync.WaitGroup\nwg.Go(func() { trace.Log(context.Background(), \"lane\", mark) })\nwg.Wait()", markup: true},
	} {
		r, err := k.Execute(within(t, 3*time.Minute), c.code, kerneltest.ExecuteOptions{ContinueOnError: true})
		if err != nil {
			t.Fatalf("%q: %v", c.code, err)
		}
		if r.EName == "CompileError" || r.EName == "CommandError" {
			t.Errorf("%q: %s", c.code, r.EValue)
		}
		var bundles []map[string]any
		for _, m := range r.IOPub {
			var content struct{ Data map[string]any }
			if json.Unmarshal(m.Content, &content) == nil {
				bundles = append(bundles, content.Data)
			}
		}
		for _, p := range r.Payload {
			data, _ := p["data"].(map[string]any)
			bundles = append(bundles, data)
		}
		found := false
		for _, b := range bundles {
			for mime, v := range b {
				if text, _ := v.(string); mime != "text/plain" {
					found = found || strings.Contains(text, escaped)
					if strings.Contains(text, script) {
						t.Errorf("%q: %s holds %s:\n%s", c.code, mime, script, text)
					}
				}
			}
		}
		if found != c.markup {
			t.Errorf("%q: the escaped text is in markup: %v", c.code, found)
		}
	}
	r, err := k.Execute(within(t, time.Minute), "display.HTML(mark)", kerneltest.ExecuteOptions{})
	if err != nil || !slices.ContainsFunc(r.IOPub, func(m wire.Message) bool { return strings.Contains(string(m.Content), `"text/html":"<script>`) }) {
		t.Errorf("what says that it is HTML: %s, %v", kerneltest.Text(r, kerneltest.TextOptions{}), err)
	}
}

// TestHundredInterrupts interrupts a hundred cells in a row, of kinds that end by themselves and that do not, by message and by
// the signal to the process group that Jupyter sends in its other mode.
func TestHundredInterrupts(t *testing.T) { onBothWays(t, hundredInterrupts) }

func hundredInterrupts(t *testing.T, mode string) {
	k := start(mode)(t)
	ctx := within(t, 5*time.Minute)
	execute(t, k, "import (\"fmt\"; \"os\"; \"time\")\nkept := 7")
	first := value(t, k, "os.Getpid()")
	var took []time.Duration
	for i := range 100 {
		code := []string{
			"fmt.Println(1); <-display.Context().Done()",
			"fmt.Println(1); select {}",
			"fmt.Println(1); time.Sleep(time.Hour)",
			"fmt.Println(1); make(chan int) <- 1",
		}[i%4]
		call, err := k.StartExecute(code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := call.WaitIOPub(ctx, isStream); err != nil {
			t.Fatalf("cell %d: %v", i, err)
		}
		began, interrupt := time.Now(), func() error { return k.Interrupt(ctx) }
		if i/4%2 == 1 {
			interrupt = func() error { return k.Signal(syscall.SIGINT) }
		}
		if err := interrupt(); err != nil {
			t.Fatal(err)
		}
		r, err := call.Wait(ctx)
		if err != nil || r.EName != "Interrupted" {
			t.Fatalf("cell %d: %+v %v", i, r, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("100 interrupts: median %v, slowest %v", took[50].Round(time.Millisecond), took[99].Round(time.Millisecond))
	if value(t, k, "kept") != 7 || value(t, k, "os.Getpid()") != first {
		t.Error("the interrupts have cost the state")
	}
}

// TestIdleWorkerDies kills the worker between two cells, right before the next one is sent, and again and again while that
// is on its way to a worker that has been stopped and takes nothing: the cell runs in a new worker, and the death is told.
func TestIdleWorkerDies(t *testing.T) { onBothWays(t, idleWorkerDies) }

func idleWorkerDies(t *testing.T, mode string) {
	k := start(mode)(t)
	ctx := within(t, 5*time.Minute)
	for i := range 12 {
		execute(t, k, fmt.Sprintf("kept := %d", i))
		pid := int(value(t, k, "os.Getpid()"))
		how := syscall.SIGKILL
		if i%2 == 1 {
			how = syscall.SIGSTOP
		}
		if err := syscall.Kill(pid, how); err != nil {
			t.Fatal(err)
		}
		call, err := k.StartExecute(fmt.Sprintf("fresh := %d\nfresh * 2", i), kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if how == syscall.SIGSTOP {
			if _, err := call.WaitIOPub(ctx, func(m wire.Message) bool { return m.Header.MsgType == "execute_input" }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(i) * 20 * time.Millisecond) // before, while and after the cell is compiled
			syscall.Kill(pid, syscall.SIGKILL)
		}
		r, err := call.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		text := kerneltest.Text(r, kerneltest.TextOptions{})
		if r.Status != "ok" || !strings.Contains(text, fmt.Sprint("result: ", 2*i)) {
			t.Errorf("round %d: %s", i, text)
		}
		if n := strings.Count(text, "killed from outside"); n > 1 {
			t.Errorf("round %d: the death is told %d times: %s", i, n, text)
		}
		if got := value(t, k, "fresh"); got != float64(i) {
			t.Errorf("round %d: what the cell declared is %v", i, got)
		}
		r, err = k.Execute(ctx, "kept", kerneltest.ExecuteOptions{})
		if err != nil || r.Status != "error" || !strings.Contains(r.EValue, "worker died between two cells") {
			t.Errorf("round %d: kept is not said to be lost: %s, %v", i, kerneltest.Text(r, kerneltest.TextOptions{}), err)
		}
	}
}

// TestKilledAtRandomPoints kills one process of a session by SIGKILL, any of them, at any time. When it was the kernel nothing
// is left; otherwise the kernel goes on. The next kernel removes what the killed ones had no time to.
func TestKilledAtRandomPoints(t *testing.T) {
	prepare(t, "thin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temporary, random := t.TempDir(), rand.New(rand.NewPCG(3, 4))
	started := func(mark string) *kerneltest.Kernel {
		return kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_LINK=thin", "TMPDIR=" + temporary, mark}})
	}
	killed, kernels := map[string]int{}, map[string]bool{}
	for i := range 20 {
		mark := fmt.Sprintf("INTERLEAVE_RANDOM_TEST=%d-%d", os.Getpid(), i)
		k := started(mark)
		kernels[strconv.Itoa(k.Pid())] = true
		ctx := within(t, 2*time.Minute)
		var calls []*kerneltest.Call
		for _, code := range []string{
			fmt.Sprintf("x := %d", i), // not in the cache
			"!(setsid sleep 1000 &); sleep 0.1",
			fmt.Sprintf("%%%%program\nimport \"time\"\ntime.Sleep(%d * time.Millisecond)", 50+i),
			"import \"os/exec\"\nexec.Command(\"setsid\", \"sleep\", \"1000\").Start()\nx",
		} {
			call, err := k.StartExecute(code, kerneltest.ExecuteOptions{ContinueOnError: true})
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, call)
		}
		time.Sleep(time.Duration(random.Float64() * float64(1200*time.Millisecond)))
		all := withMark(mark)
		victim := k.Pid()
		if i%2 == 1 {
			victim = all[random.IntN(len(all))]
		}
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", victim))
		words := strings.Split(strings.TrimRight(string(name), "\x00"), "\x00")
		killed[strings.TrimSuffix(filepath.Base(words[0])+" "+strings.Join(words[min(1, len(words)):min(2, len(words))], " "), " ")]++
		syscall.Kill(victim, syscall.SIGKILL) // it may have ended by itself
		if victim != k.Pid() {
			for _, call := range calls {
				if _, err := call.Wait(ctx); err != nil {
					t.Fatalf("round %d, %q was killed: %v", i, words, err)
				}
			}
			// The worker of a guard that is killed may take one more cell in the moment before it ends.
			if r, err := k.Execute(ctx, "0", kerneltest.ExecuteOptions{}); err != nil || r.EName != "" && r.EName != "WorkerDied" {
				t.Errorf("round %d: the next cell: %s, %v", i, r.EName, err)
			}
			if got := value(t, k, "6 * 7"); got != 42 {
				t.Errorf("round %d: a cell gives %v", i, got)
			}
			if err := k.Stop(ctx); err != nil {
				t.Errorf("round %d: %v", i, err)
			}
		}
		for began := time.Now(); len(withMark(mark)) > 0; time.Sleep(10 * time.Millisecond) {
			if time.Since(began) > 30*time.Second {
				t.Fatalf("round %d, %q was killed: left are %v", i, words, withMark(mark))
			}
		}
	}
	t.Logf("killed: %v", killed)
	last := started("INTERLEAVE_RANDOM_TEST=last")
	value(t, last, "6 * 7")
	if err := last.Stop(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(filepath.Join(cache, "interleave", "link", "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders { // WHAT-PID-RANDOM
		if parts := strings.Split(f.Name(), "-"); len(parts) == 3 && kernels[parts[1]] {
			t.Errorf("left in the cache: %s", f.Name())
		}
	}
}

// withMark lists the processes that have a setting in their environment.
func withMark(setting string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		env, err := os.ReadFile(f)
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), setting) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestFiftyRestarts restarts a kernel fifty times on the same ports, in the middle of a cell every other time.
func TestFiftyRestarts(t *testing.T) {
	k := calm(t)
	ctx := within(t, 8*time.Minute)
	ports := k.Connection().Ports
	var took []time.Duration
	for i := range 50 {
		if i%2 == 0 {
			call, err := k.StartExecute("import \"fmt\"\nfmt.Println(1)\nfor {\n}", kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call.WaitIOPub(ctx, isStream); err != nil {
				t.Fatal(err)
			}
		}
		old, began := k.Pid(), time.Now()
		if err := k.Restart(ctx); err != nil {
			t.Fatalf("restart %d: %v", i, err)
		}
		if got := value(t, k, "6 * 7"); got != 42 {
			t.Fatalf("after restart %d a cell gives %v", i, got)
		}
		took = append(took, time.Since(began))
		if k.Pid() == old || k.Connection().Ports != ports {
			t.Fatalf("restart %d: process %d, was %d; ports %v, were %v", i, k.Pid(), old, k.Connection().Ports, ports)
		}
	}
	slices.Sort(took)
	t.Logf("50 restarts, each with its first cell: median %v, slowest %v", took[25].Round(time.Millisecond), took[49].Round(time.Millisecond))
}

// shown is what a front end gets of a cell: messages, and bytes of text.
func shown(r *kerneltest.Result) (messages, bytes int, text string) {
	var last []byte
	for _, m := range r.IOPub {
		if !isStream(m) {
			continue
		}
		var content struct{ Text string }
		if json.Unmarshal(m.Content, &content) == nil {
			messages++
			bytes += len(content.Text)
			last = append(last[max(0, len(last)-1000):], content.Text...)
		}
	}
	return messages, bytes, string(last)
}

// TestTwoHundredMegabytes prints 200 MB in one cell: the front end gets a part and is told how much is missing.
func TestTwoHundredMegabytes(t *testing.T) {
	k := calm(t)
	ctx := within(t, 5*time.Minute)
	began := time.Now()
	r, err := k.Execute(ctx, "import (\"fmt\"; \"strings\")\nline := strings.Repeat(\"x\", 99)\nfor range 2_000_000 {\n\tfmt.Println(line)\n}", kerneltest.ExecuteOptions{})
	if err != nil || r.Status != "ok" {
		t.Fatalf("%+v %v", r, err)
	}
	messages, bytes, text := shown(r)
	end := text[max(0, len(text)-200):]
	t.Logf("200 MB printed in %v: %d messages with %.1f MB, at the end %q", time.Since(began).Round(time.Millisecond), messages, float64(bytes)/1e6, end[strings.LastIndex(end, "x")+1:])
	if bytes > 21_000_000 || messages > 2000 {
		t.Errorf("the front end got %d messages with %d bytes", messages, bytes)
	}
	if !strings.Contains(end, "180.0 MB") && !strings.Contains(end, "180 MB") {
		t.Errorf("it is not told how much is missing: %q", end)
	}
	if got := value(t, k, "6 * 7"); got != 42 {
		t.Errorf("the next cell gives %v", got)
	}
}

// TestManyPrinters has 100,000 goroutines print a line each: all lines arrive whole, in few messages.
func TestManyPrinters(t *testing.T) {
	k := calm(t)
	ctx := within(t, 5*time.Minute)
	began := time.Now()
	r, err := k.Execute(ctx, "import (\"fmt\"; \"sync\")\nvar wg sync.WaitGroup\nfor i := range 100_000 {\n\twg.Go(func() { fmt.Printf(\"%06d\\n\", i) })\n}\nwg.Wait()", kerneltest.ExecuteOptions{})
	if err != nil || r.Status != "ok" {
		t.Fatalf("%+v %v", r, err)
	}
	var all strings.Builder
	messages := 0
	for _, m := range r.IOPub {
		var content struct{ Text string }
		if isStream(m) && json.Unmarshal(m.Content, &content) == nil {
			all.WriteString(content.Text)
			messages++
		}
	}
	lines := strings.Fields(all.String())
	t.Logf("100,000 goroutines printed %d lines in %v: %d messages", len(lines), time.Since(began).Round(time.Millisecond), messages)
	slices.Sort(lines)
	if len(lines) != 100_000 || len(slices.Compact(lines)) != 100_000 || lines[0] != "000000" || lines[99_999] != "099999" {
		t.Errorf("%d lines, %d different", len(lines), len(slices.Compact(lines)))
	}
	if messages > 2000 {
		t.Errorf("%d messages", messages)
	}
}

// TestLargeMessage sends 24 MB to a cell, as its text, and gets 24 MB back, as one output.
func TestLargeMessage(t *testing.T) {
	k := calm(t)
	ctx := within(t, 5*time.Minute)
	const size = 24 << 20
	value(t, k, "1") // a peer that has proved nothing yet may send 16 MiB
	began := time.Now()
	call, err := k.Send(wire.Shell, "is_complete_request", map[string]any{"code": "/*" + strings.Repeat("x", size) + "*/"}, kerneltest.CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.WaitReply(ctx); err != nil {
		t.Fatal(err)
	}
	there := time.Since(began)
	began = time.Now()
	r, err := k.Execute(ctx, "import \"strings\"\ndisplay.Display(display.Data{Data: display.MIMEMap{\"text/plain\": strings.Repeat(\"y\", 24<<20)}})", kerneltest.ExecuteOptions{})
	if err != nil || r.Status != "ok" {
		t.Fatalf("%+v %v", r.EValue, err)
	}
	largest := 0
	for _, m := range r.IOPub {
		largest = max(largest, len(m.Content))
	}
	t.Logf("24 MB: to the kernel and answered in %v, from a cell to the client in %v", there.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if largest < size {
		t.Errorf("the largest message has %d bytes", largest)
	}
}

// TestHugeRequest sends cells that are larger than the kernel reads. Each is refused with its size and the limit, while the kernel
// holds it once at most; then it holds nothing of it, and goes on.
func TestHugeRequest(t *testing.T) {
	k := calm(t)
	ctx := within(t, 5*time.Minute)
	value(t, k, "1") // who has proved nothing yet may send less
	size := 96 << 20
	if os.Getenv("FULL") != "" {
		size = 300 << 20
	}
	before := status(t, k.Pid(), "VmRSS")
	for range 2 {
		r, err := k.Execute(ctx, "/*"+strings.Repeat("x", size)+"*/", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("has %d MB, and the kernel reads at most 32 MB", size>>20); r.Status != "error" || !strings.Contains(r.EValue, want) {
			t.Errorf("%s: %s", r.Status, r.EValue)
		}
		if got := value(t, k, "6 * 7"); got != 42 {
			t.Errorf("the next cell gives %v", got)
		}
	}
	for now := int64(0); ; time.Sleep(50 * time.Millisecond) {
		if now = status(t, k.Pid(), "VmRSS"); now < before+int64(size)/4 {
			t.Logf("%d MB took %d MB at most, and %d MB afterwards", size>>20, (status(t, k.Pid(), "VmHWM")-before)>>20, (now-before)>>20)
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("the kernel keeps %d MB", (now-before)>>20)
		}
	}
	if most := status(t, k.Pid(), "VmHWM") - before; most > 3*int64(size) {
		t.Errorf("a request of %d MB took %d MB", size>>20, most>>20)
	}
}

// status is an amount of memory in the status of a process, in bytes.
func status(t *testing.T, pid int, name string) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "\n"+name+":")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// TestNothingToWorkWith starts kernels where something is missing. Each serves, and its first cell says what to do.
func TestNothingToWorkWith(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, cure string
		env        []string
	}{
		{"no go command", "Install Go", []string{"PATH=/nonexistent", "INTERLEAVE_GO=/nonexistent/go"}},
		{"no C compiler", "apt-get install gcc", []string{"PATH=" + goAlone(t), "CC=gcc"}},
		{"go's cache not writable", "(GOCACHE for Go's own cache)", []string{"GOCACHE=/dev/null/cache"}},
		{"cache not writable", "set XDG_CACHE_HOME", []string{"XDG_CACHE_HOME=/dev/null/cache", "GOCACHE=" + home + "/.cache/go-build"}},
		{"home not writable", "set XDG_CACHE_HOME", []string{"HOME=/dev/null/home", "XDG_CACHE_HOME=", "GOCACHE=", "GOPATH="}},
		{"disk full", "Make room there", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			argv := []string{self, "serve", "{connection_file}"}
			if c.name == "disk full" { // a file system of its own, which needs no privilege in a user namespace of its own
				full := t.TempDir()
				argv = append([]string{"unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"`, full}, argv...)
				c.env = []string{"XDG_CACHE_HOME=" + full, "GOCACHE=" + home + "/.cache/go-build"}
			}
			k := kerneltest.StartT(t, kerneltest.Spec{Argv: argv, Env: append(c.env, "INTERLEAVE_LINK=thin")})
			r, err := k.Execute(within(t, 2*time.Minute), "1 + 1", kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %s", r.EName, r.EValue)
			if r.Status != "error" || !strings.Contains(r.EValue, c.cure) {
				t.Errorf("%s %s: %s", r.Status, r.EName, r.EValue)
			}
			if _, err := k.Request(within(t, time.Minute), wire.Shell, "kernel_info_request", nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDiskFills fills the disk of the cache while the kernel runs: a cell that cannot be compiled says what to do, and
// runs when that is done, with all variables.
func TestDiskFills(t *testing.T) { onBothWays(t, diskFills) }

func diskFills(t *testing.T, mode string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	// A file system of its own for what is written to the cache, above the cache there is, in a user namespace.
	dir, link := t.TempDir(), filepath.Join(cache, "interleave", "link")
	mount := `mount -t tmpfs -o size=64m tmpfs "$0" && mkdir "$0/upper" "$0/work" && link=$1 && shift &&
mount -t overlay overlay -o "lowerdir=$link,upperdir=$0/upper,workdir=$0/work" "$link" && exec "$@"`
	k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{"unshare", "-rm", "sh", "-c", mount, dir, link, self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_LINK=" + mode}})
	ctx := within(t, 3*time.Minute)
	filler := filepath.Join(dir, "filler")
	execute(t, k, "kept := 21")
	for _, code := range []string{"kept * 3", "%%program\nprintln(4)", "%%test\nimport \"testing\"\nfunc TestFull(t *testing.T) {}", "%time kept * 5"} {
		if r, err := k.Execute(ctx, "!cat /dev/zero > "+filler, kerneltest.ExecuteOptions{}); err != nil || !strings.Contains(kerneltest.Text(r, kerneltest.TextOptions{}), "No space left") {
			t.Fatalf("the disk is not full: %s, %v", kerneltest.Text(r, kerneltest.TextOptions{}), err)
		}
		r, err := k.Execute(ctx, code, kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%q: %s: %s", code, r.EName, r.EValue)
		if r.Status != "error" || !strings.Contains(r.EValue, "Make room there") || strings.Contains(r.EValue, "defect") {
			t.Errorf("%q: %s", code, kerneltest.Text(r, kerneltest.TextOptions{}))
		}
		execute(t, k, "!rm "+filler)
		execute(t, k, code)
	}
	if got := value(t, k, "kept * 2"); got != 42 {
		t.Errorf("a variable gives %v", got)
	}
}

// goAlone is a folder for PATH that holds the go command and nothing else.
func goAlone(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), fmt.Appendf(nil, "#!/bin/sh\nexec '%s' \"$@\"\n", path), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestNoNetwork imports what no cache holds where nothing can be fetched: the cell is refused at once, with a cure,
// and what is there goes on working.
func TestNoNetwork(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	onBothWays(t, func(t *testing.T, mode string) {
		k := kerneltest.StartT(t, kerneltest.Spec{Argv: []string{self, "serve", "{connection_file}"}, Env: []string{"INTERLEAVE_LINK=" + mode,
			"GOPROXY=", "GOSUMDB=off", "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "GOFLAGS="}})
		for code, want := range map[string]string{
			"import \"example.com/nowhere\"\nnowhere.F()":                         "example.com/nowhere",
			"%get example.com/nowhere@v1.0.0":                                     "The module proxy cannot be reached",
			"%get example.com/elsewhere":                                          "run the cell again",
			"import \"gonum.org/v1/gonum/stat\"\nstat.Mean([]float64{1, 3}, nil)": "",
		} {
			r, err := k.Execute(within(t, 2*time.Minute), code, kerneltest.ExecuteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%q: %s %s", code, r.Status, r.EValue)
			if (want == "") != (r.Status == "ok") || !strings.Contains(r.EValue, want) {
				t.Errorf("%q: %s %s, want %q", code, r.Status, r.EValue, want)
			}
		}
	})
}
