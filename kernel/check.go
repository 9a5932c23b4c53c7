package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"interleave/kernel/internal/engine"
	"interleave/kernel/internal/handout"
	"interleave/kernel/internal/notebook"
)

type checkCommand struct {
	Notebooks []string      `arg:"" name:"notebook" type:"existingfile" help:"Notebooks that came back."`
	Originals string        `default:"notebooks" placeholder:"DIR" help:"Folder of the notebooks that were handed out (notebooks)."`
	Verbose   bool          `short:"v" help:"Show what each check says, with its evidence."`
	Full      bool          `help:"Run the cells an exercise needs at full length, not in the fast mode."`
	Timeout   time.Duration `default:"3m" help:"Longest time one cell may take."`
}

func (checkCommand) Help() string {
	return `For each exercise a line says "N passed, M failed", and those below which checks failed. Each runs in a kernel of its own, with the answers of the notebook that came back and everything else, the call of the check too, of the original: which one that is says the notebook, or its file name. Answers run with your rights: read what strangers send. The exit status is 1 when a check failed, or when an exercise could not be judged because the kernel did not run.

Examples:

    interleave check returned/*.ipynb
    interleave check -v returned/anna/05-race-condition.ipynb
    interleave check --originals ~/saturday/student returned/05-race-condition.ipynb
`
}

func (c *checkCommand) Run(ctx context.Context, to streams) error {
	renew(ctx, filepath.Dir(c.Notebooks[0]), to)
	failed := false
	for _, path := range c.Notebooks {
		ok, err := c.one(ctx, to, path)
		if ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			fmt.Fprintf(to.err, "%s: %v\n", path, err)
		}
		failed = failed || !ok
	}
	if failed {
		return errSaid
	}
	return nil
}

// one judges a notebook and reports whether no check failed.
func (c *checkCommand) one(ctx context.Context, to streams, path string) (ok bool, err error) {
	returned, err := notebook.Read(path)
	if err != nil {
		return false, err
	}
	name := handout.Origin(returned)
	if name == "" {
		name = filepath.Base(path)
	}
	original, err := notebook.Read(filepath.Join(c.Originals, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("there is no %s in the folder %s: give the folder of the notebooks that were handed out by --originals", name, c.Originals)
	} else if err != nil {
		return false, err
	}
	trials, err := handout.Trials(name, original, returned)
	if err != nil {
		return false, err
	}
	fmt.Fprintln(to.out, path)
	if len(trials) == 0 {
		fmt.Fprintln(to.out, "  no exercises")
	}
	ok = true
	for _, t := range trials {
		v := c.try(ctx, t)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		ok = ok && v.counts[1] == 0 && v.remark == ""
		c.tell(to, t, v)
	}
	return ok, nil
}

// verdict is what came of an exercise.
type verdict struct {
	counts [3]int // passed, failed, inconclusive
	report string // of the check
	remark string // why there is none
	void   bool   // the kernel could not run, which says nothing about the answers
}

// try runs an exercise in a kernel of its own.
func (c *checkCommand) try(ctx context.Context, t handout.Trial) verdict {
	none := func(format string, args ...any) verdict {
		return verdict{counts: [3]int{0, t.All(), 0}, remark: fmt.Sprintf(format, args...)}
	}
	void := func(reason string) verdict { return verdict{remark: reason, void: true} }
	if t.Missing != "" {
		return none("the cell %s is missing", t.Missing)
	}
	folder, err := os.MkdirTemp("", "interleave-check-") // an answer may write files
	if err != nil {
		return void(err.Error())
	}
	defer os.RemoveAll(folder)
	var env []string
	if !c.Full {
		env = append(env, "FAST=1")
	}
	kernel, err := startChild(ctx, folder, env...)
	if err != nil {
		return void(err.Error())
	}
	defer kernel.close()
	err = (&notebook.Runner{Kernel: kernel, Timeout: c.Timeout}).Run(ctx, t.Notebook)
	if v, ok := judged(t); ok {
		return v
	}
	if late := new(notebook.CellError); errors.As(err, &late) && late.Timeout > 0 {
		return none("the cell %s took longer than %v (--timeout)", t.Notebook.Cells[late.Index-1].ID(), late.Timeout)
	}
	for _, cell := range t.Notebook.Cells { // the first error is the reason of the others
		if reason := failure(cell); strings.HasPrefix(reason, "WorkerDied: "+engine.CannotCompile) {
			return void(reason)
		} else if reason != "" {
			return none("%s", reason)
		}
	}
	if err != nil {
		return none("%v", err)
	}
	return none("the check gave no verdict")
}

// failure is the error that a cell has ended with, "" if it has not.
func failure(cell *notebook.Cell) string {
	for _, o := range cell.Outputs() {
		if o["output_type"] == "error" {
			value, _, _ := strings.Cut(fmt.Sprint(o["evalue"]), "\n")
			value = strings.ReplaceAll(value, fmt.Sprintf("In[%d]", cell.Count()), cell.ID()) // its number is that of this run
			return fmt.Sprintf("%s: %s", o["ename"], value)
		}
	}
	return ""
}

// judged is what the checks of a trial that was run have found; ok is false when those that the student can run gave no
// verdict. A hidden one that gave none has failed.
func judged(t handout.Trial) (v verdict, ok bool) {
	for i, judge := range t.Judges {
		report := handout.Result(judge)
		switch said := handout.Verdict.MatchString(report); {
		case said:
			for k, n := range handout.Counts(judge) {
				v.counts[k] += n
			}
			v.report += report
		case i == 0:
			return verdict{}, false
		default:
			v.counts[1]++
			v.report += fmt.Sprintf("failed        hidden: %s\n    %s\n", t.Hidden.Name, failure(judge))
		}
		if !strings.HasSuffix(v.report, "\n") {
			v.report += "\n"
		}
	}
	return v, true
}

// tell prints what came of an exercise.
func (c *checkCommand) tell(to streams, t handout.Trial, v verdict) {
	if v.void {
		fmt.Fprintf(to.out, "  exercise %s · %s: could not be judged\n      %s\n", t.Number, t.Title, v.remark)
		return
	}
	fmt.Fprintf(to.out, "  exercise %s · %s: %d passed, %d failed", t.Number, t.Title, v.counts[0], v.counts[1])
	if v.counts[2] > 0 {
		fmt.Fprintf(to.out, ", %d inconclusive", v.counts[2])
	}
	if t.Unchanged && t.Missing == "" {
		fmt.Fprint(to.out, " (as it was handed out)")
	}
	fmt.Fprintln(to.out)
	if v.remark != "" {
		fmt.Fprintf(to.out, "      %s\n", v.remark)
	}
	for line := range strings.Lines(v.report) {
		if c.Verbose || strings.HasPrefix(line, "failed ") || strings.HasPrefix(line, "inconclusive ") {
			fmt.Fprintf(to.out, "      %s\n", strings.TrimRight(line, "\n"))
		}
	}
}
