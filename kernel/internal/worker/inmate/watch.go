package inmate

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"interleave/kernel/internal/stage"
	"interleave/kernel/internal/worker/frame"
)

// mostRecorded is the size at which an execution trace ends.
const mostRecorded = 32 << 20

// watched runs a cell under a recorder, which ends with the cell or its context, whatever comes first.
func watched(ctx context.Context, c frame.Command, cell func(), done *frame.Report[any]) {
	use := &frame.Usage{}
	stop, err := record(c.Watch, c.Name, use)
	if err != nil {
		use.Failed = err.Error()
		stop = func() {}
	}
	stop = sync.OnceFunc(stop)
	unhook := context.AfterFunc(ctx, func() { stop() }) // a function of this package: a timeline leaves its goroutine out
	if c.Repeat > 0 {
		cell() // for nothing: caches, pools and the heap's size settle
		runtime.GC()
		use.Samples = make([]time.Duration, 0, c.Repeat)
	}
	m := meter{use: use}
	unmeter := stage.OnShow(func() func() { // which goes to the kernel and back
		m.stop()
		return m.start
	})
	m.start()
	defer func() {
		m.stop()
		unmeter() // unless a later cell's meter has taken the place of an interrupted one's
		unhook()
		stop()
		done.Usage = use
	}()
	if c.Watch == "trace" {
		trace.Log(ctx, "interleave", "begin")
		defer trace.Log(ctx, "interleave", "end")
	}
	if c.Repeat == 0 {
		cell()
		return
	}
	for range c.Repeat {
		if ctx.Err() != nil {
			return
		}
		began := time.Now()
		cell()
		use.Samples = append(use.Samples, time.Since(began))
	}
}

// record starts a recorder; stop ends it and completes the file, which has another name until then.
func record(what, name string, use *frame.Usage) (stop func(), err error) {
	if what == frame.WatchUsage {
		return func() {}, nil
	}
	file, err := os.Create(name + ".part")
	if err != nil {
		return nil, err
	}
	complete := func(err error) {
		if err2 := file.Close(); err == nil {
			err = err2
		}
		if err == nil {
			err = os.Rename(name+".part", name)
		}
		if err != nil {
			use.Failed = err.Error()
		}
	}
	switch what {
	case "trace":
		out := &limited{file: file}
		if err := trace.Start(out); err != nil {
			file.Close()
			return nil, err
		}
		return func() {
			trace.Stop()
			use.Cut = out.cut.Load()
			complete(nil)
		}, nil
	case "cpu":
		if err := pprof.StartCPUProfile(file); err != nil {
			file.Close()
			return nil, err
		}
		return func() { pprof.StopCPUProfile(); complete(nil) }, nil
	case "goroutine":
		return func() { complete(pprof.Lookup(what).WriteTo(file, 0)) }, nil
	}
	restore := sample(what)
	if err := snapshot(what, name+".before"); err != nil {
		restore()
		file.Close()
		return nil, err
	}
	return func() {
		if what == "heap" {
			runtime.GC() // publishes what was allocated since the last one
		}
		err := pprof.Lookup(lookup(what)).WriteTo(file, 0)
		restore()
		complete(err)
	}, nil
}

// sample makes a profile that samples take every event, until restore.
func sample(what string) (restore func()) {
	switch what {
	case "mutex":
		old := runtime.SetMutexProfileFraction(1)
		return func() { runtime.SetMutexProfileFraction(old) }
	case "block":
		runtime.SetBlockProfileRate(1)
		return func() { runtime.SetBlockProfileRate(0) }
	}
	old := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	runtime.GC()
	return func() { runtime.MemProfileRate = old }
}

// lookup is runtime/pprof's name: its heap profile is for what lives, allocs for what was made.
func lookup(what string) string {
	if what == "heap" {
		return "allocs"
	}
	return what
}

// snapshot writes a profile as it stands.
func snapshot(what, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return pprof.Lookup(lookup(what)).WriteTo(f, 0)
}

// limited ends the trace when it has become too large; what is buffered by then is still written, so that the
// trace can be read.
type limited struct {
	file *os.File
	n    int
	cut  atomic.Bool
}

func (l *limited) Write(b []byte) (int, error) {
	if l.n += len(b); l.n > mostRecorded && !l.cut.Swap(true) {
		go trace.Stop() // it waits for this writer
	}
	return l.file.Write(b)
}

// meter adds to use what passes from start to stop, less the reading of the counters.
type meter struct {
	use   *frame.Usage
	from  frame.Usage
	began time.Time
}

func (m *meter) start() {
	m.from = measure()
	m.from.CPU = processorTime()
	m.began = time.Now()
}

func (m *meter) stop() {
	wall, cpu, now := time.Since(m.began), processorTime(), measure()
	m.use.Wall += wall
	m.use.CPU += cpu - m.from.CPU
	m.use.Bytes += now.Bytes - m.from.Bytes
	m.use.Objects += now.Objects - m.from.Objects
	m.use.GCs += now.GCs - m.from.GCs
}

// measure reads the counters of the process.
func measure() (u frame.Usage) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m) // stops the world, and counts what the processors still have to report
	u.Bytes, u.Objects, u.GCs = m.TotalAlloc, m.Mallocs, uint64(m.NumGC)
	return u
}

// processorTime is what the process has computed so far. Getrusage counts in ticks of 10 ms on some machines.
func processorTime() time.Duration {
	const processClock = 2 // CLOCK_PROCESS_CPUTIME_ID
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processClock, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
