package engine_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
)

// BenchmarkIdleMemory starts kernels that run one cell each and then do nothing, and prints the memory they use together,
// by kind of process. Shared pages are counted once (PSS).
//
//	IDLE_KERNELS=30 IDLE_QUESTION=1 IDLE_WAIT=1m go test ./kernel/internal/engine -run XXX -bench IdleMemory -benchtime 1x -v
//
// IDLE_KERNELS is how many (3 when it is not set). IDLE_QUESTION also asks each for a completion until gopls answers. IDLE_WAIT
// is how long they do nothing before the measurement (2s when it is not set).
func BenchmarkIdleMemory(b *testing.B) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("IDLE_KERNELS"), "3"))
	if err != nil {
		b.Fatal(err)
	}
	wait, err := time.ParseDuration(cmp.Or(os.Getenv("IDLE_WAIT"), "2s"))
	if err != nil {
		b.Fatal(err)
	}
	prepare(b, "")
	buildGopls(b)
	for b.Loop() {
		var kernels []*kerneltest.Kernel
		for range n {
			k := start("")(b)
			if _, err := k.Execute(b.Context(), "x := 1\nfmt.Println(x)", kerneltest.ExecuteOptions{}); err != nil {
				b.Fatal(err)
			}
			if os.Getenv("IDLE_QUESTION") != "" {
				awaitGopls(b, k)
			}
			kernels = append(kernels, k)
		}
		time.Sleep(wait)
		var pids []int
		for _, k := range kernels {
			pids = append(pids, k.Pid())
		}
		use := memoryByKind(b, pids)
		var all float64
		for kind, mb := range use {
			b.ReportMetric(mb/float64(n), kind+"-MB/kernel")
			all += mb
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(all, "MB")
		b.ReportMetric(all/float64(n), "MB/kernel")
		for _, k := range kernels {
			k.Stop(b.Context())
		}
	}
}

// memoryByKind adds up the PSS of processes and all below them, in MB, by the name of their part.
func memoryByKind(t testing.TB, roots []int) map[string]float64 {
	t.Helper()
	parents := map[int]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		var state string
		var parent int
		_, rest, _ := strings.Cut(string(text), ") ")
		fmt.Sscan(rest, &state, &parent)
		parents[pid] = parent
	}
	ours := func(pid int) bool {
		for ; pid > 1; pid = parents[pid] {
			if slices.Contains(roots, pid) {
				return true
			}
		}
		return false
	}
	use := map[string]float64{}
	for pid := range parents {
		if !ours(pid) {
			continue
		}
		if kib, ok := proportional(pid); ok {
			use[kindOf(pid, roots)] += float64(kib<<10) / 1e6
		}
	}
	return use
}

// proportional is the PSS of a process in KiB.
func proportional(pid int) (kib int64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Pss:"); found {
			fmt.Sscan(rest, &kib)
			return kib, true
		}
	}
	return 0, false
}

// kindOf says what a process is of a kernel.
func kindOf(pid int, kernels []int) string {
	command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	switch args := strings.Split(string(command), "\x00"); {
	case slices.Contains(kernels, pid):
		return "kernel"
	case strings.HasPrefix(filepath.Base(args[0]), "gopls"):
		return "gopls"
	case len(args) > 1 && args[1] == "guard":
		return "guard"
	default:
		return "worker"
	}
}
