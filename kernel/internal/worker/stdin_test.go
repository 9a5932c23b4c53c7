package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// answers makes the reader type these lines, and then Ctrl-D. asked counts the questions.
func (r *recorder) answers(lines ...string) (asked func() int) {
	var mu sync.Mutex
	n := 0
	r.answer(func(_ context.Context, prompt string, password bool) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		if prompt != "" || password {
			return "", fmt.Errorf("asked with %q, %v", prompt, password)
		}
		if n > len(lines) {
			return "", io.EOF
		}
		return lines[n-1], nil
	})
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestStdin(t *testing.T) {
	for _, way := range []struct {
		name string
		look func(string) (bool, bool)
	}{{"system call", inRead}, {"wait channel", inPipe}} {
		t.Run(way.name, func(t *testing.T) {
			w, rec := start(t, nil)
			if _, ok := way.look(w.reads.dir); ok {
				t.Error("the look does not notice that it sees nothing")
			}
			w.reads.look = way.look
			for _, c := range []struct {
				symbol string
				lines  []string
				out    string
				asked  int
			}{
				{"ScanTwice", []string{"40", "2"}, "two numbers? 42 <nil> <nil>", 2},
				{"ScanTwice", []string{"40 2 surplus"}, "two numbers? 42 <nil> <nil>", 1},
				{"ReadStdin", []string{"not the surplus"}, "<nil>", 1},
				{"ReadStdin", nil, "EOF", 1},
				{"ReadStdin", []string{"after an end"}, "<nil>", 1},
				{"ReadStdin", []string{strings.Repeat("long ", 40_000)}, "<nil>", 1},
				{"ScanLines", []string{"one", "", "dřtí"}, "[one][][dřtí]end", 4},
				{"ScanInts", []string{"1", "2", "3", "0"}, "sum 6", 4},
				{"ReadElsewhere", []string{"line"}, `"line\n" <nil>`, 1},
				{"CloseStdin", nil, "<nil>", 0},
				{"ReadStdin", []string{"of a cell after one that closed it"}, "<nil>", 1},
				{"ScanTwice", []string{"40", "2"}, "two numbers? 42 <nil> <nil>", 2},
			} {
				rec.reset(false)
				asked := rec.answers(c.lines...)
				do(t, w, c.symbol)
				if got := rec.stream("stdout"); got != c.out || asked() != c.asked {
					t.Errorf("%s, %q: printed %q after %d questions, want %q after %d", c.symbol, c.lines, got, asked(), c.out, c.asked)
				}
			}
		})
	}
}

// The question comes after what was printed before the read.
func TestStdinComesAfterText(t *testing.T) {
	w, rec := start(t, nil)
	rec.answer(func(context.Context, string, bool) (string, error) {
		if got := rec.stream("stdout"); got != "two numbers? " {
			t.Errorf("asked after %q", got)
		}
		return "1 2", nil
	})
	do(t, w, "ScanTwice")
}

// A cancelled cell sees the end of the file, and the next gets its own answers.
func TestStdinCancelled(t *testing.T) {
	w, rec := start(t, nil)
	for range 5 {
		rec.reset(false)
		asked := make(chan bool, 1)
		rec.answer(func(ctx context.Context, _ string, _ bool) (string, error) {
			asked <- true
			<-ctx.Done()
			return "", ctx.Err()
		})
		c := cell("ReadStdin")
		go func() { <-asked; w.Cancel(c.ID) }()
		if _, err := w.Run(deadline(t, 10*time.Second), c); err != nil {
			t.Fatal(err)
		}
		rec.answers("mine")
		do(t, w, "ReadElsewhere")
		if got, want := rec.stream("stdout"), `EOF"mine\n" <nil>`; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// What still reads when the next cell begins sees the end of the file and takes nothing away.
func TestStdinOfTheCellBefore(t *testing.T) {
	w, rec := start(t, nil)
	rec.answers("mine")
	do(t, w, "ReadBehind")
	for began := time.Now(); rec.stream("stdout") == "" && time.Since(began) < 10*time.Second; {
		do(t, w, "Nothing") // the goroutine may not have begun to read when the first of these began
	}
	do(t, w, "ReadElsewhere")
	if got, want := rec.stream("stdout"), `behind "" EOF"mine\n" <nil>`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A goroutine of the cell before that does not heed the end of its file makes no question for a cell that does not read.
func TestStdinOfADeafReader(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "ReadForEver") // which may itself be asked for a line, when its end is late
	asked := rec.answers()
	do(t, w, "SleepLong")
	if n := asked(); n > 0 {
		t.Errorf("a cell that sleeps made %d questions", n)
	}
	rec.reset(false)
	asked = rec.answers("1")
	do(t, w, "ReadStdin")
	if got := rec.stream("stdout"); asked() == 0 {
		t.Errorf("printed %q, and no question was asked", got)
	}
}

func TestOnlyOthersRead(t *testing.T) {
	entry := func(label, frames string) string {
		s := "1 @ 0x1 0x2\n"
		if label != "" {
			s += "# labels: {\"cell\":\"" + label + "\"}\n"
		}
		for f := range strings.FieldsSeq(frames) {
			s += "#\t0x4e1\t" + f + "+0x2e\t\t/go/x.go:1\n"
		}
		return s
	}
	const read, idle = "syscall.Syscall syscall.read os.(*File).Read fmt.Fscan", "runtime.gopark time.Sleep"
	own := entry("", "syscall.RawSyscall interleave/kernel/internal/worker/inmate.rawCall")
	for name, c := range map[string]struct {
		profile string
		want    bool
	}{
		"nobody":             {own + "\n" + entry("2", idle), false},
		"this cell":          {own + "\n" + entry("2", read), false},
		"an earlier cell":    {own + "\n" + entry("1", read) + "\n" + entry("2", idle), true},
		"both":               {entry("1", read) + "\n" + entry("2", read), false},
		"who has no label":   {entry("1", read) + "\n" + entry("", read), false},
		"this cell's C code": {entry("1", read) + "\n" + entry("2", "runtime.cgocall main.gets"), false},
	} {
		if got := onlyOthersRead(c.profile, "2"); got != c.want {
			t.Errorf("%s: %v\n%s", name, got, c.profile)
		}
	}
}

func TestStdinRefused(t *testing.T) {
	w, rec := start(t, nil)
	rec.answer(func(context.Context, string, bool) (string, error) { return "", fmt.Errorf("here: %w", ErrNoInput) })
	for _, symbol := range []string{"ReadStdin", "ScanAnyway"} { // in this order: the second goes on reading
		abandoned := symbol == "ScanAnyway"
		_, err := w.Run(deadline(t, 10*time.Second), cell(symbol))
		var refused *InputError
		if !errors.As(err, &refused) || refused.Abandoned != abandoned || !strings.Contains(err.Error(), "here: nobody can be asked") {
			t.Errorf("%s: got %v", symbol, err)
		}
	}
	if e := do(t, w, "Count"); e.Panic != nil {
		t.Error(e.Panic.Text)
	}
}

// Looking costs a cell that is silent for long next to nothing.
func TestStdinCost(t *testing.T) {
	w, _ := start(t, nil)
	cpu := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before, began := cpu(), time.Now()
	do(t, w, "SleepLong")
	used, wall := cpu()-before, time.Since(began)
	share := float64(used) / float64(wall)
	t.Logf("the kernel's side used %.2f %% of a core while a cell slept %v", 100*share, wall.Round(time.Second))
	if share > 0.05 {
		t.Errorf("it used %v of %v", used, wall)
	}
}
