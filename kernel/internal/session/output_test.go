package session

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// showing is an engine whose cells do what show says.
func showing(show func(out Output)) *fakeEngine {
	return &fakeEngine{run: func(_ context.Context, _ Cell, out Output) Outcome {
		show(out)
		return Outcome{}
	}}
}

func write(out Output, name, s string) { out.Stream(name, []byte(s)) }

func TestOutputOrder(t *testing.T) {
	tests := map[string]struct {
		show func(out Output)
		want []string
	}{
		"writes are joined": {
			func(out Output) { write(out, "stdout", "a"); write(out, "stdout", "b\n"); write(out, "stdout", "") },
			[]string{`stdout "ab\n"`},
		},
		"streams keep their order": {
			func(out Output) {
				write(out, "stdout", "1")
				write(out, "stderr", "2")
				write(out, "stderr", "3")
				write(out, "stdout", "4")
			},
			[]string{`stdout "1"`, `stderr "23"`, `stdout "4"`},
		},
		"text before what is shown": {
			func(out Output) {
				write(out, "stdout", "1")
				out.Display(plain("2"))
				write(out, "stdout", "3")
				out.Update(Bundle{Data: plain("4").Data, Transient: map[string]any{"display_id": "d"}})
				write(out, "stderr", "5")
				out.Clear(true)
				write(out, "stderr", "6")
				out.Result(plain("7"))
			},
			[]string{`stdout "1"`, "display_data 2", `stdout "3"`, "update_display_data 4", `stderr "5"`,
				`clear_output {"wait":true}`, `stderr "6"`, "execute_result [1] 7"},
		},
		"runes in pieces": {
			func(out Output) {
				for _, b := range []byte("aé€😀z") {
					out.Stream("stdout", []byte{b})
				}
			},
			[]string{`stdout "aé€😀z"`},
		},
		"runes in pieces, with the other stream between": {
			func(out Output) {
				write(out, "stdout", "a\xc3")
				write(out, "stderr", "\xe2\x82")
				write(out, "stdout", "\xa9b")
				write(out, "stderr", "\xac")
			},
			[]string{`stdout "a"`, `stdout "éb"`, `stderr "€"`},
		},
		"half a rune at the end":        {func(out Output) { write(out, "stdout", "a\xe2\x82") }, []string{`stdout "a"`, `stdout "�"`}},
		"half a rune at a display":      {func(out Output) { write(out, "stdout", "\xc3"); out.Display(plain("d")); write(out, "stdout", "\xa9") }, []string{"display_data d", `stdout "é"`}},
		"invalid text":                  {func(out Output) { write(out, "stdout", "a\xffb\xc3(") }, []string{`stdout "a�b�("`}},
		"carriage returns, backspaces":  {func(out Output) { write(out, "stdout", "1\r2\b3\x1b[31m") }, []string{`stdout "1\r2\b3\x1b[31m"`}},
		"a bundle that is not JSON":     {func(out Output) { out.Display(Bundle{Data: map[string]any{"application/json": math.Inf(1)}}) }, []string{"display_data cannot be shown: json: unsupported value: +Inf"}},
		"nothing":                       {func(out Output) { out.Display(Bundle{}) }, []string{"display_data <nil>"}},
		"HTML is not escaped (see raw)": {func(out Output) { out.Display(plain("<b>&")) }, []string{"display_data <b>&"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, showing(test.show), Options{}, func(h *harness) {
				id := h.cell("x")
				h.settle()
				want := append([]string{"busy", "execute_input [1] x"}, test.want...)
				h.of(id, append(want, "execute_reply ok [1]", "idle")...)
			})
		})
	}
}

func TestBundleContent(t *testing.T) {
	e := showing(func(out Output) {
		out.Display(Bundle{
			Data:      map[string]any{"text/html": "<b>", "image/png": []byte{1, 2}, "application/json": map[string]any{"a": 1}},
			Metadata:  map[string]any{"image/png": map[string]any{"width": 3}},
			Transient: map[string]any{"display_id": "d"},
		})
		out.Result(Bundle{})
	})
	bubble(t, e, Options{}, func(h *harness) {
		h.cell("x")
		h.settle()
		var got []string
		for _, m := range h.messages() {
			if m.Type == "display_data" || m.Type == "execute_result" {
				got = append(got, string(m.Content))
			}
		}
		want := `{"data":{"application/json":{"a":1},"image/png":"AQI=","text/html":"<b>"},"metadata":{"image/png":{"width":3}},"transient":{"display_id":"d"}}` +
			` {"data":{},"execution_count":1,"metadata":{}}`
		if strings.Join(got, " ") != want {
			t.Errorf("got %s", strings.Join(got, " "))
		}
	})
}

// Text is sent while the cell runs, a moment after it was written.
func TestTextDoesNotWaitForTheEnd(t *testing.T) {
	var release chan struct{}
	e := showing(func(out Output) { write(out, "stdout", "now"); <-release; write(out, "stdout", "then") })
	bubble(t, e, Options{}, func(h *harness) {
		release = make(chan struct{})
		id := h.cell("x")
		time.Sleep(50 * time.Millisecond)
		h.of(id, "busy", "execute_input [1] x", `stdout "now"`)
		close(release)
		h.settle()
		h.of(id, "busy", "execute_input [1] x", `stdout "now"`, `stdout "then"`, "execute_reply ok [1]", "idle")
	})
}

func TestTinyWritesAreFewMessages(t *testing.T) {
	e := showing(func(out Output) {
		for i := range 10_000 {
			write(out, "stdout", fmt.Sprintln(i))
		}
	})
	bubble(t, e, Options{}, func(h *harness) {
		h.cell("x")
		h.settle()
		text, n := h.streams("stdout")
		if n > 10 || strings.Count(text, "\n") != 10_000 || !strings.HasSuffix(text, "\n9999\n") {
			t.Errorf("%d messages with %d lines", n, strings.Count(text, "\n"))
		}
	})
}

// A cell that turns from one stream to the other all the time keeps their order as long as a front end bears
// so many messages, and then loses the order of moments, but no text.
func TestManyTurns(t *testing.T) {
	for _, turns := range []int{100, 10_000} {
		e := showing(func(out Output) {
			for i := range turns {
				write(out, "stdout", fmt.Sprintln("out", i))
				write(out, "stderr", fmt.Sprintln("err", i))
			}
			out.Display(plain("last"))
		})
		bubble(t, e, Options{}, func(h *harness) {
			h.cell("x")
			h.settle()
			var want [2]strings.Builder
			for i := range turns {
				fmt.Fprintln(&want[0], "out", i)
				fmt.Fprintln(&want[1], "err", i)
			}
			stdout, n := h.streams("stdout")
			stderr, m := h.streams("stderr")
			if stdout != want[0].String() || stderr != want[1].String() {
				t.Errorf("%d turns: %d and %d bytes", turns, len(stdout), len(stderr))
			}
			if n+m > max(2*100, switchLimit+20) || turns == 100 && n+m != 200 {
				t.Errorf("%d turns: %d messages", turns, n+m)
			}
			var order []string
			for _, msg := range h.messages() {
				order = append(order, msg.Type)
			}
			if k := len(order); order[k-3] != "display_data" {
				t.Errorf("%d turns: the display is not last: %v", turns, order[k-5:])
			}
		})
	}
}

// What waits of both streams is sent in the order in which it began.
func TestTurnsKeepTheOrderOfBeginning(t *testing.T) {
	var got []string
	o := newOutput(-1, 1, func(_ string, content any) { got = append(got, content.(stream).Name+" "+content.(stream).Text) })
	o.since, o.turns = time.Now(), switchLimit
	o.text.name = "stdout"
	for _, s := range []string{"a", "b", "c"} {
		write(o, "stdout", s)
		write(o, "stderr", strings.ToUpper(s))
	}
	o.sync()
	write(o, "stderr", "D")
	write(o, "stdout", "d")
	o.end()
	if want := "stdout abc stderr ABC stderr D stdout d"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// streams joins the text of a stream, and counts its messages.
func (h *harness) streams(name string) (text string, messages int) {
	var b strings.Builder
	for _, m := range h.messages() {
		if m.Type == "stream" && m.fields["name"] == name {
			b.WriteString(m.fields["text"].(string))
			messages++
		}
	}
	return b.String(), messages
}

// One huge write is cut into messages of a sensible size, between runes.
func TestHugeWrite(t *testing.T) {
	huge := strings.Repeat("é€😀", 200_000)
	bubble(t, showing(func(out Output) { write(out, "stdout", huge) }), Options{}, func(h *harness) {
		h.cell("x")
		h.settle()
		text, n := h.streams("stdout")
		if text != huge || n < 20 || n > 40 {
			t.Errorf("%d bytes in %d messages", len(text), n)
		}
		for _, m := range h.messages() {
			if len(m.Content) > 2*flushSize {
				t.Errorf("a message of %d bytes", len(m.Content))
			}
			if bytes.Contains(m.Content, []byte("�")) {
				t.Error("a rune was split")
			}
		}
	})
}

// What is printed when the cell has ended belongs to the cell still, comes soon, and its halves and cuts are
// settled when the next cell begins.
func TestLateOutput(t *testing.T) {
	var out Output
	e := &fakeEngine{run: func(_ context.Context, _ Cell, o Output) Outcome { out = o; return Outcome{} }}
	bubble(t, e, Options{StreamLimit: 10}, func(h *harness) {
		first := h.cell("a")
		h.settle()
		h.forget()
		write(out, "stdout", "late\xc3")
		time.Sleep(50 * time.Millisecond)
		h.of(first, `stdout "late"`)
		out.Display(plain("picture"))
		write(out, "stdout", "012345678")
		h.forget()
		h.cell("b")
		h.settle()
		h.of(first, "stderr \"[output cut: 4 bytes not shown]\\n\"")
	})
}

// Late output after a silent cell goes to the cell before it.
func TestLateOutputAfterSilent(t *testing.T) {
	var outs []Output
	e := &fakeEngine{run: func(_ context.Context, _ Cell, o Output) Outcome {
		outs = append(outs, o)
		write(o, "stdout", "now")
		o.Display(plain("now"))
		o.Update(plain("now"))
		o.Clear(false)
		o.Result(plain("now"))
		return Outcome{}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		h.cell("zero", `"silent":true`)
		h.settle()
		write(outs[0], "stdout", "lost: there is no cell to show it")
		h.cell("one")
		h.cell("two", `"silent":true`)
		h.settle()
		h.of("3", "busy", "execute_reply ok [1]", "idle")
		h.forget()
		write(outs[2], "stdout", "late")
		outs[2].Display(plain("d"))
		outs[2].Update(plain("u"))
		outs[2].Clear(false)
		h.settle()
		h.want(`2 stdout "late"`, "2 display_data d", "2 update_display_data u", `2 clear_output {"wait":false}`)
	})
}

// Many goroutines may print at once, also past the end of their cell.
func TestConcurrentOutput(t *testing.T) {
	var wg sync.WaitGroup
	e := showing(func(out Output) {
		for i := range 50 {
			wg.Go(func() {
				for range 100 {
					write(out, []string{"stdout", "stderr"}[i%2], "0123456789")
					if i == 7 {
						out.Display(plain("d"))
					}
				}
			})
		}
	})
	bubble(t, e, Options{}, func(h *harness) {
		h.cell("x")
		h.settle()
		wg.Wait()
		h.settle()
		a, _ := h.streams("stdout")
		b, _ := h.streams("stderr")
		if len(a) != 25_000 || len(b) != 25_000 {
			t.Errorf("%d and %d bytes", len(a), len(b))
		}
	})
}
