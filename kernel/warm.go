package main

import (
	"context"
	"fmt"
	"path/filepath"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/gopls"
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
	renew(ctx, dir, to)
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
	err = engine.WarmEditor(ctx, b, "", func(s gopls.Step) { p.show("build gopls, for completion", s.Done, s.Total, s.Package) })
	p.end()
	if ctx.Err() != nil {
		return err
	} else if err != nil { // the kernel can do without
		fmt.Fprintf(to.err, "note: completion will know less, because of this: %v\n", err)
	}
	fmt.Fprint(to.err, b.About())
	return nil
}
