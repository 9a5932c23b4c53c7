package link

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	var first, last, all time.Duration
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
		last = time.Since(t)
		if i == 0 {
			first = last
		}
		all += last
		f.(func())()
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") {
			fmt.Println("RSS", strings.Fields(line)[1])
		}
	}
	fmt.Println("LOAD", first, last, all/time.Duration(max(1, len(os.Args)-1)))
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
	for b.Loop() {
		for _, n := range []int{0, 1, 100} {
			out, err := exec.Command(filepath.Join(dir, "timer"), paths[:n]...).CombinedOutput()
			if err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			i := strings.Index(string(out), "RSS")
			fmt.Println(n, string(out)[i:])
		}
	}
}
