package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStateStays(t *testing.T) {
	w, rec := start(t, nil)
	for range 3 {
		if e := do(t, w, "Count"); e.Panic != nil {
			t.Fatal(e.Panic.Text)
		}
	}
	if got, want := rec.stream("stdout"), "counter 1\ncounter 2\ncounter 3\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPanics(t *testing.T) {
	w, rec := start(t, nil)
	for _, c := range []struct{ symbol, text, typ string }{
		{"PanicString", "boom", "string"},
		{"PanicError", "an error", "*errors.errorString"},
		{"PanicStringer", "a stringer", "main.stringer"},
		{"PanicText", `main.text("typed")`, "main.text"},
		{"PanicStruct", "(main.custom) {A:3}", "main.custom"},
		{"PanicInt", "7", "int"},
		{"PanicNil", new(runtime.PanicNilError).Error(), "*runtime.PanicNilError"},
		{"PanicIndex", "runtime error: index out of range [1] with length 0", "runtime.boundsError"},
		{"PanicPointer", "runtime error: invalid memory address or nil pointer dereference", "runtime.errorString"},
		{"PanicAgain", "again first", "string"},
	} {
		e := do(t, w, c.symbol)
		if e.Panic == nil || e.Panic.Text != c.text || !strings.HasSuffix(e.Panic.Type, c.typ) || e.Panic.Goexit {
			t.Errorf("%s: got %+v, want %q", c.symbol, e.Panic, c.text)
			continue
		}
		if !strings.Contains(string(e.Panic.Stack), "."+c.symbol) {
			t.Errorf("%s: the stack does not name it:\n%s", c.symbol, e.Panic.Stack)
		}
		if got, want := e.Panic.Runtime, strings.Contains(c.typ, "runtime."); got != want {
			t.Errorf("%s: Runtime is %v", c.symbol, got)
		}
	}
	if e := do(t, w, "Goexit"); e.Panic == nil || !e.Panic.Goexit || e.Panic.Text == "" {
		t.Errorf("Goexit: got %+v", e.Panic)
	}
	do(t, w, "Count")
	if got := rec.stream("stdout"); got != "counter 1\n" || rec.stream("stderr") != "" {
		t.Errorf("printed %q", rec.lines())
	}
}

func TestLoadErrors(t *testing.T) {
	w, _ := start(t, nil)
	broken := t.TempDir() + "/broken.so"
	if err := os.WriteFile(broken, []byte("not a plugin"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ plugin, symbol, text string }{
		{"/does/not/exist.so", "X", "realpath failed"},
		{broken, "X", "file too short"},
		{built.cells, "Missing", "symbol Missing not found"},
		{built.cells, "NotAFunction", "symbol NotAFunction is a *int, not a func()"},
	} {
		_, err := w.Run(deadline(t, 10*time.Second), Call{ID: calls(), Plugin: c.plugin, Symbol: c.symbol})
		var load *LoadError
		if !errors.As(err, &load) || load.Plugin != c.plugin || !strings.Contains(load.Text, c.text) {
			t.Errorf("%s: got %v", c.symbol, err)
		}
	}
	e, err := w.Run(deadline(t, 10*time.Second), Call{ID: calls(), Plugin: built.init, Symbol: "Never"})
	if err != nil || e.Panic == nil || !e.Panic.Init || e.Panic.Text != "not today" {
		t.Errorf("panic of an initialiser: %+v, %v", e.Panic, err)
	}
	_, err = w.Run(deadline(t, 10*time.Second), Call{ID: calls(), Plugin: built.init, Symbol: "Never"})
	if err == nil || !strings.Contains(err.Error(), "not today") {
		t.Errorf("the same again: %v", err)
	}
	do(t, w, "Nothing")
}

func TestOrderOfTextAndEvents(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "Order")
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprintf("stdout before %d\n", i), fmt.Sprintf("display \"shown %d\"", i),
			fmt.Sprintf("stderr after %d\n", i), fmt.Sprintf("display \"again %d\"", i))
	}
	want = append(want, "stdout the end\n")
	compare(t, rec.lines(), want)

	rec.reset(false)
	do(t, w, "OrderUnderLoad")
	var got []string
	for _, l := range rec.lines() {
		name, text, _ := strings.Cut(l, " ")
		if name == "display" {
			got = append(got, l)
			continue
		}
		// The lines between the dots, found without looking at each of some hundred million dots.
		for line := range strings.Lines(text) {
			if strings.HasSuffix(line, "\n") {
				got = append(got, name+" "+line[strings.LastIndexByte(line, '.')+1:])
			}
		}
	}
	compare(t, got, want)
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("entry %d: got %q, want %q", i, got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
		}
	}
}

func TestEventsArriveWhole(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "Kinds")
	_, events := rec.counted()
	e := events[0]
	got := fmt.Sprintf("%s %s %s %s %s %s", e.Kind, e.Data["text/plain"], e.Data["image/png"], e.Data["application/json"],
		e.Metadata["width"], e.Transient["display_id"])
	if want := `update "<é>" "AAEC/w==" {"n":1} 3 "d"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if c := events[1]; c.Kind != "clear" || !c.Wait {
		t.Errorf("clear: %+v", c)
	}
	if got, want := rec.stream("stdout"), "<nil> cannot display: json: unsupported type: chan int"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	do(t, w, "BigPicture")
	_, events = rec.counted()
	if n := len(events[2].Data["image/png"]); n != 40<<20+2 {
		t.Errorf("the large picture has %d bytes", n)
	}
}

func TestMuchText(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "Lines")
	if got := rec.stream("stdout"); strings.Count(got, "\n") != 10_000 || !strings.HasSuffix(got, "\n9999\n") {
		t.Errorf("10,000 lines: got %d", strings.Count(got, "\n"))
	}
	for _, c := range []struct {
		symbol string
		mb     int
	}{{"Stdout10MB", 10}, {"Stderr50MB", 50}, {"Stdout200MB", 200}} {
		rec.reset(true)
		began := time.Now()
		do(t, w, c.symbol)
		took := time.Since(began)
		t.Logf("%s: %v", c.symbol, took)
		if n, _ := rec.counted(); n != c.mb*1_000_000 {
			t.Errorf("%s: %d bytes arrived", c.symbol, n)
		}
		if took > 5*time.Second {
			t.Errorf("%s took %v", c.symbol, took)
		}
	}
}

func TestEndlessWriterDoesNotHoldUpTheEnd(t *testing.T) {
	w, rec := start(t, nil)
	rec.reset(true)
	do(t, w, "EndlessWriter")
	if _, events := rec.counted(); len(events) != 1 {
		t.Errorf("%d events", len(events))
	}
}

func TestWordsLikeACrashAreText(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "Suspicious")
	if got := rec.stream("stderr"); strings.Count(got, "fatal error: only ") != 20 {
		t.Errorf("got %q", got)
	}
}

func TestLateOutput(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "PrintLate")
	if got := rec.lines(); len(got) != 0 {
		t.Errorf("early: %q", got)
	}
	do(t, w, "LetLate")
	rec.await(t, func() bool { return len(rec.lines()) >= 2 })
	compare(t, rec.lines(), []string{"stdout late text", `display "late picture"`})
}

func TestInput(t *testing.T) {
	w, rec := start(t, nil)
	rec.answer(func(_ context.Context, prompt string, password bool) (string, error) {
		return fmt.Sprintf("%s%v", prompt, password), nil
	})
	do(t, w, "Ask")
	rec.answer(func(context.Context, string, bool) (string, error) { return "", errors.New("not allowed") })
	do(t, w, "Ask")
	if got, want := rec.stream("stdout"), "name? true <nil> not allowed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	// A cancelled cell does not wait for its reader.
	asked := make(chan bool)
	rec.answer(func(ctx context.Context, _ string, _ bool) (string, error) {
		close(asked)
		<-ctx.Done()
		return "", ctx.Err()
	})
	c := cell("Ask")
	go func() { <-asked; w.Cancel(c.ID) }()
	if _, err := w.Run(deadline(t, 10*time.Second), c); err != nil {
		t.Error(err)
	}
	if got := rec.stream("stdout"); !strings.HasSuffix(got, " context canceled") {
		t.Errorf("got %q", got)
	}
}

func TestEnvironment(t *testing.T) {
	w, rec := start(t, func(c *Config) { c.Env = append(os.Environ(), "COLOUR=red"); c.Dir = "/" })
	do(t, w, "Environ")
	ctx := deadline(t, 10*time.Second)
	if err := w.Chdir(ctx, "/proc"); err != nil {
		t.Error(err)
	}
	if err := w.Setenv(ctx, "COLOUR", "blue"); err != nil {
		t.Error(err)
	}
	do(t, w, "Environ")
	if err := w.Unsetenv(ctx, "COLOUR"); err != nil {
		t.Error(err)
	}
	do(t, w, "Environ")
	if got, want := rec.stream("stdout"), "/ red/proc blue/proc "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := w.Chdir(ctx, "/does/not/exist"); err == nil || err.Error() != "chdir /does/not/exist: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestChildrenGetNoControlPipe(t *testing.T) {
	w, rec := start(t, nil)
	do(t, w, "ChildDescriptors")
	got := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(rec.stream("stdout"), "["), "] <nil>"))
	if len(got) < 4 {
		t.Fatalf("got %q", rec.stream("stdout"))
	}
	// What the test's own children get, which need not be just 0 to 2, and 3, which ls opened.
	out, err := exec.Command("ls", "/proc/self/fd").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range got {
		if !slices.Contains(strings.Fields(string(out)), fd) {
			t.Errorf("a child has descriptor %s", fd)
		}
	}
}

func TestGoroutines(t *testing.T) {
	w, _ := start(t, nil)
	c := cell("Receive")
	go w.Run(deadline(t, 10*time.Second), c)
	ctx := deadline(t, 10*time.Second)
	for {
		b, err := w.Goroutines(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), fmt.Sprintf(`{"cell":"%s"}`, c.Cell)) && strings.Contains(string(b), ".Receive") {
			break
		}
	}
	w.Abandon(c.ID)
	if _, err := w.Profile(ctx, "nonsense", 0); err == nil {
		t.Error("a profile without a name was found")
	}
}
