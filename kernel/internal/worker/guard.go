package worker

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"interleave/kernel/internal/worker/frame"
)

// The guard's own descriptors, after its 0 to 2 and the worker's six.
const (
	guardWorkerFDs = 3 // to 8: the worker's 0 to 5
	guardLeashFD   = 9 // at its end when the kernel is gone or wants an end
	guardReportFD  = 10
)

// guardReport is what the guard tells the kernel, three times: who the worker is, how it ended, and, when the
// guard is about to end too, what it had to leave.
type guardReport struct {
	PID    int    `json:"pid,omitempty"`
	Error  string `json:"error,omitempty"` // the worker could not be started
	Ended  bool   `json:"ended,omitempty"`
	Status uint32 `json:"status,omitempty"` // as wait(2) gives it
	Left   int    `json:"left,omitempty"`   // descendants that could not be killed
}

// GuardMain is the main function of a guard: args are what follows Config.Guard on its command line, and the
// result is for os.Exit. It starts the worker, adopts every process below it whose parent ends, and when
// either the worker ends or the kernel lets go of the leash it kills them all.
func GuardMain(args []string) int {
	// The worker is killed with the thread that started it (Pdeathsig), so this one must live on.
	runtime.LockOSThread()
	files := make([]uintptr, guardLeashFD-guardWorkerFDs)
	for i := range files {
		files[i] = given(guardWorkerFDs + i)
	}
	for fd := guardWorkerFDs; fd <= guardReportFD; fd++ {
		unix.CloseOnExec(fd)
	}
	reports := os.NewFile(guardReportFD, "reports")
	report := func(r guardReport) {
		if b, err := frame.Marshal(r); err == nil {
			reports.Write(b) // without a kernel there is nobody to tell
		}
	}
	pid, err := startWorker(args, files)
	if err != nil {
		report(guardReport{Error: err.Error()})
		return 1
	}
	report(guardReport{PID: pid})
	g := &guard{worker: pid}
	go g.followLeash()
	status, err := g.reap()
	if err != nil {
		report(guardReport{Error: err.Error()})
		return 1
	}
	report(guardReport{Ended: true, Status: uint32(status)})
	report(guardReport{Left: g.killAll()})
	return 0
}

// given is a descriptor as the worker is to have it, -1 when the kernel has left it out. One that is closed in
// children is the runtime's own.
func given(fd int) uintptr {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 {
		return ^uintptr(0)
	}
	return uintptr(fd)
}

func startWorker(args []string, files []uintptr) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("guard: no worker to start")
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("guard: become subreaper: %w", err)
	}
	pid, err := syscall.ForkExec(args[0], args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	for _, fd := range files {
		unix.Close(int(fd)) // or the kernel would never see the end of its pipes
	}
	// When memory runs out, the system should choose the worker, not Jupyter. Raising needs no privilege.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte(workerOOM), 0)
	return pid, nil
}

type guard struct {
	worker int

	mu     sync.Mutex // held while a pid is reaped, so that no freed pid is signalled
	reaped bool       // the worker is
}

// followLeash kills the worker when the kernel lets go, or when somebody asks this process to end.
func (g *guard) followLeash() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	let := make(chan struct{})
	go func() {
		defer close(let)
		b := make([]byte, 1)
		for {
			n, err := unix.Read(guardLeashFD, b)
			if n == 0 && err == nil || err != nil && err != unix.EINTR {
				return
			}
		}
	}()
	select {
	case <-asked:
	case <-let:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reaped {
		unix.Kill(g.worker, unix.SIGKILL)
	}
}

// reap collects every child that ends, adopted ones too, until it is the worker.
func (g *guard) reap() (syscall.WaitStatus, error) {
	for {
		// Look first, reap under the lock.
		var info unix.Siginfo
		if err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOWAIT, nil); err == unix.EINTR {
			continue
		} else if err != nil {
			return 0, fmt.Errorf("guard: wait: %w", err)
		}
		g.mu.Lock()
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		ended := err == nil && pid == g.worker
		if ended {
			g.reaped = true
		}
		g.mu.Unlock()
		if ended {
			return status, nil
		}
	}
}

// killAll kills and reaps descendants until none is left and returns how many it had to leave, which happens
// to processes of another user. Whatever ended its session or forked twice is here too: an orphan's new
// parent is its nearest subreaper.
func (g *guard) killAll() int {
	for deadline := time.Now().Add(2500 * time.Millisecond); ; {
		// Stop them all before killing any, so that none can fork behind our back.
		stopped := map[int]bool{}
		for found := true; found; {
			found = false
			for _, pid := range descendants(os.Getpid()) {
				if !stopped[pid] {
					stopped[pid], found = true, true
					unix.Kill(pid, unix.SIGSTOP)
				}
			}
		}
		for pid := range stopped {
			unix.Kill(pid, unix.SIGKILL)
		}
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if err == syscall.ECHILD {
				return 0
			}
			if pid <= 0 && err != syscall.EINTR {
				break
			}
		}
		if time.Now().After(deadline) {
			return len(descendants(os.Getpid()))
		}
		time.Sleep(time.Millisecond) // killed processes take a moment to become zombies
	}
}

// descendants returns the processes below root, root not among them.
func descendants(root int) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	children := map[int][]int{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil {
			children[s.parent] = append(children[s.parent], pid)
		}
	}
	var all []int
	for next := children[root]; len(next) > 0; {
		pid := next[0]
		all = append(all, pid)
		next = append(next[1:], children[pid]...)
	}
	return all
}
