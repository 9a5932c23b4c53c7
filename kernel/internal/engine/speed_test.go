package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// workloads are bodies of functions that do a fixed amount of work.
var workloads = []struct{ name, decls, body string }{
	{"arithmetic", "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }", "sink = fib(36)"},
	{"matrix", "", `const n = 300
	a, b, c := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i := range a { a[i], b[i] = float64(i), float64(i%7) }
	for i := 0; i < n; i++ { for j := 0; j < n; j++ { s := 0.0; for k := 0; k < n; k++ { s += a[i*n+k] * b[k*n+j] }; c[i*n+j] = s } }
	sink = int(c[5])`},
	{"channels", "", `ch, back := make(chan int), make(chan int)
	go func() { for v := range ch { back <- v + 1 }; close(back) }()
	for i := 0; i < 300000; i++ { ch <- i; sink = <-back }
	close(ch)`},
	{"locks", "", `var mu sync.Mutex
	for i := 0; i < 20000000; i++ { mu.Lock(); sink++; mu.Unlock() }`},
	{"maps", "", `m := map[int]int{}
	for i := 0; i < 3000000; i++ { m[i*7%100003] += i }
	sink = len(m)`},
	{"fmt", "", `for i := 0; i < 1000000; i++ { sink += len(fmt.Sprintf("%d %s", i, "abc")) }`},
	{"allocations", "type node struct{ l, r *node }\nfunc tree(d int) *node { if d == 0 { return &node{} }; return &node{tree(d-1), tree(d-1)} }",
		`for range 30 { if tree(15) == nil { sink++ } }`},
}

// BenchmarkSpeed runs code in a cell and the same code as a program, in turn, and reports the ratio of medians.
func BenchmarkSpeed(b *testing.B) {
	prepare(b, "thin")
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			code := w.decls + "\nvar sink int\nfunc work() float64 {\n\tstart := time.Now()\n\t" + w.body + "\n\treturn time.Since(start).Seconds()\n}\n"
			dir := b.TempDir()
			program := filepath.Join(dir, "program")
			src := "package main\nimport (\n\"fmt\"\n\"sync\"\n\"time\"\n)\nvar _ sync.Mutex\n" + code + "func main() { fmt.Println(work()) }\n"
			if err := os.WriteFile(program+".go", []byte(src), 0o600); err != nil {
				b.Fatal(err)
			}
			if out, err := exec.Command("go", "build", "-o", program, program+".go").CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			k := start("thin")(b)
			execute(b, k, code)
			value(b, k, "work()")
			var cell, run []float64
			for range b.N {
				cell = append(cell, value(b, k, "work()"))
				out, err := exec.Command(program).Output()
				if err != nil {
					b.Fatal(err)
				}
				f, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
				if err != nil {
					b.Fatal(err)
				}
				run = append(run, f)
			}
			slices.Sort(cell)
			slices.Sort(run)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(cell[len(cell)/2]*1000, "cell-ms")
			b.ReportMetric(run[len(run)/2]*1000, "program-ms")
			b.ReportMetric(cell[len(cell)/2]/run[len(run)/2], "ratio")
			b.ReportMetric(cell[0]/run[0], "ratio-of-best")
		})
	}
}

// BenchmarkStdout is 200 MB of text from one cell.
func BenchmarkStdout(b *testing.B) {
	prepare(b, "thin")
	k := start("thin")(b)
	var list []time.Duration
	for i := range b.N {
		list = append(list, execute(b, k, fmt.Sprintf("line := strings.Repeat(\"x\", 99) + \"\\n\"\nfor i := range 2_000_000 + 0*%d {\n\t_ = i\n\tos.Stdout.WriteString(line)\n}", i)))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(list)), "ms")
	b.ReportMetric(rss(b, k.Pid()), "kernel-MB")
}

// rss is the resident memory of a process in MB.
func rss(b testing.TB, pid int) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages) * float64(os.Getpagesize()) / 1e6
}

// workerPid asks the worker.
func workerPid(b testing.TB, k *kerneltest.Kernel) int {
	b.Helper()
	return int(value(b, k, "os.Getpid()"))
}

// TestSoak runs 300 different cells in one session and looks at memory: growth per further cell stays small. A thick
// plugin holds all it reaches, so there are fewer of those and they may weigh more.
func TestSoak(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		if mode == "thin" {
			soak(t, mode, 300, 0.5)
		} else {
			soak(t, mode, 60, 8)
		}
	})
}

func soak(t *testing.T, mode string, cells int, mostMB float64) {
	const declared = "type T struct{ n int }\nfunc (t *T) inc() int { t.n++; return t.n }\nt := &T{}\nvar keep []func() int"
	run := func(k *kerneltest.Kernel, i int) time.Duration {
		return execute(t, k, fmt.Sprintf("func f%d(x int) int { return x*%d + t.inc() }\nkeep = append(keep, func() int { return f%d(%d) })\nfmt.Println(f%d(1))", i, i, i, i, i))
	}
	k := start(mode)(t)
	execute(t, k, declared)
	part := cells / 6
	var at []float64
	var times []time.Duration
	for i := range cells {
		times = append(times, run(k, i))
		if (i+1)%part == 0 {
			execute(t, k, "runtime.GC()")
			at = append(at, rss(t, workerPid(t, k)))
		}
	}
	if sum := value(t, k, "total := 0\nfor _, f := range keep { total += f() }\nt.n"); sum != float64(2*cells) {
		t.Errorf("t.n = %v after %d cells and as many closures", sum, cells)
	}
	perCell := (at[len(at)-1] - at[0]) / float64(cells-part)
	first, last := median(slices.Clone(times[1:part])), median(slices.Clone(times[cells-part:]))
	t.Logf("worker: %.1f MB after %d cells, %.1f MB after %d, %.3f MB a cell; kernel %.1f MB; a cell took %v at first and %v at last, loading included",
		at[0], part, at[len(at)-1], cells, perCell, rss(t, k.Pid()), first, last)
	if perCell > mostMB {
		t.Errorf("%.2f MB a cell", perCell)
	}
	if last <= 3*first {
		return
	}
	// Others may have begun to use the machine: a new session has to do with them as well.
	fresh := start(mode)(t)
	execute(t, fresh, declared)
	var old, young []time.Duration
	for i := range part {
		old, young = append(old, run(k, cells+i)), append(young, run(fresh, 2*cells+i))
	}
	if o, y := median(old), median(young); o > 3*y {
		t.Errorf("cells took %v at first, %v at last, and then %v while those of a new session took %v", first, last, o, y)
	}
}

// TestNoMessageLost has a healthy reader count display messages.
func TestNoMessageLost(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) { countMessages(t, start(mode)(t), 50_000) })
}

// BenchmarkMessages counts a million.
func BenchmarkMessages(b *testing.B) {
	prepare(b, "thin")
	k := start("thin")(b)
	for range b.N {
		countMessages(b, k, 1_000_000)
	}
}

func countMessages(t testing.TB, k *kerneltest.Kernel, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	from := time.Now()
	r, err := k.Execute(ctx, fmt.Sprintf("for range %d {\n\tdisplay.Display(display.MIME(display.MIMEMap{\"text/plain\": \"x\"}, nil))\n}", n), kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, m := range r.IOPub {
		if m.Header.MsgType == "display_data" {
			got++
		}
	}
	t.Logf("%d of %d messages in %v", got, n, time.Since(from))
	if got != n {
		t.Errorf("%d of %d messages arrived", got, n)
	}
}
