package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"interleave/kernel/internal/link"
)

// order collects what happens, from many goroutines.
type order struct {
	mu   sync.Mutex
	list []string
}

func (o *order) add(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, s)
}

func (o *order) job(name string, takes time.Duration, err error) func(context.Context, *task) error {
	return func(ctx context.Context, t *task) error {
		t.show(name, 0, 0, "")
		o.add(name + " begins")
		select {
		case <-time.After(takes):
			o.add(name + " ends")
			return err
		case <-ctx.Done():
			o.add(name + " is cancelled")
			return context.Cause(ctx)
		}
	}
}

// TestPreparationOverlaps: a job waits for those it needs, and for no other.
func TestPreparationOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o order
		var text bytes.Buffer
		w := newPreparation(t.Context(), newProgress(&text))
		began := time.Now()
		kernel := w.start(o.job("kernel", 2*time.Second, nil))
		packages := w.start(o.job("packages", 30*time.Second, nil), kernel)
		environment := w.start(o.job("environment", 20*time.Second, nil))
		settings := w.start(o.job("settings", time.Second, nil), kernel, environment)
		gopls := w.start(o.job("gopls", 30*time.Second, nil), packages, environment)
		if err := w.wait(settings); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 21*time.Second {
			t.Errorf("the settings are ready after %v", took)
		}
		if err := w.wait(packages, gopls); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 62*time.Second {
			t.Errorf("all is ready after %v", took)
		}
		w.stop()
		want := []string{"kernel ends", "packages begins", "environment ends", "settings begins", "settings ends", "packages ends", "gopls begins", "gopls ends"}
		if got := o.list[2:]; !slices.Equal(got, want) {
			t.Errorf("order %q, want %q", got, want)
		}
		for _, want := range []string{"environment: done in 20s\n", "gopls: done in 30s\n"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("no %q in\n%s", want, text.String())
			}
		}
	})
}

// TestPreparationFails: a failure is known at once, cancels what runs, and keeps the rest from beginning; wait returns when all have ended.
func TestPreparationFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o order
		var text bytes.Buffer
		w := newPreparation(t.Context(), newProgress(&text))
		noNetwork := errors.New("no network: connect it")
		began := time.Now()
		environment := w.start(o.job("environment", 3*time.Second, noNetwork))
		kernel := w.start(o.job("kernel", time.Second, nil))
		packages := w.start(o.job("packages", 30*time.Second, nil), kernel)
		settings := w.start(o.job("settings", time.Second, nil), kernel, environment)
		if err := w.wait(kernel, packages, settings); err != noNetwork {
			t.Errorf("wait = %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it is told after %v", took)
		}
		if settings.err != noNetwork || packages.err != noNetwork {
			t.Errorf("the others have %v and %v", settings.err, packages.err)
		}
		if slices.Contains(o.list, "settings begins") || !slices.Contains(o.list, "packages is cancelled") {
			t.Errorf("order %q", o.list)
		}
		if strings.Contains(text.String(), "environment: done") || strings.Contains(text.String(), "packages: done") {
			t.Errorf("a failed step is shown as done:\n%s", text.String())
		}
		w.stop()
	})
}

// TestPreparationInterrupted: Ctrl-C ends everything, but not what goes on behind an open JupyterLab, which its end ends.
func TestPreparationInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, open := range []bool{false, true} {
			var o order
			ctx, interrupt := context.WithCancel(t.Context())
			w := newPreparation(ctx, newProgress(&bytes.Buffer{}))
			first := w.start(o.job("first", time.Second, nil))
			slow := w.start(o.job("slow", time.Hour, nil))
			later := w.start(o.job("later", time.Hour, nil), slow)
			if err := w.wait(first); err != nil {
				t.Fatal(err)
			}
			if open {
				w.detach()
			}
			began := time.Now()
			interrupt()
			if open {
				time.Sleep(time.Minute)
				select {
				case <-slow.done:
					t.Error("an interrupt that JupyterLab asks about has ended what is prepared")
				default:
				}
				w.stop()
			}
			if err := w.wait(slow, later); err == nil {
				t.Error("wait after an interrupt is nil")
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
			if slices.Contains(o.list, "later begins") {
				t.Errorf("order %q", o.list)
			}
			w.stop()
		}
	})
}

// TestProgressOfSeveral: on a terminal one line has all that is under way, and what ends leaves a line of its own.
func TestProgressOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		p := newProgress(&text)
		p.terminal = true
		a, b := p.task(), p.task()
		a.show("install JupyterLab", 1, 99, "anyio")
		b.show("compile packages", 2, 500, "fmt")
		time.Sleep(3 * time.Second)
		p.say("a note")
		a.end()
		b.show("link base library", 0, 0, "")
		b.drop()
		if got, want := screen(text.String()), "a note\ninstall JupyterLab (3s)\ncompile packages (3s)\n"; got != want {
			t.Errorf("the screen has %q, want %q", got, want)
		}
		if want := "\rinstall JupyterLab 1/99, compile packages 2/500"; !strings.Contains(text.String(), want) {
			t.Errorf("no %q in %q", want, text.String())
		}
		text.Reset()
		a.show("a", 1, 2, "")
		p.share()
		a.show("a", 2, 2, "")
		a.show("b", 0, 0, "")
		a.end()
		if got, want := screen(text.String()), "a: done in 0s\nb ...\nb: done in 0s\n"; got != want {
			t.Errorf("beside another program's lines: %q, want %q", got, want)
		}
	})
}

// screen is what a terminal shows after text.
func screen(text string) string {
	var lines []string
	line, at := []rune{}, 0
	for _, r := range text {
		switch r {
		case '\r':
			at = 0
		case '\n':
			lines = append(lines, strings.TrimRight(string(line), " "))
			line, at = line[:0], 0
		default:
			if at == len(line) {
				line = append(line, r)
			} else {
				line[at] = r
			}
			at++
		}
	}
	return strings.Join(append(lines, strings.TrimRight(string(line), " ")), "\n")
}

// TestProofs: the doctor tries thick linking only when the kernel would use it, or when it is told to.
func TestProofs(t *testing.T) {
	broken := &link.LinkError{What: "the self test", Err: errors.New("not here")}
	for _, c := range []struct {
		thin, thick error
		all         bool
		tried       int
		want        string
	}{
		{nil, broken, false, 1, "✓ thin linking   two cells share a type and its value\n✓ thick linking  not needed, because thin linking works (interleave doctor --thick tries it)\n"},
		{nil, nil, true, 2, "✓ thin linking   two cells share a type and its value\n✓ thick linking  two cells share a type and its value\n"},
		{nil, broken, true, 2, "✓ thin linking   two cells share a type and its value\n! thick linking  fails: link the self test: not here. Cure: none needed, the other way is used\n"},
		{broken, nil, false, 2, "! thin linking   fails: link the self test: not here. Cure: none needed, the other way is used\n✓ thick linking  two cells share a type and its value\n"},
		{broken, broken, false, 2, "✗ thin linking   fails: link the self test: not here. Cure: try the newest Go from https://go.dev/dl, and tell us what this line says\n✗ thick linking  fails: link the self test: not here. Cure: try the newest Go from https://go.dev/dl, and tell us what this line says\n"},
	} {
		tried, got := 0, ""
		for _, f := range proofs(func(m link.Mode) error {
			tried++
			return map[link.Mode]error{link.Thin: c.thin, link.Thick: c.thick}[m]
		}, c.all) {
			got += f.String() + "\n"
		}
		if tried != c.tried || got != c.want {
			t.Errorf("thin %v, thick %v, all %t: %d tried, says\n%swant\n%s", c.thin, c.thick, c.all, tried, got, c.want)
		}
	}
}
