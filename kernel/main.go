package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"interleave/kernel/internal/worker"
)

// commands is the command line.
type commands struct {
	Lab       labCommand       `cmd:"" help:"Open JupyterLab with this kernel; the first start makes everything it needs."`
	Install   installCommand   `cmd:"" help:"Install the kernel into the Jupyter you already have."`
	Prepare   prepareCommand   `cmd:"" help:"Make once, for all users of an installed kernel, what their first cells would wait for."`
	Uninstall uninstallCommand `cmd:"" help:"Take the kernel out of Jupyter again."`
	Run       runCommand       `cmd:"" help:"Run notebooks, without Jupyter and without Python."`
	Slides    slidesCommand    `cmd:"" help:"Make slides of notebooks: HTML that opens anywhere."`
	Export    exportCommand    `cmd:"" help:"Make a Go program of a notebook."`
	Handout   handoutCommand   `cmd:"" help:"Make the student's and the instructor's edition of notebooks."`
	Check     checkCommand     `cmd:"" help:"Check the exercises of notebooks that came back."`
	Wheel     wheelCommand     `cmd:"" help:"Build a Python wheel that brings the kernel to any Jupyter."`
	Doctor    doctorCommand    `cmd:"" help:"Check this machine and say what is missing, with the cure."`
	Serve     serveCommand     `cmd:"" help:"Be the kernel of one notebook (Jupyter starts this)."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	Warm      warmCommand      `cmd:"" hidden:"" help:"Build what cells of a folder are linked with."`
}

// streams are where a command prints.
type streams struct {
	out io.Writer // what was asked for
	err io.Writer // what is going on
}

const description = `Interleave is a Jupyter kernel for Go: cells are compiled, run at full speed, and keep their state.

Start here: "interleave lab" opens JupyterLab on the folder notebooks. If something does not work, "interleave doctor" says why.

In the folder of its sources, "go run ./kernel" starts the same program: "go run ./kernel lab".`

func main() {
	// The guard of a worker is this program in another role, not a command: nothing may be parsed first.
	if len(os.Args) > 1 && os.Args[1] == "guard" {
		os.Exit(worker.GuardMain(os.Args[2:]))
	}
	if len(os.Args) < 2 || os.Args[1] != "prepare" { // which sees to it that there is one for all users
		goOn()
	}
	os.Exit(run(os.Args[1:], streams{out: os.Stdout, err: os.Stderr}))
}

// newParser knows the command line; it calls exit when it has printed help.
func newParser(to streams, exit func(status int)) (*kong.Kong, error) {
	return kong.New(&commands{},
		kong.Name("interleave"),
		kong.Description(description),
		kong.Writers(to.out, to.err),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.UsageOnError(),
	)
}

// run is main for a given command line; it returns the exit status.
func run(args []string, to streams) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	status := -1
	parser, err := newParser(to, func(code int) { status = code })
	if err != nil {
		fmt.Fprintln(to.err, "interleave:", err)
		return 1
	}
	call, err := parser.Parse(args)
	if status >= 0 { // --help has been printed
		return status
	}
	if err != nil {
		fmt.Fprintf(to.err, "interleave: %v\nSee: interleave --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	call.BindTo(ctx, (*context.Context)(nil))
	call.Bind(to)
	switch err := call.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, errSaid):
		return 1
	case ctx.Err() != nil:
		fmt.Fprintln(to.err, "interleave: stopped")
		return 130
	default:
		fmt.Fprintln(to.err, "interleave:", err)
		return 1
	}
}

// errSaid fails a command that has said why already.
var errSaid = errors.New("failed")
