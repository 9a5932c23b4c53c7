package gopls

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The test binary is a false gopls when it is told so.
func TestMain(m *testing.M) {
	if how := os.Getenv("FALSE_GOPLS"); how != "" {
		falseServer(how, os.Stdin, os.Stdout)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// falseServer answers as gopls would, with what it was shown: completion with the words of the line before the
// position, hover with the line, signature help with the file's name. how tells what it does wrong.
func falseServer(how string, in io.Reader, out io.Writer) {
	r := bufio.NewReader(in)
	files := map[string]string{}
	send := func(m map[string]any) {
		m["jsonrpc"] = "2.0"
		body, _ := json.Marshal(m)
		fmt.Fprintf(out, "Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n%s", len(body), body)
	}
	if how == "silent" {
		io.Copy(io.Discard, in)
		return
	}
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		var p struct {
			TextDocument struct {
				URI, Text  string
				LanguageID string
				Version    int
			}
			ContentChanges []struct{ Text string }
			Position       position
		}
		json.Unmarshal(m.Params, &p)
		name := filepath.Base(p.TextDocument.URI)
		line := func() string {
			lines := strings.Split(files[name], "\n")
			return string([]rune(lines[p.Position.Line]))
		}
		reply := func(result any) { send(map[string]any{"id": m.ID, "result": result}) }
		switch m.Method {
		case "initialize":
			send(map[string]any{"method": "window/logMessage", "params": map[string]any{"message": "hello"}})
			send(map[string]any{"id": "gopls-1", "method": "client/registerCapability", "params": map[string]any{}})
			reply(map[string]any{"capabilities": map[string]any{}})
		case "textDocument/didOpen":
			if _, open := files[name]; open || p.TextDocument.LanguageID != "go" {
				panic("opened twice, or of no language")
			}
			files[name] = p.TextDocument.Text
		case "textDocument/didChange":
			files[name] = p.ContentChanges[0].Text
		case "textDocument/didClose":
			delete(files, name)
		case "textDocument/completion":
			switch how {
			case "dies":
				return
			case "garbage":
				fmt.Fprint(out, "Content-Length: 99999999999\r\n\r\n")
				continue
			case "error":
				send(map[string]any{"id": m.ID, "error": map[string]any{"code": -32603, "message": "no package"}})
				continue
			case "slow":
				time.Sleep(100 * time.Millisecond)
			}
			var items []map[string]any
			for i, word := range strings.Fields(line()) {
				items = append(items, map[string]any{"label": word, "kind": []int{3, 6, 99}[i%3], "detail": "func()",
					"textEdit": map[string]any{"range": span{position{p.Position.Line, 0}, p.Position}, "newText": word}})
			}
			reply(map[string]any{"isIncomplete": true, "items": items})
		case "textDocument/hover":
			if line() == "" {
				reply(nil)
				continue
			}
			reply(map[string]any{"contents": map[string]any{"kind": "markdown", "value": line()}})
		case "textDocument/signatureHelp":
			reply(map[string]any{"activeParameter": 1, "signatures": []map[string]any{{
				"label": "f(a int, b int)", "documentation": map[string]any{"kind": "markdown", "value": fmt.Sprint(len(files))},
				"parameters": []map[string]any{{"label": "a int"}, {"label": "b int"}},
			}}})
		default:
			if len(m.ID) > 0 && m.Method != "" {
				panic("unknown request " + m.Method)
			}
		}
	}
}

// falseTool is a false gopls as a tool.
func falseTool(t *testing.T) Tool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return Tool{Program: self, data: filepath.Join(dir, "data"), config: filepath.Join(dir, "config")}
}

func startFalse(t *testing.T, how string) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{Tool: falseTool(t), Dir: t.TempDir(), Env: append(os.Environ(), "FALSE_GOPLS="+how)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRequests(t *testing.T) {
	s := startFalse(t, "well")
	files := Files{"a.go": "one two 😀 three x\n", "b.go": "b"}
	at := Place{"a.go", len("one two 😀 three x")}
	got, err := s.Complete(t.Context(), files, at)
	want := []Candidate{{"one", "function", "func()", 0, at.Offset}, {"two", "variable", "func()", 0, at.Offset}, {"😀", "", "func()", 0, at.Offset},
		{"three", "function", "func()", 0, at.Offset}, {"x", "variable", "func()", 0, at.Offset}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	// What was shown changes, is added and goes.
	d, err := s.Describe(t.Context(), Files{"a.go": "\nother\n", "c.go": "c", "d.go": "d"}, &Place{"a.go", 3}, &Place{"c.go", 0})
	if err != nil || d.Hover != "other" || d.Call == nil || *d.Call != (Signature{"f(a int, b int)", "3", "b int"}) {
		t.Errorf("%+v, %+v, %v", d, d.Call, err)
	}
	d, err = s.Describe(t.Context(), Files{"a.go": "\n"}, &Place{"a.go", 0}, nil)
	if err != nil || d != (Description{}) {
		t.Errorf("of nothing: %+v, %v", d, err)
	}
	if err := s.Reload(); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := startFalse(t, "well")
	errs := make(chan error)
	for i := range 20 {
		go func() {
			word := fmt.Sprint("word", i)
			got, err := s.Complete(context.Background(), Files{"a.go": word}, Place{"a.go", len(word)})
			if err == nil && (len(got) != 1 || got[0].Text != word) {
				err = fmt.Errorf("%s: %+v", word, got)
			}
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestRefusal(t *testing.T) {
	s := startFalse(t, "error")
	var refusal *ResponseError
	if _, err := s.Complete(t.Context(), Files{"a.go": "x"}, Place{"a.go", 1}); !errors.As(err, &refusal) || refusal.Message != "no package" {
		t.Errorf("%v", err)
	}
}

// An answer that is late is not waited for by who asked, but by the next question.
func TestLateAnswer(t *testing.T) {
	s := startFalse(t, "slow")
	files := Files{"a.go": "x"}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := s.Complete(ctx, files, Place{"a.go", 1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if got, err := s.Complete(t.Context(), files, Place{"a.go", 1}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A server that dies, or says what cannot be read, ends, and every question with it.
func TestEnd(t *testing.T) {
	for _, how := range []string{"dies", "garbage"} {
		s := startFalse(t, how)
		for range 2 {
			if _, err := s.Complete(t.Context(), Files{"a.go": "x"}, Place{"a.go", 1}); !errors.Is(err, errEnded) {
				t.Errorf("%s: %v", how, err)
			}
		}
		<-s.Done()
	}
}

func TestStartFails(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{Tool: falseTool(t), Dir: t.TempDir(), Env: append(os.Environ(), "FALSE_GOPLS=silent")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
	tool := falseTool(t)
	tool.Program = filepath.Join(t.TempDir(), "nothing")
	if _, err := Start(t.Context(), Options{Tool: tool, Dir: t.TempDir()}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func TestPositions(t *testing.T) {
	const text = "ab\näöü😀x\n\n日本"
	for _, c := range []struct {
		offset int
		want   position
	}{
		{0, position{0, 0}}, {2, position{0, 2}}, {3, position{1, 0}}, {5, position{1, 1}},
		{9, position{1, 3}}, {13, position{1, 5}}, {14, position{1, 6}}, {15, position{2, 0}}, {16, position{3, 0}}, {19, position{3, 1}}, {22, position{3, 2}},
	} {
		if got := positionOf(text, c.offset); got != c.want {
			t.Errorf("%d: %v, want %v", c.offset, got, c.want)
		}
		if got := offsetOf(text, c.want); got != c.offset {
			t.Errorf("%v: %d, want %d", c.want, got, c.offset)
		}
	}
	for p, want := range map[position]int{{0, 99}: 2, {9, 0}: len(text), {1, 4}: 9} { // behind the end; between two halves
		if got := offsetOf(text, p); got != want {
			t.Errorf("%v: %d, want %d", p, got, want)
		}
	}
	if got := positionOf(text, 4); got != (position{1, 0}) { // inside of ä
		t.Errorf("%v", got)
	}
}

func FuzzPositions(f *testing.F) {
	f.Add("ab\näöü😀x\n\n日本", 7)
	f.Add("\xff\n", 1)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		got := offsetOf(text, positionOf(text, offset))
		if got > len(text) || got < 0 || offset >= 0 && got > offset || positionOf(text, got) != positionOf(text, offset) {
			t.Errorf("%q: %d became %d", text, offset, got)
		}
	})
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}"))
	f.Add([]byte("Content-Length: -1\r\n\r\n"))
	f.Add([]byte("Content-Length: 9\r\n\r\n{\"id\":1}"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newConn(io.Discard)
		if err := c.read(strings.NewReader(string(data))); err == nil {
			t.Error("it never ends")
		}
		if err := c.call(t.Context(), "x", nil, nil); !errors.Is(err, errEnded) {
			t.Errorf("%v", err)
		}
	})
}

func TestTool(t *testing.T) {
	if v := Version(); !strings.HasPrefix(v, "v0.") {
		t.Errorf("version %s", v)
	}
	tool, err := At(t.TempDir())
	if err != nil || tool.Built() || !strings.Contains(filepath.Base(tool.Program), Version()) {
		t.Errorf("%+v, %v", tool, err)
	}
	// A go command that fails: its words are in the error, and nothing is left behind but the lock, which a process may hold.
	failing := filepath.Join(t.TempDir(), "go")
	if err := os.WriteFile(failing, []byte("#!/bin/sh\necho no network >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := tool.Build(t.Context(), failing, nil); err == nil || !strings.Contains(err.Error(), "no network") || tool.Built() {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(tool.Program)); len(left) > 1 || len(left) == 1 && left[0].Name() != ".lock" {
		t.Errorf("left: %v", left)
	}
}

// TestBuild builds gopls with a go command that only says so, beside others that are used and are not.
func TestBuild(t *testing.T) {
	tool, err := At(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(tool.Program)
	old, other := filepath.Join(root, "gopls-v0.0.1-x"), filepath.Join(root, "gopls-v0.0.2-y")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		old: "", other: "",
		filepath.Join(root, "go"): `#!/bin/sh
[ -s go.mod ] && [ -s go.sum ] || { echo no module; exit 1; }
case $1 in
list) printf 'a\nb\nc\n' ;;
build) printf 'b\nc\n' >&2; echo '#!/bin/sh' >gopls; chmod +x gopls ;;
esac
`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-keep - time.Hour)
	for _, program := range []string{old, other} {
		if err := os.Chtimes(program, long, long); err != nil {
			t.Fatal(err)
		}
	}
	Tool{Program: other}.used()
	var steps []Step
	for range 2 { // the second has nothing to do
		if err := tool.Build(t.Context(), filepath.Join(root, "go"), func(s Step) { steps = append(steps, s) }); err != nil {
			t.Fatal(err)
		}
	}
	if want := []Step{{0, 3, ""}, {1, 3, "b"}, {2, 3, "c"}}; !slices.Equal(steps, want) || !tool.Built() {
		t.Errorf("%v, built %v", steps, tool.Built())
	}
	if err := os.Truncate(tool.Program, 5); err != nil {
		t.Fatal(err)
	}
	if tool.Built() {
		t.Error("built, though it was cut off")
	}
	if err := tool.Build(t.Context(), filepath.Join(root, "go"), nil); err != nil || !tool.Built() {
		t.Errorf("after it was cut off: %v, built %v", err, tool.Built())
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the older one is still there")
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("one that another kernel uses is gone")
	}
}
