package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"interleave/kernel/internal/installation"
)

// release is the version in kernel_info_reply and in `interleave version`.
const release = "0.1.0"

type versionCommand struct{}

func (versionCommand) Help() string {
	return "Examples:\n\n    interleave version\n"
}

func (versionCommand) Run(_ context.Context, to streams) error {
	of := "a checkout"
	if inst, ok := installation.Running(); ok {
		of = "installation " + inst.Version()
	} else if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				of = "revision " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(to.out, "interleave %s, %s, %s %s/%s\n", release, of, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
