package main

import (
	"context"
	"fmt"
	"path/filepath"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/link"
)

// warmCommand is what install and lab start in the installed program.
type warmCommand struct {
	Dir string `arg:"" default:"." help:"Folder of the notebooks."`
}

func (c *warmCommand) Run(ctx context.Context, to streams) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	sources, err := installation.Sources(ctx)
	if err != nil {
		return err
	}
	p := newProgress(to.err)
	b, err := link.Open(ctx, link.Options{Dir: dir, Sources: sources, Progress: func(s link.Step) {
		p.show(s.What, s.Done, s.Total, s.Detail)
	}})
	p.end()
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Fprintf(to.err, "%s; cells are linked %s: %s\n", b.Toolchain().Version, b.Mode(), b.Why())
	return nil
}
