package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// completion is what a client reads in complete_reply.
type completion struct {
	Status   string
	Matches  []string
	Start    int `json:"cursor_start"`
	End      int `json:"cursor_end"`
	Metadata struct {
		Types []matchType `json:"_jupyter_types_experimental"`
	}
	took time.Duration
}

type matchType struct {
	Start, End            int
	Text, Type, Signature string
}

// typ is what the metadata say of a match.
func (c completion) typ(text string) matchType {
	for _, t := range c.Metadata.Types {
		if t.Text == text {
			return t
		}
	}
	return matchType{}
}

// cursorMark stands in the code of these tests where the cursor is.
const cursorMark = "‸"

// cursor takes the mark out and returns where it stood, in code points.
func cursor(t testing.TB, code string) (string, int) {
	t.Helper()
	before, after, ok := strings.Cut(code, cursorMark)
	if !ok {
		t.Fatalf("no cursor in %q", code)
	}
	return before + after, len([]rune(before))
}

func complete(t testing.TB, k *kerneltest.Kernel, code string) completion {
	t.Helper()
	text, at := cursor(t, code)
	from := time.Now()
	r, err := k.Request(t.Context(), wire.Shell, "complete_request", map[string]any{"code": text, "cursor_pos": at})
	if err != nil {
		t.Fatal(err)
	}
	c := completion{took: time.Since(from)}
	if err := json.Unmarshal(r.Reply.Content, &c); err != nil || c.Status != "ok" {
		t.Fatalf("%s, %v", r.Reply.Content, err)
	}
	if len(c.Metadata.Types) != len(c.Matches) {
		t.Errorf("%q: %d matches and %d types", code, len(c.Matches), len(c.Metadata.Types))
	}
	return c
}

// inspect returns what Shift-Tab shows, as text and as Markdown.
func inspect(t testing.TB, k *kerneltest.Kernel, code string) (plain, markdown string) {
	t.Helper()
	text, at := cursor(t, code)
	r, err := k.Request(t.Context(), wire.Shell, "inspect_request", map[string]any{"code": text, "cursor_pos": at, "detail_level": 0})
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Status string
		Found  bool
		Data   map[string]string
	}
	if err := json.Unmarshal(r.Reply.Content, &c); err != nil || c.Status != "ok" || c.Found != (len(c.Data) == 2) {
		t.Fatalf("%s, %v", r.Reply.Content, err)
	}
	return c.Data["text/plain"], c.Data["text/markdown"]
}

// buildGopls builds gopls into the user's cache, as install does.
func buildGopls(t testing.TB) gopls.Tool {
	t.Helper()
	tool, err := gopls.At("")
	if err != nil {
		t.Fatal(err)
	}
	if err := tool.Build(context.Background(), "go", nil); err != nil {
		t.Fatalf("%v\nCure: the first build needs a network; then go run ./kernel install builds it", err)
	}
	return tool
}

// withGopls starts a kernel and waits until gopls answers in it.
func withGopls(t testing.TB) *kerneltest.Kernel {
	t.Helper()
	buildGopls(t)
	k := start("")(t)
	awaitGopls(t, k)
	return k
}

// awaitGopls waits until a question is answered that the kernel itself has no answer to.
func awaitGopls(t testing.TB, k *kerneltest.Kernel) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // nothing tells
		if c := complete(t, k, "strings.NewReader(\"x\").ReadRu‸"); slices.Equal(c.Matches, []string{"ReadRune"}) {
			return
		}
		if time.Since(began) > 60*time.Second {
			t.Fatal("gopls does not answer")
		}
	}
}

const declarations = `import "gonum.org/v1/plot"
// Point is a place on a chart.
type Point struct {
	X, Y  float64
	Label string // what to write beside it
}

// Norm is the distance from the origin.
func (p Point) Norm() float64 { return math.Hypot(p.X, p.Y) }

// half divides.
func half(whole float64, name string) (float64, error) { return whole / 2, nil }

const limit = 10
points := []Point{{1, 2, "a"}}
byName := map[string]*Point{"a": &points[0]}
jobs := make(chan Point)
pl := plot.New()
`

// eventually repeats a question until nothing is wrong with its answer: on a busy machine gopls may be late, and the kernel's
// own answer is another.
func eventually(t *testing.T, what string, wrong func() string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // nothing tells
		fault := wrong()
		if fault == "" {
			return
		}
		if time.Since(began) > time.Minute {
			t.Errorf("%q: %s", what, fault)
			return
		}
	}
}

func TestEditor(t *testing.T) {
	k := withGopls(t)
	execute(t, k, declarations)
	t.Run("complete", func(t *testing.T) {
		for _, c := range completions {
			eventually(t, c.code, func() string {
				got := complete(t, k, c.code)
				for _, w := range strings.Fields(c.want) {
					if bad, is := strings.CutPrefix(w, "-"); is == slices.Contains(got.Matches, bad) {
						return fmt.Sprintf("%s, matches %q", w, got.Matches)
					}
				}
				if c.want == "" && len(got.Matches) > 0 {
					return fmt.Sprintf("matches %q", got.Matches)
				}
				if text, at := cursor(t, c.code); len(got.Matches) > 0 && (string([]rune(text)[got.Start:at]) != c.typed || got.End < at) {
					return fmt.Sprintf("from %d to %d, want %q before the cursor", got.Start, got.End, c.typed)
				}
				return ""
			})
		}
	})
	t.Run("types", func(t *testing.T) {
		for _, c := range []struct{ code, text, typ, signature string }{
			{"fmt.Printl‸", "Println", "function", "func(a ...any) (n int, err error)"},
			{"points[0].No‸", "Norm", "method", "func() float64"},
			{"points[0].La‸", "Label", "field", "string"},
			{"poi‸", "points", "variable", "[]Point"},
			{"hal‸", "half", "function", "func(whole float64, name string) (float64, error)"},
			{"Poi‸", "Point", "struct", "struct{...}"},
			{"lim‸", "limit", "constant", "int"},
			{"io.Rea‸", "Reader", "interface", "interface{...}"},
			{"bufi‸", "bufio", "module", "bufio"},
		} {
			eventually(t, c.code, func() string {
				if got := complete(t, k, c.code).typ(c.text); got.Type != c.typ || got.Signature != c.signature {
					return fmt.Sprintf("%+v", got)
				}
				return ""
			})
		}
	})
	t.Run("inspect", func(t *testing.T) {
		for _, c := range inspections {
			eventually(t, c.code, func() string {
				plain, markdown := inspect(t, k, c.code)
				for _, w := range strings.Split(c.want, "|") {
					if !strings.Contains(plain, w) || !strings.Contains(strings.ReplaceAll(markdown, "`", ""), w) {
						return fmt.Sprintf("no %q in\n%s\nas Markdown:\n%s", w, plain, markdown)
					}
				}
				if strings.Contains(plain, "```") || strings.Contains(markdown, "ʹ") || strings.Contains(plain, "](") {
					return fmt.Sprintf("%s\nas Markdown:\n%s", plain, markdown)
				}
				return ""
			})
		}
		if plain, _ := inspect(t, k, "noSuchThing‸"); plain != "" {
			t.Errorf("of nothing: %s", plain)
		}
	})
}

// completions are cells with what is to be among the matches, or with a dash not to be, and what is replaced before the cursor.
var completions = []struct{ code, typed, want string }{
	// Members: of packages, variables, elements, results, pointers, channels, types of packages.
	{"fmt.Fprintl‸", "Fprintl", "Fprintln -Println"},
	{"points[0].‸", "", "X Y Label Norm"},
	{"byName[\"a\"].N‸", "N", "Norm"},
	{"(<-jobs).‸", "", "Label Norm"},
	{"for _, p := range points {\n\tp.L‸\n}", "L", "Label"},
	{"pl.Title.‸", "", "Text Padding"},
	{"pl.X.Tick.Mar‸", "Mar", "Marker"},
	{"func(q Point) { q.‸ }", "", "Norm"},
	// Names of the notebook and of the cell.
	{"half(po‸", "po", "points"},
	{"total := 1\nfmt.Println(tot‸)", "tot", "total"},
	{"type Line struct{ From, To Point }\nl := Line{}\nl.From.La‸", "La", "Label"},
	{"var mu sync.Mutex\nfunc guarded() { mu.Lo‸ }", "Lo", "Lock"},
	{"where := points[0]\nfunc f() { where.La‸ }", "La", "Label"},
	{"func (p Point) Twice() Point { return p.‸ }", "", "Norm"},
	{"Point{La‸}", "La", "Label"},
	{"sw‸", "sw", "switch"},
	{"limit := \"a\"\nlimit.‸", "", ""},
	// Packages that are not imported, and their members.
	{"bufi‸", "bufi", "bufio"},
	{"bufio.NewSc‸", "NewSc", "NewScanner"},
	{"plotter.NewLi‸", "NewLi", "NewLine"},
	{"mat.NewDen‸", "NewDen", "NewDense"},
	{"display.HT‸", "HT", "HTML"},
	{"unsafe.Si‸", "Si", "Sizeof"},
	{"rand.Sh‸", "Sh", "Shuffle"},
	{"rand.UintN(3) + rand.Int6‸", "Int6", "Int64N -Int63"},
	{"r := bufio.NewReader(os.Stdin)\nr.ReadRu‸", "ReadRu", "ReadRune"},
	{"race.Acc‸", "Acc", "Accuse"},
	{"import \"encoding/js‸\"", "encoding/js", "encoding/json"},
	{"import (\n\t\"fmt\"\n\t\"net/ht‸", "net/ht", "net/http net/http/httptest"},
	{"import \"net/url\"\nurl.Pars‸", "Pars", "Parse"},
	// Half-written cells.
	{"if x := points[0]; x.‸", "", "Norm"},
	{"fmt.Println(points[0].La‸", "La", "Label"},
	{"for i := range points {\n\tif points[i].‸", "", "Norm"},
	{"half(points[0].‸\ny := 3\nfmt.Println(y)", "", "Norm"},
	{"}\npoints[0].Nor‸", "Nor", ""},
	{"s := \"abc\ns.‸", "", ""},
	{"func g(p Point) {\n\tp.La‸", "La", "Label"},
	{"x := (1 +\n\tpoints[0].X‸", "X", "X"},
	// Characters of two, three and four bytes, and of two UTF-16 units, before the cursor.
	{"s := \"äöü 😀\"; fmt.Println(poi‸", "poi", "points"},
	{"/* 😀😀 */ points[0].La‸ // ü", "La", "Label"},
	{"ä := points[0]\nä.La‸", "La", "Label"},
	{"größe := 1\nfmt.Println(grö‸)", "grö", "größe"},
	{"\"😀\" + points[0].La‸", "La", "Label"},
	// Where nothing is to be proposed.
	{"\"poi‸\"", "", ""},
	{"// poi‸", "", ""},
	{"nothingBeginsLikeThis‸", "", ""},
	{"package main\nfunc main() { fmt.Printl‸ }", "Printl", "Println"},
	// Commands.
	{"%time hal‸", "hal", "half"},
	{"%timeit points[0].No‸", "No", "Norm"},
	{"%%time\npoints[0].No‸", "No", "Norm"},
	{"%%program -ra‸", "-ra", "-race"},
	{"%%race -t‸\nx := 1", "-t", "-timeout"},
	{"%%prof mu‸", "mu", "mutex"},
	{"%%bash\npoin‸", "", ""},
	{"%vars poi‸", "poi", "points"},
	{"%help cd‸", "cd", "%cd"},
}

var inspections = []struct{ code, want string }{
	{"fmt.Println‸", "func fmt.Println(a ...any) (n int, err error)|Println formats using the default formats"},
	{"fmt.Prin‸tln(1)", "func fmt.Println"},
	{"fmt.Println(‸", "Println(a ...any)|Println formats using the default formats"},
	{"fmt.Println(1, ‸)", "Println(a ...any)"},
	{"half(1, ‸", "half(whole float64, name string) (float64, error)|name string|half divides."},
	{"half(‸)", "half(whole float64, name string)|whole float64"},
	{"fmt.Println(points[0].Norm‸())", "Norm() float64|Norm is the distance from the origin.|Println(a ...any)"},
	{"Point‸", "type Point struct|Point is a place on a chart."},
	{"points[0].Label‸", "Label string|what to write beside it"},
	{"points‸", "points []Point"},
	{"fmt.Println(\"ä 😀\", points[0].Norm(‸", "Norm() float64"},
	{"pl.Save(‸", "Save(w vg.Length, h vg.Length, file string) (err error)"},
	{"bufio.NewScanner(‸", "NewScanner(r io.Reader) *bufio.Scanner"},
	{"display.HTML‸", "HTML"},
	{"%cd‸", "change the folder"},
	{"%%race -timeout 1s‸\nx := 1", "race detector"},
	{"%time half(‸", "half(whole float64"},
}

// TestEditorFiles completes the names of folders and files where a command takes them.
func TestEditorFiles(t *testing.T) {
	k := start("")(t)
	dir := t.TempDir()
	for _, name := range []string{"notes", "note book", "über/süß"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "note.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, k, "%cd "+dir)
	for _, c := range []struct {
		code, want string
		start      int
	}{
		{"%cd no‸", `[note\ book/ notes/]`, 4},
		{"%cd \"no‸", `["note book/ "notes/]`, 4},
		{"%cd 'note ‸", `['note book/]`, 4},
		{"%cd note\\ ‸", `[note\ book/]`, 4},
		{"%cd üb‸", "[über/]", 4},
		{"%cd über/‸", "[über/süß/]", 4},
		{"  %cd " + dir + "/no‸\nx := 1", "[" + dir + `/note\ book/ ` + dir + "/notes/]", 6},
		{"!cat note‸", `[note\ book/ note.txt notes/]`, 5},
		{"%%file not‸\ntext", `[note\ book/ note.txt notes/]`, 7},
		{"%cd nowhere/‸", "[]", 12},
	} {
		if got := complete(t, k, c.code); fmt.Sprint(got.Matches) != c.want || len(got.Matches) > 0 && got.Start != c.start {
			t.Errorf("%q: %q from %d", c.code, got.Matches, got.Start)
		}
	}
	// What was chosen is what the command takes.
	chosen := complete(t, k, "%cd note‸").Matches[0]
	execute(t, k, "%cd "+chosen)
	if got := complete(t, k, "%cd ../no‸"); len(got.Matches) != 2 {
		t.Errorf("in the folder %s: %q", chosen, got.Matches)
	}
}

// TestEditorWhileACellRuns asks while a cell uses every core.
func TestEditorWhileACellRuns(t *testing.T) {
	k := withGopls(t)
	execute(t, k, declarations)
	call, err := k.StartExecute("fmt.Println(\"busy\")\nfor range 8 {\n\tgo func() {\n\t\tfor {\n\t\t}\n\t}()\n}\nfor {\n}", kerneltest.ExecuteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.WaitIOPub(t.Context(), func(m wire.Message) bool { return m.Header.MsgType == "stream" }); err != nil {
		t.Fatal(err)
	}
	answered := 0
	var took []time.Duration
	for range 10 {
		c := complete(t, k, "strings.NewReader(\"x\").ReadRu‸")
		took = append(took, c.took)
		if slices.Equal(c.Matches, []string{"ReadRune"}) {
			answered++
		}
		if plain, _ := inspect(t, k, "half(‸"); !strings.Contains(plain, "half") {
			t.Errorf("signature: %q", plain)
		}
	}
	if answered == 0 {
		t.Error("gopls answered none of 10 questions")
	}
	if slices.Sort(took); took[4] > time.Second { // not all, for others may use the machine
		t.Errorf("the answers took %v", took)
	}
	if call.Replies() > 0 {
		t.Error("the cell has ended")
	}
	k.Kill()
}

// TestEditorWithoutGopls takes gopls away: what the kernel knows itself is the answer, within a second, always.
func TestEditorWithoutGopls(t *testing.T) {
	prepare(t, "")
	tool := buildGopls(t)
	known := func(t *testing.T, k *kerneltest.Kernel) {
		t.Helper()
		for code, want := range map[string]string{"fmt.Fprintl‸": "Fprintln", "points‸": "points", "pl.HideAx‸": "HideAxes", "%ver‸": "%version"} {
			c := complete(t, k, code)
			for tries := 1; c.took > time.Second && tries < 5; tries++ { // others may use the machine
				c = complete(t, k, code)
			}
			if !slices.Contains(c.Matches, want) || c.took > time.Second {
				t.Errorf("%q: %q after %v", code, c.Matches, c.took)
			}
		}
		if plain, _ := inspect(t, k, "fmt.Println(‸"); !strings.Contains(plain, "(a ...any) (n int, err error)") {
			t.Errorf("signature: %q", plain)
		}
	}
	t.Run("not built", func(t *testing.T) {
		k := startWith(t, "INTERLEAVE_TEST_TOOL=/nowhere")
		execute(t, k, declarations)
		known(t, k)
	})
	t.Run("silent", func(t *testing.T) {
		k := startWith(t, "INTERLEAVE_TEST_TOOL="+script(t, "exec sleep 1000"))
		execute(t, k, declarations)
		known(t, k)
	})
	t.Run("ends at once", func(t *testing.T) {
		runs := filepath.Join(t.TempDir(), "runs")
		k := startWith(t, "INTERLEAVE_TEST_TOOL="+script(t, "echo >>"+runs+"; exit 1"))
		execute(t, k, declarations)
		for range 10 {
			known(t, k)
		}
		if text, _ := os.ReadFile(runs); len(text) == 0 || len(text) > 4 {
			t.Errorf("it was started %d times", len(text))
		}
	})
	t.Run("killed and stopped", func(t *testing.T) {
		k := withGopls(t)
		execute(t, k, declarations)
		pid := goplsOf(t, k, tool)
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		known(t, k)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		known(t, k)
		awaitGopls(t, k) // another one
		if again := goplsOf(t, k, tool); again == pid {
			t.Errorf("the process is still %d", pid)
		}
	})
}

// TestGoplsDiesWithTheKernel ends kernels in the ways there are.
func TestGoplsDiesWithTheKernel(t *testing.T) {
	tool := buildGopls(t)
	for name, end := range map[string]func(k *kerneltest.Kernel) error{
		"kill -9":  func(k *kerneltest.Kernel) error { return syscall.Kill(k.Pid(), syscall.SIGKILL) },
		"SIGTERM":  func(k *kerneltest.Kernel) error { return syscall.Kill(k.Pid(), syscall.SIGTERM) },
		"shutdown": func(k *kerneltest.Kernel) error { return k.Shutdown(t.Context(), false) },
	} {
		t.Run(name, func(t *testing.T) {
			k := withGopls(t)
			pid := goplsOf(t, k, tool)
			if err := end(k); err != nil {
				t.Fatal(err)
			}
			<-k.Exited()
			for began := time.Now(); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) { // it is no child of this process
				if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
					break
				}
				if time.Since(began) > 30*time.Second {
					t.Fatalf("gopls (%d) lives on", pid)
				}
			}
		})
	}
}

// TestGoplsComesAndGoes runs cells, which need no gopls, asks a question, and is silent: gopls is there for questions alone, and
// there again for later ones.
func TestGoplsComesAndGoes(t *testing.T) {
	tool := buildGopls(t)
	k := startWith(t, "INTERLEAVE_TEST_UNUSED=2s")
	execute(t, k, declarations)
	for began := time.Now(); time.Since(began) < time.Second; time.Sleep(10 * time.Millisecond) { // it would begin some time
		if pid := findGopls(k, tool); pid != 0 {
			t.Fatalf("gopls (%d) was started, and nobody asks", pid)
		}
	}
	ended := func() string {
		if findGopls(k, tool) != 0 {
			return "gopls is still there"
		}
		return ""
	}
	last := 0
	for range 6 { // more often than a gopls that dies is started again
		awaitGopls(t, k)
		pid := goplsOf(t, k, tool)
		if pid == last {
			t.Fatalf("gopls (%d) has not ended", pid)
		}
		last = pid
		eventually(t, "after some silence", ended)
	}
	execute(t, k, "import \"net/url\"\nu, err := url.Parse(\"x\")")
	eventually(t, "of a package that was imported meanwhile", func() string {
		if c := complete(t, k, "(*u).Resol‸"); !slices.Contains(c.Matches, "ResolveReference") {
			return fmt.Sprintf("matches %q", c.Matches)
		}
		return ""
	})
}

// TestGoplsIsBuiltLate has a kernel start before gopls is built.
func TestGoplsIsBuiltLate(t *testing.T) {
	prepare(t, "")
	tool := buildGopls(t)
	link := filepath.Join(t.TempDir(), "gopls")
	k := startWith(t, "INTERLEAVE_TEST_TOOL="+link)
	execute(t, k, "1")
	for range 10 {
		complete(t, k, "strings.NewReader(\"x\").ReadRu‸")
	}
	if err := os.Symlink(tool.Program, link); err != nil {
		t.Fatal(err)
	}
	awaitGopls(t, k)
}

// goplsOf finds the gopls of a kernel.
func goplsOf(t testing.TB, k *kerneltest.Kernel, tool gopls.Tool) int {
	t.Helper()
	pid := findGopls(k, tool)
	if pid == 0 {
		t.Fatal("the kernel has no gopls")
	}
	return pid
}

func findGopls(k *kerneltest.Kernel, tool gopls.Tool) int {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		var pid, parent int
		var comm, state string
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		fmt.Sscan(string(text), &pid, &comm, &state, &parent)
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		exe = strings.TrimSuffix(exe, " (deleted)") // a kernel of another version has built its own
		if parent == k.Pid() && exe == tool.Program && state != "Z" {
			return pid
		}
	}
	return 0
}

// script writes a program of the shell.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gopls")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEditorModules asks in folders that different modules govern, without a network.
func TestEditorModules(t *testing.T) {
	buildGopls(t)
	tree := t.TempDir()
	plant(t, tree)
	sources, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	everywhere := map[string]string{
		"p := plot.New()\np.Title.Te‸": "Text", "mat.NewDen‸": "NewDense", "race.Acc‸": "Accuse", "display.HT‸": "HTML", "strings.NewReader(\"\").ReadRu‸": "ReadRune",
	}
	for dir, own := range map[string]map[string]string{
		"governed/notebooks": {
			"import \"interleave.test/governed/shapes\"\nshapes.Squ‸":          "Square",
			"import \"interleave.test/governed/internal/hidden\"\nhidden.Sec‸": "Secret",
			"import \"interleave.test/local\"\nlocal.Wh‸":                      "Where",
			"shapes.Square(1); shapes.Squ‸":                                    "Square", // not imported
		},
		"workspace/a/notebooks": {"import \"interleave.test/b/beside\"\nbeside.Na‸": "Name"},
		"scratch/notebooks":     {},
	} {
		t.Run(dir, func(t *testing.T) {
			k := kerneltest.StartT(t, kerneltest.Spec{
				Argv: []string{self, "serve", "{connection_file}"}, Dir: filepath.Join(tree, dir),
				Env: []string{"GOPROXY=off", "GOFLAGS=", "INTERLEAVE_TEST_SOURCES=" + sources},
			})
			execute(t, k, "1") // the base library may have to be built
			maps.Copy(own, everywhere)
			for code, want := range own {
				eventually(t, code, func() string {
					if got := complete(t, k, code); !slices.Contains(got.Matches, want) {
						return fmt.Sprintf("no %s among %q", want, got.Matches)
					}
					return ""
				})
			}
		})
	}
	for _, name := range []string{"governed/go.mod", "workspace/go.work", "workspace/a/go.mod"} {
		was, _ := os.ReadFile(filepath.Join("testdata/modules", "tree.txt"))
		if now, err := os.ReadFile(filepath.Join(tree, name)); err != nil || !strings.Contains(string(was), "-- "+name+" --\n"+string(now)) {
			t.Errorf("%s has changed:\n%s", name, now)
		}
	}
	for _, dir := range []string{"governed", "workspace/a"} {
		if _, err := os.Stat(filepath.Join(tree, dir, "go.sum")); err == nil {
			t.Errorf("there is a go.sum in %s", dir)
		}
	}
}
