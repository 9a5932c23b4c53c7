package process

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"

	"interleave/lessons/kit/work"
)

// known are the functions that every worker knows, the helper command too.
//
//	ready  nothing → true
//	pid    nothing → int, the worker's process number
//	square int → int
//	echo   []byte → []byte, the same
//	work   int → int: so many rounds of arithmetic, see package work
//	count  float64 → int: how many operations of package ops fit into so many seconds
//	fetch  string → []byte: the body at a URL
//	length string → int: how long that body is, of which nothing is sent back
//	crash  anything: ends the worker by SIGKILL
//	trip   string → string: ends the worker by SIGKILL if the file of that name can be removed, so once
func known(name string) (func(any) (any, error), bool) {
	switch name {
	case "ready":
		return func(any) (any, error) { return true, nil }, true
	case "pid":
		return func(any) (any, error) { return os.Getpid(), nil }, true
	case "crash":
		return func(any) (any, error) { return nil, crash() }, true
	case "square":
		return wrap(name, func(n int) (int, error) { return n * n, nil }), true
	case "echo":
		return wrap(name, func(b []byte) ([]byte, error) { return b, nil }), true
	case "work":
		return wrap(name, func(rounds int) (int, error) { work.Rounds(rounds).Do(); return rounds, nil }), true
	case "count":
		return wrap(name, func(seconds float64) (int, error) { return Count(time.Duration(seconds * float64(time.Second))), nil }), true
	case "fetch":
		return wrap(name, fetch), true
	case "length":
		return wrap(name, func(url string) (int, error) { b, err := fetch(url); return len(b), err }), true
	case "trip":
		return wrap(name, func(file string) (string, error) {
			if os.Remove(file) == nil {
				return "", crash()
			}
			return file, nil
		}), true
	}
	return nil, false
}

// crash ends this process as the kernel's out-of-memory killer would.
func crash() error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		return err
	}
	select {} // it takes a moment
}

// fetch reads a whole body.
func fetch(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return io.ReadAll(resp.Body)
}
