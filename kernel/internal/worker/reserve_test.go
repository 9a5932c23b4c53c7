package worker

import (
	"strings"
	"testing"
	"time"
)

// A cell that opens files, pipes or sockets until it can open no more does not keep the next one from being loaded, from
// having standard input, and from closing them. The reader is told how many are open.
func TestLeakedDescriptors(t *testing.T) {
	for _, symbol := range []string{"LeakFiles", "LeakPipes", "LeakSockets"} {
		t.Run(symbol, func(t *testing.T) {
			w, rec := start(t, nil)
			do(t, w, symbol)
			if text := strings.Join(rec.lines(), "\n"); !strings.Contains(text, "too many open files") {
				t.Fatalf("the cell has not come to the limit: %s", text)
			}
			rec.reset(false)
			do(t, w, "Nothing")
			text := strings.Join(rec.lines(), "\n")
			if !strings.Contains(text, "your cells hold 2") || !strings.Contains(text, "the limit is 300") || !strings.Contains(text, "%reset") {
				t.Errorf("the next cell says %q", text)
			}
			if strings.Contains(text, "standard input") {
				t.Errorf("the next cell has no standard input of its own: %s", text)
			}
			for range 3 { // each needs descriptors anew
				e, err := w.Run(deadline(t, 10*time.Second), Call{ID: calls(), Plugin: built.init, Symbol: "Never"})
				if err == nil && (e.Panic == nil || e.Panic.Text != "not today") || err != nil && !strings.Contains(err.Error(), "not today") {
					t.Fatalf("another plugin is not loaded: %+v, %v", e.Panic, err)
				}
			}
			do(t, w, "CloseLeaked")
			rec.reset(false)
			do(t, w, "Nothing")
			if text := strings.Join(rec.lines(), "\n"); text != "" {
				t.Errorf("after the files are closed a cell says %q", text)
			}
		})
	}
}
