package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"interleave/kernel/internal/link"
	"interleave/kernel/internal/worker"
)

// Whatever is short, forbidden or gone around the kernel is named with its cure, and called no defect of the kernel.
func TestCures(t *testing.T) {
	e := &Cells{Log: slog.New(slog.DiscardHandler)}
	wrapped := func(errno syscall.Errno) error {
		return fmt.Errorf("compile unit: %w", &fs.PathError{Op: "open", Path: "/cache/unit", Err: errno})
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{wrapped(syscall.ENOSPC), "Make room there"},
		{wrapped(syscall.EDQUOT), "Make room there"},
		{errors.New("link: write /cache/plugin.so: no space left on device"), "Make room there"},
		{errors.New("ld: final link failed: No space left on device"), "Make room there"},
		{wrapped(syscall.EFBIG), "ulimit -f"},
		{errors.New("compile unit: signal: file size limit exceeded"), "ulimit -f"},
		{errors.New("compile unit: signal: CPU time limit exceeded"), "ulimit -t"},
		{wrapped(syscall.EMFILE), "ulimit -n"},
		{fmt.Errorf("start worker: %w", wrapped(syscall.EMFILE)), "ulimit -n"},
		{wrapped(syscall.ENFILE), "All programs of this machine"},
		{wrapped(syscall.ENOMEM), "not enough memory"},
		{errors.New("compile unit: signal: killed"), "not enough memory"},
		{errors.New("compile: fatal error: runtime: cannot allocate memory\n\ngoroutine 1"), "not enough memory"},
		{errors.New("ld: out of memory allocating 4096 bytes"), "not enough memory"},
		{fmt.Errorf("fork/exec /go/compile: %w", syscall.EAGAIN), "ulimit -u"},
		{errors.New("runtime/cgo: pthread_create failed: Resource temporarily unavailable"), "ulimit -u"},
		{errors.New("runtime: failed to create new OS thread (have 2 already; errno=11)"), "ulimit -u"},
		{wrapped(syscall.EACCES), "Make that folder writable"},
		{wrapped(syscall.EROFS), "Make that folder writable"},
		{&fs.PathError{Op: "fork/exec", Path: "/cache/extld", Err: syscall.EACCES}, "noexec"},
		{errors.New("start worker: start /cache/base/0/worker: permission denied"), "noexec"},
		{&worker.LoadError{Text: "plugin.Open: failed to map segment from shared object: Operation not permitted"}, "noexec"},
		{&fs.PathError{Op: "fork/exec", Path: "/cache/extld", Err: syscall.ENOENT}, "restart the kernel"},
		{&fs.PathError{Op: "fork/exec", Path: "/go/compile", Err: syscall.ENOEXEC}, "another kind of machine"},
		{wrapped(syscall.ENOENT), "restart the kernel"},
		{wrapped(syscall.EIO), "does not answer as it should"},
		{wrapped(syscall.ESTALE), "does not answer as it should"},
		{&worker.LoadError{Text: "plugin.Open(\"x\"): x: cannot open shared object file: Too many open files"}, "%reset, which loses the variables"},
		{&worker.LoadError{Text: "its packages panicked when they were initialised: not today"}, "Mend the package"},
		{fmt.Errorf("start worker: %w", &worker.Death{Reason: "it was killed from outside (signal 9, SIGKILL)"}), "Run the cell again"},
		{fmt.Errorf("start worker: %w", &worker.Death{Reason: "memory limit of 1 MiB reached", Excess: &worker.Excess{}}), "INTERLEAVE_MEMORY"},
		{fmt.Errorf("start worker: %w", &worker.Death{Reason: "it ended by signal 6", Stderr: []byte("pthread_create failed")}), "ulimit -u"},
		{&link.ToolchainError{Problem: "GOFLAGS has -race, and cells cannot be built with it", Cure: "Unset GOFLAGS"}, "Unset GOFLAGS"},
		{&link.PackageError{Text: "no required module provides package x"}, "no required module"},
	} {
		f := e.Internal(c.err)
		if !strings.Contains(f.Value, c.want) || strings.Contains(f.Value, "defect") || strings.Contains(f.Value, "\n") {
			t.Errorf("%v: %s", c.err, f.Value)
		}
		if f := e.Compiler(strings.Split(c.err.Error(), "\n")); Cure(errors.New(c.err.Error())) != "" && strings.Contains(f.Value, "defect") {
			t.Errorf("said by the compiler, %v: %s", c.err, f.Value)
		}
	}
	if f := e.Internal(errors.New("undefined symbol: nb.f")); !strings.Contains(f.Value, "a defect of the kernel") {
		t.Errorf("what is a defect is called %s", f.Value)
	}
}
