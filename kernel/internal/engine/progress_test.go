package engine

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"interleave/kernel/internal/link"
	"interleave/kernel/internal/session"
)

// outputs writes down what a cell shows.
type outputs struct{ list []string }

func (o *outputs) Stream(name string, text []byte) { o.list = append(o.list, name+": "+string(text)) }
func (o *outputs) Display(b session.Bundle) {
	o.list = append(o.list, fmt.Sprint("display: ", b.Data["text/plain"]))
}
func (o *outputs) Update(b session.Bundle) {
	o.list = append(o.list, fmt.Sprint("update: ", b.Data["text/plain"]))
}
func (o *outputs) Result(b session.Bundle) {
	o.list = append(o.list, fmt.Sprint("result: ", b.Data["text/plain"]))
}
func (o *outputs) Clear(bool) { o.list = append(o.list, "clear") }

// A cell says what it waits for only when it has waited for some time, changes the line seldom, and takes it away; it does not take away
// what the cell has shown before.
func TestProgress(t *testing.T) {
	compiling := func(n int, path string) link.Step { return link.Step{What: link.CompileImports, Done: n, Detail: path} }
	for name, c := range map[string]struct {
		run  func(r *run, p *progress)
		want []string
	}{
		"a short wait": {func(r *run, p *progress) {
			p.step(compiling(1, "a"))
			time.Sleep(progressDelay / 2)
		}, nil},
		"nothing to say": {func(r *run, p *progress) { time.Sleep(5 * progressDelay) }, nil},
		"a base that is prepared": {func(r *run, p *progress) {
			p.step(link.Step{What: "compile packages"})
			time.Sleep(5 * progressDelay)
		}, nil},
		"long": {func(r *run, p *progress) {
			p.step(compiling(1, "a"))
			time.Sleep(2 * progressDelay)
			for i := range 100 {
				p.step(compiling(i+2, fmt.Sprint("b", i)))
			}
			time.Sleep(progressDelay)
		}, []string{"display: Compiling what this cell imports: a (1 package so far)", "update: Compiling what this cell imports: b99 (101 packages so far)", "clear"}},
		"behind other output": {func(r *run, p *progress) {
			r.out.Stream("stdout", []byte("added"))
			p.step(compiling(1, "a"))
			time.Sleep(2 * progressDelay)
		}, []string{"stdout: added", "display: Compiling what this cell imports: a (1 package so far)", "update: "}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &outputs{}
				shown := &shownOutput{Output: out}
				r := &run{out: shown, shown: shown}
				p := r.waits()
				c.run(r, p)
				synctest.Wait()
				p.End()
				p.step(compiling(1000, "late"))
				time.Sleep(10 * progressDelay)
				if !slices.Equal(out.list, c.want) {
					t.Errorf("got %q, want %q", out.list, c.want)
				}
			})
		})
	}
}

// What imports got is told a line a module, so that one command gets all of it again.
func TestFetchedIsTold(t *testing.T) {
	of := func(path, module, version string, loaded ...link.Change) fetched {
		return fetched{path, link.Fetched{Module: module, Version: version, Changes: loaded}}
	}
	out := &outputs{}
	imports{&run{out: out}}.sayFetched([]fetched{
		of("a.test/m/x", "a.test/m", "v1.2.0"),
		of("b.test/n", "b.test/n", "v0.1.0", link.Change{Path: "c.test/o", Before: "v1.0.0", After: "v1.1.0", Loaded: "v1.0.0"}),
		of("a.test/m/y", "a.test/m", "v1.2.0"),
	})
	want := []string{
		"stderr: note: got a.test/m v1.2.0 for these imports; to have the same version again, write above them: %get a.test/m/x@v1.2.0 a.test/m/y@v1.2.0\n",
		"stderr: note: got b.test/n v0.1.0 for this import; to have the same version again, write above it: %get b.test/n@v0.1.0\n",
		"stderr: note: c.test/o v1.0.0 is loaded and stays as it is; restart the kernel to use the new version\n",
	}
	if !slices.Equal(out.list, want) {
		t.Errorf("got %q, want %q", out.list, want)
	}
}
