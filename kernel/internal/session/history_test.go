package session

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a\nb", true}, {"**", "a", true},
		{"?", "é", true}, {"?", "", false}, {"?", "ab", false},
		{"a*", "abc", true}, {"a*", "ba", false}, {"*c", "abc", true}, {"*b*", "abc", true}, {"*x*", "abc", false},
		{"a*c*e", "abcde", true}, {"a*c*e", "abcdef", false}, {"a?c", "abc", true}, {"*?c", "abc", true},
		{"x[i]*", "x[i] = 1", true}, {"x[i]*", "xi = 1", false}, {`a\*`, `a\b`, true}, {"A*", "a", false},
		{strings.Repeat("*a", 50) + "b", strings.Repeat("a", 5000), false}, // must not take for ever
	}
	for _, test := range tests {
		if got := glob(test.pattern, test.text); got != test.want {
			t.Errorf("glob(%.20q, %.20q) = %t", test.pattern, test.text, got)
		}
	}
}

// history asks for history and returns the rows.
func (h *harness) rows(content string) string {
	h.t.Helper()
	f := h.ask("history_request", content)
	if f["status"] != "ok" {
		h.t.Errorf("%s: %v", content, f)
	}
	return fmt.Sprint(f["history"])
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache", "history.jsonl")
	session := func(test func(h *harness)) {
		bubble(t, printing(), Options{HistoryFile: path}, test)
	}
	session(func(h *harness) {
		if got := h.rows(`{"hist_access_type":"tail","n":5}`); got != "[]" {
			t.Errorf("a new history holds %s", got)
		}
		h.cell("=old")
		h.cell("fail")
		h.settle()
		// It is in the file at once: a kernel that is killed loses nothing.
		content, err := os.ReadFile(path)
		if past, _ := parseHistory(content); err != nil || len(past) != 2 {
			t.Errorf("the file holds %v, %v", past, err)
		}
	})
	session(func(h *harness) {
		h.cell("=middle")
		h.settle()
	})
	session(func(h *harness) {
		for _, code := range []string{"=a1", "b", "=a1", "a2"} {
			h.cell(code)
		}
		h.cell("=unseen", `"store_history":false`)
		h.cell("=unseen", `"silent":true`)
		h.cell("  ")
		h.settle()
		tests := []struct{ ask, want string }{
			{`{"hist_access_type":"tail","n":2}`, "[[3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"tail","n":5,"output":false,"raw":true}`, "[[2 1 =middle] [3 1 =a1] [3 2 b] [3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"tail","n":100}`, "[[1 1 =old] [1 2 fail] [2 1 =middle] [3 1 =a1] [3 2 b] [3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"tail","n":0}`, "[]"},
			{`{"hist_access_type":"tail","n":-1}`, "[]"},
			{`{"hist_access_type":"tail","n":2,"output":true}`, "[[3 3 [=a1 a1]] [3 4 [a2 <nil>]]]"},
			{`{"hist_access_type":"range","session":0,"start":2,"stop":4}`, "[[3 2 b] [3 3 =a1]]"},
			{`{"hist_access_type":"range","session":3,"start":2,"stop":3}`, "[[3 2 b]]"},
			{`{"hist_access_type":"range","start":0}`, "[[3 1 =a1] [3 2 b] [3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"range","start":3,"stop":null}`, "[[3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"range","start":-2}`, "[[3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"range","start":1,"stop":-1}`, "[[3 1 =a1] [3 2 b] [3 3 =a1]]"},
			{`{"hist_access_type":"range","session":-1,"start":1,"output":true}`, "[[2 1 [=middle middle]]]"},
			{`{"hist_access_type":"range","session":-2,"start":1,"stop":2}`, "[[1 1 =old]]"},
			{`{"hist_access_type":"range","session":1,"start":2,"stop":99}`, "[[1 2 fail]]"},
			{`{"hist_access_type":"range","session":-7}`, "[]"},
			{`{"hist_access_type":"range","session":99}`, "[]"},
			{`{"hist_access_type":"search","pattern":"*a?"}`, "[[3 1 =a1] [3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"search","pattern":"*a1","unique":true}`, "[[3 3 =a1]]"},
			{`{"hist_access_type":"search","pattern":"*a?","n":2}`, "[[3 3 =a1] [3 4 a2]]"},
			{`{"hist_access_type":"search","pattern":"*a?","n":1,"unique":true,"output":true}`, "[[3 4 [a2 <nil>]]]"},
			{`{"hist_access_type":"search","pattern":"=old*"}`, "[[1 1 =old]]"},
			{`{"hist_access_type":"search","pattern":"[a*"}`, "[]"},
			{`{"hist_access_type":"search"}`, "[[1 1 =old] [1 2 fail] [2 1 =middle] [3 1 =a1] [3 2 b] [3 3 =a1] [3 4 a2]]"},
		}
		for _, test := range tests {
			if got := h.rows(test.ask); got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.ask, got, test.want)
			}
		}
	})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// The history keeps the text of a result, whether the engine gives it as text or encoded, and not without end.
func TestHistoryOutput(t *testing.T) {
	long := strings.Repeat("ä", keptResult)
	for _, test := range []struct {
		data any
		want string
	}{
		{"plain", `"plain"`}, {json.RawMessage(`"enc\"oded"`), `"enc\"oded"`}, {json.RawMessage(`{"not":"text"}`), "null"}, {nil, "null"},
		{long, `"` + long[:keptResult] + `…"`}, {"a" + long, `"a` + long[:keptResult-2] + `…"`},
	} {
		bubble(t, showing(func(out Output) { out.Result(Bundle{Data: map[string]any{"text/plain": test.data}}) }), Options{}, func(h *harness) {
			h.cell("x")
			h.settle()
			id := h.send("history_request", `{"hist_access_type":"tail","n":1,"output":true}`)
			h.settle()
			if got, want := string(h.reply(id).Content), `{"history":[[1,1,["x",`+test.want+`]]],"status":"ok"}`; got != want {
				t.Errorf("%.50v: got %.100s, want %.100s", test.data, got, want)
			}
		})
	}
}

func TestHistoryWhileACellRuns(t *testing.T) {
	e := newHeld()
	bubble(t, e.fakeEngine, Options{}, func(h *harness) {
		e.open()
		h.cell("x")
		h.settle()
		if got := h.rows(`{"hist_access_type":"tail","n":1}`); got != "[[1 1 x]]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestHistoryFile(t *testing.T) {
	tests := map[string]struct {
		content string
		entries []entry
		next    int
	}{
		"none":    {"", nil, 1},
		"a start": {`{"session":4,"line":0,"in":""}` + "\n", nil, 5},
		"disorder": {
			`{"session":2,"line":1,"in":"c"}` + "\n" + `{"session":1,"line":2,"in":"b"}` + "\n" + `{"session":1,"line":1,"in":"a","out":"A"}` + "\n",
			[]entry{{1, 1, "a", "A"}, {1, 2, "b", ""}, {2, 1, "c", ""}}, 3,
		},
		"damage": {
			"\x00\xff\n[]\n7\n{\"session\":\"x\"}\n" + `{"session":-3,"line":1}` + "\n" + `{"session":1,"line":1,"in":"a"}` + "\n" + `{"session":1,"line":2,"in":"cut`,
			[]entry{{1, 1, "a", ""}}, 2,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "h")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			f := &historyFile{path: path}
			past, next, err := f.open()
			if err != nil || !slices.Equal(past, test.entries) || next != test.next {
				t.Errorf("got %v, %d, %v", past, next, err)
			}
			if err := f.append([]entry{{next, 1, "new\nlines", "out"}}); err != nil {
				t.Fatal(err)
			}
			again, _, err := f.open()
			if want := append(test.entries, entry{next, 1, "new\nlines", "out"}); err != nil || !slices.Equal(again, want) {
				t.Errorf("after a write: %v, %v, want %v", again, err, want)
			}
		})
	}
}

// Kernels that start at the same time get numbers of their own, and lose nothing of each other.
func TestHistoryFileShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			f := &historyFile{path: path}
			_, n, err := f.open()
			if err != nil {
				t.Error(err)
			}
			for line := range 20 {
				if err := f.append([]entry{{n, line + 1, "code", ""}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	past, next, err := (&historyFile{path: path}).open()
	if err != nil || len(past) != 160 || next != 9 {
		t.Errorf("%d entries, next session %d, %v", len(past), next, err)
	}
	for i, e := range past {
		if e.Session != i/20+1 || e.Line != i%20+1 {
			t.Fatalf("entry %d is %v", i, e)
		}
	}
}

func TestHistoryFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h")
	f := &historyFile{path: path}
	var all []entry
	for i := range 5000 {
		all = append(all, entry{1, i + 1, strings.Repeat("x", 1000), ""})
	}
	if err := f.append(all); err != nil {
		t.Fatal(err)
	}
	past, next, err := f.open()
	if err != nil || next != 2 || len(past) < 1000 || len(past) > 3000 || past[len(past)-1].Line != 5000 {
		t.Errorf("%d entries are left, next session %d, %v", len(past), next, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > historySize/2+1000 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
}

// Without a place to write, history works in memory; what was run is written once there is one.
func TestHistoryWithoutFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "history")
	bubble(t, printing(), Options{HistoryFile: path}, func(h *harness) {
		h.cell("=1")
		h.settle()
		if got := h.rows(`{"hist_access_type":"tail","n":9}`); got != "[[1 1 =1]]" {
			t.Errorf("got %s", got)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		other := &historyFile{path: path} // of a kernel that takes the first number meanwhile
		if _, n, err := other.open(); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if err := other.append([]entry{{1, 1, "other", ""}}); err != nil {
			t.Fatal(err)
		}
		h.cell("=2")
		h.settle()
		if got := h.rows(`{"hist_access_type":"tail","n":9}`); got != "[[1 1 other] [2 1 =1] [2 2 =2]]" {
			t.Errorf("got %s", got)
		}
	})
	past, next, err := (&historyFile{path: path}).open()
	if want := []entry{{1, 1, "other", ""}, {2, 1, "=1", "1"}, {2, 2, "=2", "2"}}; err != nil || next != 3 || !slices.Equal(past, want) {
		t.Errorf("the file holds %v, next session %d, %v", past, next, err)
	}
}

func FuzzHistoryFile(f *testing.F) {
	f.Add([]byte(`{"session":1,"line":1,"in":"a"}` + "\n"))
	f.Add([]byte("\x00{\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		entries, next := parseHistory(content)
		for _, e := range entries {
			if e.Session < 1 || e.Session >= next || e.Line < 1 {
				t.Fatalf("entry %v, next session %d", e, next)
			}
		}
	})
}
