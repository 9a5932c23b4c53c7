package link

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// timerSource opens plugins and prints what each took, and the memory of the process.
const timerSource = `package main

import (
	"fmt"
	"os"
	"plugin"
	"strings"
	"time"
)

func main() {
	var first, all time.Duration
	for i, path := range os.Args[1:] {
		t := time.Now()
		p, err := plugin.Open(path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		f, err := p.Lookup("Run")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		took := time.Since(t)
		if i == 0 {
			first = took
		}
		all += took
		f.(func())()
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") {
			fmt.Println("RSS", strings.Fields(line)[1])
		}
	}
	fmt.Println("LOAD", first.Seconds()*1000, all.Seconds()*1000/float64(len(os.Args)-1))
}
`

// BenchmarkLoad loads a session's worth of plugins into one process.
func BenchmarkLoad(b *testing.B) {
	w := open(b, Options{Mode: Thin})
	dir := b.TempDir()
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte(timerSource), 0o644); err != nil {
		b.Fatal(err)
	}
	s := &site{w: w.shop, mode: w.mode, dir: dir, lib: w.base.dir}
	for _, p := range w.base.sorted {
		s.add(p.ImportPath, p.export)
	}
	if err := s.program(b.Context(), "timer", []string{src}); err != nil {
		b.Fatal(err)
	}
	var paths []string
	for range 100 {
		paths = append(paths, build(b, w, smallCell, smallImports...))
	}
	var first, mean, memory []float64
	for b.Loop() {
		one, _, rss1 := load(b, filepath.Join(dir, "timer"), paths[:1])
		_, each, rss := load(b, filepath.Join(dir, "timer"), paths)
		first, mean, memory = append(first, one), append(mean, each), append(memory, float64(rss-rss1)/float64(len(paths)-1))
	}
	for name, v := range map[string][]float64{"first-ms": first, "mean-ms": mean, "KiB/plugin": memory} {
		slices.Sort(v)
		b.ReportMetric(v[len(v)/2], name)
	}
}

// load runs the timer: what the first plugin took and all on average, in ms, and the memory in KiB.
func load(b *testing.B, timer string, plugins []string) (first, mean float64, rss int) {
	b.Helper()
	out, err := exec.Command(timer, plugins...).CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	i := strings.Index(string(out), "RSS")
	if _, err := fmt.Sscanf(string(out)[max(0, i):], "RSS %d\nLOAD %f %f", &rss, &first, &mean); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return first, mean, rss
}
