package faults

import (
	"errors"
	"slices"
	"strings"
	"syscall"

	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/worker"
)

// trouble is something that is wrong around the kernel, and what the user can do about it. The tools of the toolchain and the
// dynamic linker hand errors on as text, so it is known by its error number or by words.
type trouble struct {
	errnos []syscall.Errno
	words  []string // in lower case
	cure   string
}

// troubles are looked at in this order.
var troubles = []trouble{
	{[]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}, nil,
		"Make room there, or set XDG_CACHE_HOME in Jupyter's environment to a folder on a disk that has some (1 GB), and restart the kernel"},
	{[]syscall.Errno{syscall.EFBIG}, []string{"file size limit exceeded"},
		"The size of files is limited: raise the limit (ulimit -f) where Jupyter is started, and restart Jupyter"},
	{nil, []string{"cpu time limit exceeded"},
		"The CPU time of processes is limited: raise the limit (ulimit -t) where Jupyter is started, and restart Jupyter"},
	{[]syscall.Errno{syscall.ENFILE}, nil,
		"All programs of this machine together have too many files open: end one that holds many, and run the cell again"},
	{[]syscall.Errno{syscall.EMFILE}, nil,
		"The kernel may not open more files: raise the limit (ulimit -n) to 256 or more where Jupyter is started, and restart Jupyter"},
	{nil, []string{"pthread_create failed", "failed to create new os thread", "fatal error: newosproc"},
		"The system allows no more processes and threads: end some, or raise the limit (ulimit -u, or that of the container), and run the cell again"},
	{[]syscall.Errno{syscall.ENOMEM}, []string{"signal: killed", "out of memory", "cannot allocate", "cannot reserve", "failed to reserve", "failed to allocate", "errno=12"},
		"There is not enough memory: end other programs or kernels, or raise the limit (ulimit -v, or that of the container), and run the cell again"},
	{[]syscall.Errno{syscall.EAGAIN}, nil,
		"The system allows no more processes and threads: end some, or raise the limit (ulimit -u, or that of the container), and run the cell again"},
	{nil, []string{"fork/exec", "/worker: permission denied", "failed to map segment"}, ""}, // decided in cure
	{[]syscall.Errno{syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOTDIR}, nil,
		"Make that folder writable, or set XDG_CACHE_HOME (GOCACHE for Go's own cache) in Jupyter's environment to one that is, and restart the kernel"},
	{[]syscall.Errno{syscall.EIO, syscall.ESTALE, syscall.ENXIO, syscall.ENODEV}, nil,
		"The disk or the file server does not answer as it should: when it does, run the cell again"},
	{[]syscall.Errno{syscall.ENOEXEC}, nil,
		"That program is made for another kind of machine, or damaged: install it again"},
	{[]syscall.Errno{syscall.ENOENT}, nil,
		"Something that the kernel needs has been removed: restart the kernel, which makes it anew"},
}

// Cures that depend on more than one thing.
const (
	noexecCure = "Programs may not run from that folder (is its disk mounted with noexec?): set XDG_CACHE_HOME in Jupyter's environment to a folder on another disk, and restart the kernel"
	leakedCure = "Your cells hold all the files that may be open: interrupt what still opens some, close them in a cell, or run %reset, which loses the variables"
	limitCure  = "That is less than the process of the cells needs to start: set INTERLEAVE_MEMORY in Jupyter's environment to 256MiB or more, or unset it, and restart the kernel"
	startCure  = "Run the cell again; when that does not help, restart the kernel"
)

// Cure says what to do about an error that something around the kernel causes; "" for other errors.
func Cure(err error) string {
	var load *worker.LoadError
	var death *worker.Death
	loading, dead := errors.As(err, &load), errors.As(err, &death)
	if dead && death.Excess != nil {
		return limitCure
	}
	text := strings.ToLower(err.Error())
	if dead {
		text += strings.ToLower(string(death.Stderr))
	}
	for _, t := range troubles {
		is := slices.ContainsFunc(t.errnos, func(e syscall.Errno) bool {
			return errors.Is(err, e) || strings.Contains(text, strings.ToLower(e.Error()))
		}) ||
			slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(text, w) })
		switch {
		case !is:
		case t.cure == "": // a program or a library that may not run, where it is there
			if strings.Contains(text, "permission denied") || strings.Contains(text, "operation not permitted") {
				return noexecCure
			}
		case loading && slices.Contains(t.errnos, syscall.EMFILE):
			return leakedCure
		default:
			return t.cure
		}
	}
	if dead {
		return startCure
	}
	return ""
}

// WithCure adds to an error what to do about it, when that is known.
func WithCure(err error) string {
	text, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n") // a runtime that fails says more than anybody reads
	if c := Cure(err); c != "" {
		return strings.TrimRight(text, ".") + ". " + c
	}
	return err.Error()
}

// Internal reports a failure of the kernel's own, or of what it works with.
func (c *Cells) Internal(err error) *session.Fault {
	var bad *link.ToolchainError
	var refused *link.PackageError
	var load *worker.LoadError
	var lost *link.LostError
	switch {
	case errors.As(err, &lost):
		return Plain("CompileError", "the cell could not be built: "+lost.Error())
	case Cure(err) != "":
		return Plain("CompileError", "the cell could not be built or loaded: "+WithCure(err))
	case errors.As(err, &bad), errors.As(err, &refused):
		return Plain("CompileError", err.Error())
	case errors.As(err, &load) && strings.Contains(load.Text, "panicked when"):
		return Plain("Panic", load.Text+". Mend the package, then run %reset, which loses the variables")
	}
	c.Log.Error("engine", "error", err)
	return Plain("CompileError", "the kernel failed to build or load this cell, which is a defect of the kernel: "+err.Error())
}

// NoSuchModule says what to look for when a module is not there.
const NoSuchModule = "No such module is known under that path: look for spelling, and for a version that is not there; a private module wants GOPRIVATE in Jupyter's environment"

// FetchCure says what to do about what the go command says when it cannot fetch; "" for other errors.
func FetchCure(err error) string {
	text := err.Error()
	says := func(list ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(text, s) })
	}
	switch {
	case says("GOPROXY=off", "GOPROXY list is not the empty string", "module lookup disabled"):
		return "\nThe go command may not fetch modules (GOPROXY says so): only what is in the module cache can be added. Set GOPROXY=https://proxy.golang.org,direct in Jupyter's environment and restart the kernel"
	case says("dial tcp", "no such host", "i/o timeout", "connection refused", "proxyconnect", "network is unreachable", "TLS handshake timeout", "unable to access"):
		return "\nThe module proxy cannot be reached. Look whether this machine has a network (HTTPS_PROXY behind a proxy; GOPROXY for a mirror, set in Jupyter's environment) and run the cell again; what is in the module cache can be imported without %get"
	case says("404 Not Found", "410 Gone", "unrecognized import path", "Repository not found", "could not read Username"):
		return "\n" + NoSuchModule
	case says("requires go >= ", "requires go 1."):
		return "\nThat version needs a newer Go: install one from https://go.dev/dl and restart the kernel, or ask for an older version of the package (%get PACKAGE@v1.2.3)"
	}
	return ""
}
