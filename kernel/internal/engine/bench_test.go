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

// Benchmarks measure what a reader waits for: from execute_request to idle, over real sockets. Each gives the
// median; where the issue asks for a ratio, the reference is measured in the same run, in turn.

// execute runs a cell that must succeed and returns how long it took.
func execute(b testing.TB, k *kerneltest.Kernel, code string) time.Duration {
	b.Helper()
	from := time.Now()
	r, err := k.Execute(b.Context(), code, kerneltest.ExecuteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(from)
	if text := kerneltest.Text(r, kerneltest.TextOptions{}); strings.Contains(text, "error: ") {
		b.Fatalf("%s\n%s", code, text)
	}
	return took
}

// goBuild builds source as a program with the go command, warm, and returns how long it took.
func goBuild(b testing.TB, source string) time.Duration {
	b.Helper()
	dir, err := os.MkdirTemp(".", "bench-program-") // in this module, for its dependencies
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		b.Fatal(err)
	}
	from := time.Now()
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(dir, "program"), "./"+filepath.Base(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return time.Since(from)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

const plotCell = `import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)
p := plot.New()
p.Title.Text = "variant %d"
line, _ := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}, {X: 5, Y: %d}})
p.Add(line)
`

const plotProgram = `package main
import (
	"bytes"
	"fmt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)
func main() {
	p := plot.New()
	p.Title.Text = "variant %d"
	line, _ := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}, {X: 5, Y: %d}})
	p.Add(line)
	w, _ := p.WriterTo(400, 300, "png")
	var b bytes.Buffer
	w.WriteTo(&b)
	fmt.Println(b.Len())
}
`

// BenchmarkCell compares new cells with go build of the same code as a program, on both ways to link.
func BenchmarkCell(b *testing.B) {
	seed := int(time.Now().UnixNano() % 1e9)
	for _, mode := range []string{"thin", "thick"} {
		for _, c := range []struct{ name, cell, program string }{
			{"small", "fmt.Println(%d + %d)", "package main\nimport \"fmt\"\nfunc main() { fmt.Println(%d + %d) }\n"},
			{"plot", plotCell + "p", plotProgram},
		} {
			b.Run(mode+"/"+c.name, func(b *testing.B) {
				prepare(b, mode)
				k := start(mode)(b)
				execute(b, k, "1")
				var cells, builds []time.Duration
				for range b.N {
					seed++
					if len(cells) == 0 { // the first of each kind warms up
						execute(b, k, fmt.Sprintf(c.cell, seed, seed%100))
						goBuild(b, fmt.Sprintf(c.program, seed, seed%100))
						seed++
					}
					cells = append(cells, execute(b, k, fmt.Sprintf(c.cell, seed, seed%100)))
					builds = append(builds, goBuild(b, fmt.Sprintf(c.program, seed, seed%100)))
				}
				cell, build := median(cells), median(builds)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(milliseconds(cell), "cell-ms")
				b.ReportMetric(milliseconds(build), "gobuild-ms")
				b.ReportMetric(float64(cell)/float64(build), "ratio")
			})
		}
	}
}

// BenchmarkAfterPlot is a small cell after cells that used gonum/plot.
func BenchmarkAfterPlot(b *testing.B) {
	prepare(b, "thin")
	seed := int(time.Now().UnixNano() % 1e9)
	small := func(k *kerneltest.Kernel) time.Duration {
		seed++
		return execute(b, k, fmt.Sprintf("fmt.Println(%d)", seed))
	}
	plain, plotted := start("thin")(b), start("thin")(b)
	for i := range 5 {
		execute(b, plotted, fmt.Sprintf(plotCell+"p", seed+i, i))
	}
	small(plain)
	small(plotted)
	var before, after []time.Duration
	for range b.N {
		before = append(before, small(plain))
		after = append(after, small(plotted))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(before)), "fresh-ms")
	b.ReportMetric(milliseconds(median(after)), "after-plot-ms")
	b.ReportMetric(float64(median(after))/float64(median(before)), "ratio")
}

// BenchmarkRerun is an unchanged cell run again.
func BenchmarkRerun(b *testing.B) {
	prepare(b, "thin")
	k := start("thin")(b)
	execute(b, k, "x := 1\nfmt.Println(x)")
	var list []time.Duration
	for range b.N {
		list = append(list, execute(b, k, "x := 1\nfmt.Println(x)"))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(list)), "ms")
}

// BenchmarkRestart is restart and run all on an unchanged notebook of twenty cells, per cell.
func BenchmarkRestart(b *testing.B) {
	prepare(b, "thin")
	k := start("thin")(b)
	cells := []string{"type T struct{ n int }\nfunc (t *T) inc() int { t.n++; return t.n }\nt := &T{}"}
	for i := range 19 {
		cells = append(cells, fmt.Sprintf("v%d := t.inc() * %d\nfmt.Println(v%d)", i, i, i))
	}
	for _, c := range cells {
		execute(b, k, c)
	}
	var list []time.Duration
	for range b.N {
		from := time.Now()
		if err := k.Restart(b.Context()); err != nil {
			b.Fatal(err)
		}
		restarted := time.Since(from)
		for _, c := range cells {
			execute(b, k, c)
		}
		list = append(list, time.Since(from))
		_ = restarted
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(list))/float64(len(cells)), "ms/cell")
}

// BenchmarkStart is the time from starting the process to kernel_info, and to the first result.
func BenchmarkStart(b *testing.B) {
	prepare(b, "thin")
	var info, first []time.Duration
	for range b.N {
		from := time.Now()
		k := start("thin")(b)
		info = append(info, time.Since(from))
		execute(b, k, "1 + 1")
		first = append(first, time.Since(from))
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		k.Stop(ctx)
		cancel()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(median(info)), "kernel_info-ms")
	b.ReportMetric(milliseconds(median(first)), "first-result-ms")
}

// value runs a cell and returns the number it shows.
func value(b testing.TB, k *kerneltest.Kernel, code string) float64 {
	b.Helper()
	r, err := k.Execute(b.Context(), code, kerneltest.ExecuteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	text := kerneltest.Text(r, kerneltest.TextOptions{})
	_, number, _ := strings.Cut(text, "result: ")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		b.Fatalf("%s\n%s", code, text)
	}
	return f
}

// BenchmarkTopLevelLoop is a hot loop over the cell's own variables at top level against the same in a function.
func BenchmarkTopLevelLoop(b *testing.B) {
	prepare(b, "thin")
	k := start("thin")(b)
	top := `start := time.Now()
sum, x := 0, uint64(%d)
for i := 0; i < 300_000_000; i++ {
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	sum += int(x & 7)
}
_ = sum
time.Since(start).Seconds()`
	fn := `func hot() float64 {
	start := time.Now()
	sum, x := 0, uint64(%d)
	for i := 0; i < 300_000_000; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		sum += int(x & 7)
	}
	if sum == 1 { println(sum) }
	return time.Since(start).Seconds()
}
hot()`
	var a, f []float64
	for i := range b.N {
		a = append(a, value(b, k, fmt.Sprintf(top, i+1)))
		f = append(f, value(b, k, fmt.Sprintf(fn, i+1)))
	}
	slices.Sort(a)
	slices.Sort(f)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(a[len(a)/2]*1000, "top-ms")
	b.ReportMetric(f[len(f)/2]*1000, "function-ms")
	b.ReportMetric(a[len(a)/2]/f[len(f)/2], "ratio")
}
