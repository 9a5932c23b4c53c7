package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/packages"
)

// undefinedEngine is an engine that checks cells and runs none, in a folder of the test's own. Its toolchain writes into a log what it's
// asked to do, and refuses.
func undefinedEngine(t testing.TB, dir string) (e *Engine, log string) {
	t.Helper()
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	b, err := link.Open(t.Context(), link.Options{Dir: dir, Sources: sources, Mode: link.Thin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	e = &Engine{o: Options{Dir: dir}, builder: b, log: slog.New(slog.DiscardHandler), cells: &faults.Cells{}}
	e.saved = &savedFile{e: e}
	e.checker = compile.NewChecker(packages.Of(b, e.log, e.saved.declaredIn), compile.Language{Version: b.Module().Lang})
	tools := t.TempDir()
	log = filepath.Join(tools, "log")
	for _, name := range []string{"go", "compile", "link"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\necho \"$0 $*\" >>"+log+"\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tool := b.Toolchain()
	tool.Go, tool.Tools = filepath.Join(tools, "go"), tools
	return e, log
}

// faults are the messages about a cell.
func faultsOf(t testing.TB, e *Engine, code string) (list []string) {
	t.Helper()
	syn, errs := cell.Parse(cell.NewText(code), code)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	_, diags, err := e.checker.Compile(t.Context(), compile.NewState(), syn)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diags {
		list = append(list, d.Message)
	}
	return list
}

// undefinedCells use names that nothing declares, and that packages of the kernel's own tools have: chromedp, nats-server, pprof, kong.
var undefinedCells = []string{
	"server.Start()", "server.VERSION", "client.Do()", "worker.Run()", "pool.Get()", "queue.Push(1)", "counter.Inc()", "account.Deposit(1)", "cache.Get(1)",
	"graph.Add(1)", "node.Next()", "test.Foo()", "logger.Info(1)", "page.Enable()", "target.StateActive", "profile.Profile{}.Period", "network.Headers{}",
	"kong.Parse()", "jwt.Decode()", "nats.Connect()", "nkeys.FromSeed()", "benchfmt.NewReader()", "chacha20.NewUnauthenticatedCipher()", "tree.New(1)", "layout.Foo()",
	"conn.Close()", "msg.Send()", "user.Name()", "item.Price", "shape.Area()", "config.Load()", "db.Query(1)", "store.Put(1)", "lock.Acquire()", "barrier.Wait()",
	"ticker.Reset(1)", "buffer.Flush()", "stage.Run()", "pipeline.Start()", "job.Do()", "task.Run()", "result.Value", "event.Publish()", "bus.Emit()", "actor.Tell(1)",
	"session.Open()", "model.Fit()", "matrix.Mul()", "vec.Dot()", "parser.Next()",
}

// TestUndefinedRunsNothing: an undefined name is answered from what is at hand. No go command runs, and nothing is compiled.
func TestUndefinedRunsNothing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module interleave.test/mine\n\ngo 1.26\n\nrequire interleave.test/other v0.0.0\n\nreplace interleave.test/other => ./other\n",
		"server/server.go": "package server\n\nfunc Listen() {}\n\nfunc hidden() {}\n",
		"other/go.mod":     "module interleave.test/other\n\ngo 1.26\n",
		"other/pool/p.go":  "package pool\n\ntype Pool struct{}\n\nfunc (Pool) Get() {}\n\nvar (\n\tA, B = 1, 2\n)\n",
	} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for what, dir := range map[string]string{"a folder without a module": t.TempDir(), "a module": dir} {
		t.Run(what, func(t *testing.T) {
			e, log := undefinedEngine(t, dir)
			for _, code := range append(slices.Clone(undefinedCells), "server.hidden()") {
				name, _, _ := strings.Cut(code, ".")
				if got := faultsOf(t, e, code); len(got) == 0 || !strings.HasPrefix(got[0], "undefined: "+name) && name != "parser" {
					t.Errorf("%s: %q", code, got)
				}
			}
			if ran, err := os.ReadFile(log); err == nil {
				t.Errorf("it ran %s", ran)
			}
		})
	}
	e, log := undefinedEngine(t, dir) // where there is such a package, it's what is meant, and has to be built
	for _, code := range []string{"server.Listen()", "pool.B"} {
		os.Remove(log)
		got := faultsOf(t, e, code)
		if len(got) != 1 || !strings.Contains(got[0], "and cannot be imported") {
			t.Errorf("%s: %q", code, got)
		}
		if ran, err := os.ReadFile(log); err != nil || !strings.Contains(string(ran), "/go list") {
			t.Errorf("%s ran %q, %v", code, ran, err)
		}
	}
}

// BenchmarkUndefined measures how long it takes to say that a name is undefined, in a folder without a module; p95 is that of all names and
// runs.
func BenchmarkUndefined(b *testing.B) {
	e, _ := undefinedEngine(b, b.TempDir())
	var took []time.Duration
	for b.Loop() {
		for _, code := range undefinedCells {
			began := time.Now()
			faultsOf(b, e, code)
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// TestDeclaredElsewhere: the notebook's file tells which cell declares an undefined name and was not run.
func TestDeclaredElsewhere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "n.ipynb")
	e := &Engine{o: Options{Dir: dir, Env: []string{"JPY_SESSION_NAME=" + file}}, cells: &faults.Cells{}}
	e.saved = &savedFile{e: e}
	save := func(cells ...any) {
		t.Helper()
		var list []any
		for _, source := range cells {
			list = append(list, map[string]any{"cell_type": "code", "metadata": map[string]any{}, "outputs": []any{}, "source": source})
		}
		data, err := json.Marshal(map[string]any{"cells": list, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 5})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name, want string) {
		t.Helper()
		if got := e.saved.declaredIn(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check("Server", "")
	server := "\n// a server\ntype Server struct {\n\tn int\n}"
	save(server, []string{"%time\n", "var a, b = 1, 2\n", "c, _ := f()"}, "func (s Server) Start() {}\nfunc f() (int, int) { return 1, 2 }", "this is no Go", "%%bash\nd := 1",
		"import m \"math\"\nconst veryLongNamesAreCutWhereTheyWouldFillTheLine, second = 1, 2")
	unrun := "it is declared in the cell that begins with `%s`, which has not been run in this session"
	check("Server", fmt.Sprintf(unrun, "// a server"))
	check("a", fmt.Sprintf(unrun, "var a, b = 1, 2"))
	check("c", fmt.Sprintf(unrun, "var a, b = 1, 2"))
	check("f", fmt.Sprintf(unrun, "func (s Server) Start() {}"))
	check("second", fmt.Sprintf(unrun, "import m \"math\""))
	check("m", fmt.Sprintf(unrun, "import m \"math\""))
	for _, none := range []string{"Start", "d", "_", "n", "this", ""} {
		check(none, "")
	}
	e.cells.Remember(cell.NewText(server), 3)
	check("Server", "") // it ran, and something else has taken the name away
	e.cells.Ended(cell.NewText(server).ID, true)
	check("Server", "it is declared in In[3], which failed")
	e.cells.Reset()
	check("Server", "it is declared in the cell that begins with `// a server`, which has not been run since %reset")
	save("type Client struct{}")
	check("Server", "")
	check("Client", fmt.Sprintf(unrun, "type Client struct{}"))
	for _, broken := range []string{"", "{", "[]", `{"cells": 1}`, `{"cells": [{"cell_type": "code", "source": 1}]}`} {
		if err := os.WriteFile(file, []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		check("Client", "")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	check("Client", "")
}
