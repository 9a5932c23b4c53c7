package magic

import (
	"context"
	"io"
	"strings"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/words"
	"interleave/kernel/internal/worker"
)

// childOutput passes what a child says to the output of its cell. errs, when set, gets its standard error.
type childOutput struct {
	h    Host
	out  session.Output
	errs io.Writer
}

// Text implements worker.Handler.
func (c childOutput) Text(name string, b []byte) {
	if name == "stderr" && c.errs != nil {
		c.errs.Write(b)
		return
	}
	c.out.Stream(name, b)
}

// Event implements worker.Handler.
func (c childOutput) Event(ev worker.Event) { Publish(c.out, ev) }

// Input implements worker.Handler.
func (c childOutput) Input(ctx context.Context, prompt string, password bool) (string, error) {
	return c.h.Process().Input(ctx, prompt, password)
}

// building is what go build -v says: it shows which package is being compiled, and keeps the rest.
type building struct {
	said
	progress Progress
	what     string
	done     int
	part     string // of a line
}

// Text implements worker.Handler.
func (b *building) Text(_ string, text []byte) {
	b.part += string(text)
	for {
		line, rest, whole := strings.Cut(b.part, "\n")
		if !whole {
			return
		}
		b.part = rest
		if line == "" || strings.ContainsAny(line, " :\t") {
			b.WriteString(line + "\n")
			continue
		}
		b.done++
		if line == programPackage {
			line = "the cell's own code"
		}
		b.progress.Say("Compiling %s: %s (%s so far)", b.what, line, words.Plural(b.done, "package"))
	}
}

// programPackage is how the go command calls a package that is given by its files.
const programPackage = "command-line-arguments"

// rest is what was kept.
func (b *building) rest() string { return b.String() + b.part }

var _ worker.Handler = (*building)(nil)

// Publish shows an event of a worker or of a child.
func Publish(out session.Output, ev worker.Event) {
	b := ev.Any()
	switch ev.Kind {
	case events.Display:
		out.Display(b)
	case events.Update:
		out.Update(b)
	case events.Result:
		out.Result(b)
	case events.Clear:
		out.Clear(ev.Wait)
	}
}

// said is a worker.Handler that keeps what a go command says.
type said struct{ strings.Builder }

// Text implements worker.Handler.
func (s *said) Text(_ string, b []byte) { s.Write(b) }

// Event implements worker.Handler.
func (s *said) Event(worker.Event) {}

// Input implements worker.Handler.
func (s *said) Input(context.Context, string, bool) (string, error) { return "", worker.ErrNoInput }
