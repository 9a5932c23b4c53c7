package display

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

func plainText(s string) MIMEMap { return MIMEMap{MIMETypeText: s} }

func under(id string) MIMEMap { return MIMEMap{"display_id": id} }

// shown is an event that shows data.
func shown(kind events.Kind, data, transient MIMEMap) events.Event[any] {
	return events.Event[any]{Kind: kind, Bundle: events.Bundle[any]{Data: data, Transient: transient}}
}

func check(t *testing.T, f *front, want ...events.Event[any]) {
	t.Helper()
	if got := f.taken(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestShowAndUpdate(t *testing.T) {
	f := connect(t)
	must(t, Show(42), Show(nil), ShowID("a", 1), Update("a", 2), Update("a", nil))
	check(t, f,
		shown(events.Display, plainText("42"), nil),
		shown(events.Display, plainText("1"), under("a")),
		shown(events.Update, plainText("2"), under("a")),
		shown(events.Update, plainText(""), under("a")),
	)
	if err := Update("", 1); err == nil {
		t.Error("no error for an empty id")
	}
}

// TestUserDataIsNotChanged: an id is added to what is sent, not to the bundle of the user.
func TestUserDataIsNotChanged(t *testing.T) {
	f := connect(t)
	d := Data{Data: plainText("x"), Transient: MIMEMap{"k": 1}}
	must(t, ShowID("a", d))
	check(t, f, shown(events.Display, plainText("x"), MIMEMap{"k": 1, "display_id": "a"}))
	if len(d.Transient) != 1 {
		t.Errorf("changed to %v", d.Transient)
	}
}

func TestHandle(t *testing.T) {
	f := connect(t)
	h := New("h")
	must(t, h.Clear(), h.Update(1), h.Update(2), h.Clear(), h.Show(3), h.Update(4))
	check(t, f,
		shown(events.Display, plainText("1"), under("h")),
		shown(events.Update, plainText("2"), under("h")),
		shown(events.Update, plainText(""), under("h")),
		shown(events.Display, plainText("3"), under("h")),
		shown(events.Update, plainText("4"), under("h")),
	)
	if a, b := New(), New(""); a.ID() == b.ID() || len(a.ID()) != 16 {
		t.Errorf("ids %q and %q", a.ID(), b.ID())
	}
	// a first output that failed has not been shown, so the next one shows it
	f.refuse = func(events.Event[any]) error { return errors.New("no") }
	h = New("i")
	if h.Update(1) == nil {
		t.Error("the error was lost")
	}
	f.refuse = nil
	must(t, h.Update(2))
	check(t, f, shown(events.Display, plainText("2"), under("i")))
}

func TestClearInputContext(t *testing.T) {
	f := connect(t)
	f.reply = "Ada"
	name, err := Input("name? ")
	word, err2 := Password("word? ")
	must(t, err, err2, ClearOutput(true), ClearOutput(false))
	if name != "Ada" || word != "Ada" {
		t.Errorf("got %q and %q", name, word)
	}
	check(t, f,
		events.Event[any]{Kind: events.Input, Prompt: "name? "},
		events.Event[any]{Kind: events.Input, Prompt: "word? ", Password: true},
		events.Event[any]{Kind: events.Clear, Wait: true},
		events.Event[any]{Kind: events.Clear},
	)
	denied := errors.New("stdin is not allowed here")
	f.refuse = func(events.Event[any]) error { return denied }
	if _, err := Input("?"); !errors.Is(err, denied) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stage.SetContext(ctx)
	defer stage.SetContext(context.Background())
	cancel()
	if Context().Err() == nil {
		t.Error("the context is not the cell's")
	}
}

// bars returns the texts of the events of one progress bar, and checks that they are one output.
func bars(t *testing.T, f *front) (texts, htmls []string) {
	t.Helper()
	var id any
	for i, e := range f.taken() {
		kind := events.Update
		if i == 0 {
			kind, id = events.Display, e.Transient["display_id"]
		}
		if e.Kind != kind || e.Transient["display_id"] != id {
			t.Errorf("event %d is a %s of %v", i, e.Kind, e.Transient)
		}
		texts = append(texts, e.Data[MIMETypeText].(string))
		htmls = append(htmls, e.Data[MIMETypeHTML].(string))
	}
	return texts, htmls
}

func TestProgress(t *testing.T) {
	f := connect(t)
	synctest.Test(t, func(t *testing.T) {
		b := Progress(4, "<jobs>")
		for range 4 {
			time.Sleep(500 * time.Millisecond)
			b.Add(1)
		}
		b.Done() // the final state is shown already
		texts, htmls := bars(t, f)
		want := []string{
			"<jobs> [..............................] 0/4 (0%)",
			"<jobs> [#######.......................] 1/4 (25%), 500ms, 1.5s left",
			"<jobs> [###############...............] 2/4 (50%), 1s, 1s left",
			"<jobs> [######################........] 3/4 (75%), 1.5s, 500ms left",
			"<jobs> [##############################] 4/4 (100%) in 2s",
		}
		if !reflect.DeepEqual(texts, want) {
			t.Errorf("got %q", texts)
		}
		if got, want := htmls[1], `<div>&lt;jobs&gt; <progress max="4" value="1"></progress> 1/4 (25%), 500ms, 1.5s left</div>`; got != want {
			t.Errorf("got %s", got)
		}
	})
}

// TestProgressIsThrottled: a loop of a million steps in a second sends about ten updates, the last one last.
func TestProgressIsThrottled(t *testing.T) {
	f := connect(t)
	synctest.Test(t, func(t *testing.T) {
		for i := range Range(1_000_000, "steps") {
			if i%1000 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		texts, _ := bars(t, f)
		if len(texts) < 10 || len(texts) > 12 {
			t.Errorf("%d updates", len(texts))
		}
		if got := texts[len(texts)-1]; got != "steps [##############################] 1000000/1000000 (100%) in 1s" {
			t.Errorf("ends with %q", got)
		}
	})
}

func TestProgressThatEndsEarly(t *testing.T) {
	f := connect(t)
	synctest.Test(t, func(t *testing.T) {
		for i := range Range(10) {
			if i == 3 {
				break
			}
		}
		texts, _ := bars(t, f)
		if got := texts[len(texts)-1]; got != "[#########.....................] 3/10 (30%) in 0s" {
			t.Errorf("break: %q", got)
		}
		func() {
			defer func() { recover() }()
			for range Range(10) {
				panic("in the loop")
			}
		}()
		if texts, _ := bars(t, f); len(texts) != 2 {
			t.Errorf("panic: %q", texts)
		}
		b := Progress(0, "found")
		b.Set(7)
		time.Sleep(time.Minute)
		b.Set(8)
		b.Done()
		texts, htmls := bars(t, f)
		if want := []string{"found 0", "found 8, 1m0s", "found 8 in 1m0s"}; !reflect.DeepEqual(texts, want) {
			t.Errorf("no total: %q", texts)
		}
		if htmls[0] != "<div>found <progress></progress> 0</div>" {
			t.Errorf("no total: %s", htmls[0])
		}
		if got := b.String(); got != "found 8 in 1m0s" {
			t.Errorf("String: %q", got)
		}
		for range Range(0) {
			t.Error("a step of none")
		}
		f.taken()
		b = Progress(3, "past the end")
		b.Set(5)
		b.Add(-4)
		texts, htmls = bars(t, f)
		if !strings.Contains(texts[1], "5/3 (166%)") || !strings.Contains(htmls[1], `value="3"`) {
			t.Errorf("past the end: %q %q", texts, htmls)
		}
	})
}

// TestTogether is for the race detector: goroutines of a cell show things at the same time.
func TestTogether(t *testing.T) {
	f := connect(t)
	b, h := Progress(200, "all"), New()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 50 {
				b.Add(1)
				if err := errors.Join(h.Update(i), Show(g), Display(Table([]point{{g, i}}))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := b.String(); !strings.Contains(got, "200/200 (100%) in ") {
		t.Errorf("bar: %s", got)
	}
	shown := 0
	for _, e := range f.taken() {
		if e.Kind == events.Display && e.Transient["display_id"] == h.ID() {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("the handle was shown %d times", shown)
	}
}
