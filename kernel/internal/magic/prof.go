package magic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/flame"
	"interleave/kernel/internal/session"
)

// profileKind is one argument of %%prof.
type profileKind struct {
	name, sample string
	title        string // with the amount
	none         string // what an empty profile means
}

var profileKinds = []profileKind{
	{"cpu", "cpu", "CPU time: %s", "no sample of CPU time: they are taken every 10 ms of computing, and the cell computed less; let it run longer"},
	{"mutex", "delay", "time that others waited for locks held: %s", "no goroutine had to wait for a lock"},
	{"block", "delay", "time waited for channels, locks and wait groups: %s", "no goroutine waited for a channel, a lock or a wait group"},
	{"heap", "alloc_space", "allocated: %s", "nothing was allocated"},
	{"goroutine", "goroutine", "goroutines at the end of the cell: %s", "no goroutine of the notebook is there"},
}

// profMode runs a cell under a profiler and draws what it found.
func profMode(_ context.Context, h Host, in Input) *session.Fault {
	words, err := splitWords(in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", "%%prof: "+err.Error())
	}
	asked := strings.Join(words, " ")
	var names []string
	for _, k := range profileKinds {
		names = append(names, k.name)
		if k.name == asked {
			return runWatched(h, k.name, in.Text, in.Code, func(w recorded) error { return showProfile(h, k, w) })
		}
	}
	what := "needs the kind of profile"
	if asked != "" {
		what = "knows no profile " + asked
	}
	return faults.Plain("CommandError", fmt.Sprintf("%%%%prof %s: write %%%%prof cpu; there are %s", what, strings.Join(names, ", ")))
}

func showProfile(h Host, k profileKind, w recorded) error {
	if u := w.ended.Usage; u != nil && u.Failed != "" {
		return fmt.Errorf("%%%%prof %s: the runtime did not profile: %s", k.name, u.Failed)
	}
	if waitFile(w.file) != nil {
		return nil
	}
	data, err := os.ReadFile(w.file)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(w.file + ".before")
	if err != nil {
		before = nil
	}
	names := flame.Names{Func: profiledFunc, Line: h.Cells().Line, Hide: machinery, Only: k.name != "cpu"}
	if k.name == "mutex" { // showing a value takes a lock that the worker's own goroutines may wait for
		names.Own = func(name string) bool { return strings.HasPrefix(name, "interleave/kernel/internal/") }
	}
	g, err := flame.Read(data, before, k.sample, names)
	if errors.Is(err, flame.ErrEmpty) {
		h.Out().Stream("stderr", []byte("note: "+k.none+"\n"))
		return nil
	}
	if err != nil {
		return err
	}
	caption := fmt.Sprintf(k.title, g.Amount(g.Root.Value))
	if k.name == "cpu" {
		caption += fmt.Sprintf(" (%d samples, one every 10 ms of computing)", g.Samples)
	}
	p, err := g.Draw(caption)
	if err != nil {
		return err
	}
	h.Out().Display(pictureBundle(p, caption))
	table := session.Bundle{Data: map[string]any{"text/plain": g.Table(h.Cells().Source), "text/html": g.HTML(h.Cells().Source)}}
	h.Out().Display(table)
	return nil
}

// machinery are the frames that lie below every cell.
func machinery(name string) bool {
	return name == "runtime.goexit" || name == "runtime.main" || strings.Contains(name, "/worker/inmate.") || strings.HasPrefix(name, "main.") ||
		strings.HasPrefix(name, "nb/")
}

// profiledFunc shortens a function's name: paths of packages and type arguments go.
func profiledFunc(name string) string {
	if open := strings.Index(name, "["); open > 0 {
		if end := strings.LastIndex(name, "]"); end > open {
			name = name[:open] + "[…]" + name[end+1:]
		}
	}
	return faults.Function(path.Base(name))
}
