package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/export"
	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/notebook"
)

type exportCommand struct {
	Notebook string `arg:"" help:"Notebook to export; - reads it from standard input."`
	Output   string `short:"o" xor:"to" required:"" placeholder:"DIR" help:"Folder to write the module into; it is made when it is not there."`
	Name     string `hidden:"" help:"File name of the notebook on standard input."`
	Script   bool   `xor:"to" required:"" help:"Print main.go instead: one file, for Jupyter's script export."`
}

func (exportCommand) Help() string {
	return `DIR becomes a Go module: main.go has the cells in their order, go.mod the versions that the notebook uses. Cells %%test become files of tests, cells %%program and %%race programs below cmd. Nothing is run for it: cells are checked as the kernel checks them.

The value at a cell's end is printed; charts become files picture-1.png and so on, in the folder that the program runs in. A panic ends the program, but in cells tagged raises-exception. Commands such as !ls and %cd are left out, and so are cells that do not compile; each is named here and at the top of main.go. The exit status is 1 if a cell is missing because it does not compile.

Another export may go into the same folder as long as its files are as the first has written them; nothing else is ever replaced.

Examples:

    interleave export notebooks/05-race-condition.ipynb -o /tmp/race
    cd /tmp/race && go run .
    interleave export --script talk.ipynb > talk.go
`
}

func (c *exportCommand) Run(ctx context.Context, to streams) error {
	nb, name, folder, err := c.read()
	if err != nil {
		return err
	}
	renew(ctx, folder, to)
	sources, err := installation.Sources(ctx)
	if err != nil {
		return err
	}
	p := newProgress(to.err)
	o := export.Options{Name: name, Link: link.Options{Dir: folder, Sources: sources, Progress: func(s link.Step) { p.show(s.What, s.Done, s.Total, s.Detail) }}}
	do := export.Notebook
	if c.Script {
		do = export.Script
	}
	m, err := do(ctx, nb, o)
	p.end()
	if err != nil {
		return err
	}
	if c.Script {
		if _, err := to.out.Write(m.Files["main.go"]); err != nil {
			return err
		}
	} else {
		if err := m.Write(c.Output); err != nil {
			return err
		}
		fmt.Fprintf(to.out, "%s: %s\n", c.Output, strings.Join(slices.Sorted(maps.Keys(m.Files)), ", "))
	}
	for _, l := range m.Left {
		fmt.Fprintln(to.err, "left out:", l)
	}
	for _, n := range m.Notes {
		fmt.Fprintln(to.err, "note:", n)
	}
	for _, f := range m.Faults {
		fmt.Fprintln(to.err, "main.go does not compile, which is a defect of the export:", f)
	}
	if m.Broken() {
		return errSaid
	}
	return nil
}

// read reads the notebook; folder is where it lies.
func (c *exportCommand) read() (nb *notebook.Notebook, name, folder string, err error) {
	if c.Notebook != "-" {
		if folder, err = filepath.Abs(filepath.Dir(c.Notebook)); err != nil {
			return nil, "", "", err
		}
		nb, err = notebook.Read(c.Notebook)
		return nb, c.Notebook, folder, err
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, "", "", fmt.Errorf("read standard input: %w", err)
	}
	if len(text) == 0 {
		return nil, "", "", errors.New("standard input is empty, and - reads a notebook from it")
	}
	if folder, err = os.Getwd(); err != nil {
		return nil, "", "", err
	}
	nb, err = notebook.Parse(text)
	return nb, cmp.Or(c.Name, "notebook.ipynb"), folder, err
}
