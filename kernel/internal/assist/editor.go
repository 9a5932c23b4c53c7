// Package assist helps whoever types a cell: it completes Go text and tells what stands at a place. It asks gopls about the
// notebook and the half-written cell, written as files, and knows a part itself. It runs no cells and knows no commands.
//
// An Editor starts goroutines: one that starts gopls, one for each name that is looked for in modules, timers. All end
// with Close.
package assist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/compile"
	"interleave/kernel/internal/gopls"
	"interleave/kernel/internal/link"
	"interleave/kernel/internal/packages"
	"interleave/kernel/internal/session"
)

const (
	// editorPatience is how long gopls may think about an answer before the kernel gives its own.
	editorPatience = 600 * time.Millisecond
	// editorStart is how long gopls may take to introduce itself.
	editorStart = 20 * time.Second
	// editorStarts is how often gopls is started again after it has died.
	editorStarts = 4
	// editorRest is how long no cell must have run before gopls is told of what was imported. That uses a core for a moment, and
	// cells that follow each other may be measuring something.
	editorRest = 150 * time.Millisecond
	// editorUnused is how long gopls may wait for a question before it is ended. It starts again within a second or two.
	editorUnused = 5 * time.Minute
)

// Notebook is what is asked about. Its methods are called by several goroutines.
type Notebook interface {
	IsOpen() bool  // cells can be compiled; Linker and Types are nil before
	Running() bool // a cell is under way
	State() *compile.State
	Linker() *link.Builder
	Types() *compile.Checker
}

// Options say which gopls is asked.
type Options struct {
	Cache   string        // the folder that it is built into, "" for the user's cache
	Sources string        // where the sources of module interleave are kept
	Gopls   string        // the program; "" for the one that is built into the cache
	Unused  time.Duration // how long it may wait for a question before it is ended; 0 for some minutes
	Logger  *slog.Logger
}

// Editor answers questions about cells that somebody is typing. It starts gopls at the first question, ends it when none has come for a
// while, and starts it again when it has died, but not for ever. Most of an idle kernel's memory would be that of gopls, and a
// notebook that is only run never needs it.
type Editor struct {
	notebook Notebook
	o        Options
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	tasks    sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	rest     *time.Timer
	last     time.Time   // of the last question
	unused   *time.Timer // ends the server some time after that
	server   *gopls.Server
	starting chan struct{} // closed when the start under way has ended
	starts   int
	module   string                   // the path of the notebook's module
	keep     map[string]bool          // import paths that gopls has read
	found    map[string]chan struct{} // qualifiers that are, or were, looked for; closed when paths has them
	paths    map[string]string        // import paths of qualifiers outside of the base
}

// New returns an editor for a notebook.
func New(notebook Notebook, o Options) *Editor {
	ctx, cancel := context.WithCancel(context.Background())
	return &Editor{notebook: notebook, o: o, ctx: ctx, cancel: cancel,
		keep: map[string]bool{}, found: map[string]chan struct{}{}, paths: map[string]string{}}
}

// Close ends gopls.
func (d *Editor) Close() {
	d.mu.Lock()
	d.closed = true
	server := d.server
	for _, t := range []*time.Timer{d.rest, d.unused} {
		if t != nil {
			t.Stop()
		}
	}
	d.mu.Unlock()
	d.cancel()
	if server != nil {
		server.Close()
	}
	d.tasks.Wait()
}

// Idle is called when no cell runs any more.
func (d *Editor) Idle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.server == nil {
		return
	}
	if d.rest == nil {
		d.rest = time.AfterFunc(editorRest, d.prepare)
	} else {
		d.rest.Reset(editorRest)
	}
}

// Busy is called when a cell begins.
func (d *Editor) Busy() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rest != nil {
		d.rest.Stop()
	}
}

// prepare shows a gopls that runs what the notebook imports, ahead of questions.
func (d *Editor) prepare() {
	d.mu.Lock()
	server := d.server
	if d.closed || server == nil {
		d.mu.Unlock()
		return
	}
	d.tasks.Add(1)
	d.mu.Unlock()
	defer d.tasks.Done()
	if d.notebook.Running() || !d.notebook.IsOpen() { // a cell that waited for the kernel to open; its end calls Idle again
		return
	}
	d.reload(server)
	files, _ := d.sketch(d.ctx, "", 0)
	if err := server.Warm(d.ctx, files, gopls.Place{File: typedFile}); err != nil {
		d.o.Logger.Debug("gopls", "error", err)
	}
}

// patience is how long gopls may wait for a question before it is ended.
func (d *Editor) patience() time.Duration { return cmp.Or(d.o.Unused, editorUnused) }

// asked is called when a question comes: the server is in use.
func (d *Editor) asked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
	switch {
	case d.closed:
	case d.unused == nil:
		d.unused = time.AfterFunc(d.patience(), d.dismiss)
	default:
		d.unused.Reset(d.patience())
	}
}

// dismiss ends a server that nobody has asked for a while.
func (d *Editor) dismiss() {
	d.mu.Lock()
	server := d.server
	if d.closed || server == nil || time.Since(d.last) < d.patience() { // a question came, and the timer is set again
		d.mu.Unlock()
		return
	}
	d.server, d.starts = nil, 0
	d.tasks.Add(1)
	d.mu.Unlock()
	defer d.tasks.Done()
	server.Close()
	debug.FreeOSMemory() // what the questions took
}

// running is the server, started if need be; nil when there is none, or none by the time ctx ends.
func (d *Editor) running(ctx context.Context) *gopls.Server {
	for {
		d.mu.Lock()
		if d.server != nil {
			select {
			case <-d.server.Done():
				d.server = nil
			default:
				s := d.server
				d.mu.Unlock()
				return s
			}
		}
		wait := d.starting
		if wait == nil {
			if d.closed || d.starts == editorStarts || !d.built() {
				d.mu.Unlock()
				return nil
			}
			d.starts++
			wait = make(chan struct{})
			d.starting = wait
			d.tasks.Go(func() { d.start(wait) })
		}
		d.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil
		}
	}
}

// start starts gopls.
func (d *Editor) start(done chan struct{}) {
	server, err := d.launch()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.starting = nil
	close(done)
	switch {
	case errors.Is(err, errNoGopls):
		d.starts-- // it may be built meanwhile
	case err != nil:
		d.o.Logger.Debug("no gopls", "error", err)
		d.starts = editorStarts // what failed once will fail again
	case d.closed:
		d.tasks.Go(server.Close)
	default:
		d.server = server
		clear(d.keep)
	}
}

// built reports whether there is a gopls to start. lab may be building it while notebooks are open.
func (d *Editor) built() bool {
	tool, err := d.tool()
	return err == nil && tool.Built()
}

// tool is the gopls to start.
func (d *Editor) tool() (gopls.Tool, error) {
	tool, err := gopls.At(d.o.Cache)
	if err != nil {
		return gopls.Tool{}, err
	}
	tool = tool.Or(link.GoplsFolder(d.o.Sources))
	if d.o.Gopls != "" {
		tool = tool.Given(d.o.Gopls)
	}
	return tool, nil
}

func (d *Editor) launch() (*gopls.Server, error) {
	tool, err := d.tool()
	if err != nil {
		return nil, err
	}
	if !tool.Built() {
		return nil, errNoGopls
	}
	dir, env, changed, err := d.notebook.Linker().EditorModule(emptyFiles)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	if changed {
		clear(d.found)
	}
	d.module = d.notebook.Linker().Module().Path
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(d.ctx, editorStart)
	defer cancel()
	return gopls.Start(ctx, gopls.Options{Tool: tool, Dir: dir, Env: env, Logger: d.o.Logger})
}

// Warm builds gopls into a cache ("" for the user's) unless it is there, and has it read what notebooks import, so that
// the first completion of a session need not wait. progress is told of the build.
func Warm(ctx context.Context, b *link.Builder, cache string, progress func(gopls.Step)) error {
	tool, err := gopls.At(cache)
	if err != nil {
		return err
	}
	if err := tool.Build(ctx, b.Toolchain().Go, progress); err != nil {
		return err
	}
	dir, env, _, err := b.EditorModule(emptyFiles)
	if err != nil {
		return err
	}
	server, err := gopls.Start(ctx, gopls.Options{Tool: tool, Dir: dir, Env: env})
	if err != nil {
		return err
	}
	defer server.Close()
	var text strings.Builder
	text.WriteString("package notebook\n")
	for _, p := range b.Packages() {
		if slices.Contains(usual, p.ImportPath) || slices.Contains(likely, p.ImportPath) ||
			strings.HasPrefix(p.ImportPath, "interleave/lessons/") || strings.HasPrefix(p.ImportPath, "interleave/plots") {
			fmt.Fprintf(&text, "import _ %q\n", p.ImportPath)
		}
	}
	return server.Warm(ctx, gopls.Files{typedFile: text.String()}, gopls.Place{File: typedFile, Offset: text.Len()})
}

// likely are packages outside of usual that Warm has gopls read.
var likely = []string{
	"bufio", "bytes", "encoding/json", "io", "net/http", "path/filepath", "reflect", "regexp", "unsafe", "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/stat",
	"gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/plotutil", "gonum.org/v1/plot/vg", "gonum.org/v1/plot/vg/draw",
}

// errNoGopls is a cache without gopls: install and lab build it.
var errNoGopls = errors.New("gopls is not built")

// reload tells gopls when the versions of the notebook's packages have changed.
func (d *Editor) reload(server *gopls.Server) {
	_, _, changed, err := d.notebook.Linker().EditorModule(emptyFiles)
	if err != nil || !changed {
		return
	}
	d.mu.Lock()
	clear(d.found)
	d.mu.Unlock()
	if err := server.Reload(); err != nil {
		d.o.Logger.Debug("gopls", "error", err)
	}
}

// Names of the files of a sketch, and what lies on disk in their place.
const (
	typedFile    = "cell.go"
	declaredFile = "live.go"
)

var emptyFiles = map[string]string{typedFile: "package notebook\n", declaredFile: "package notebook\n"}

// usual are packages that gopls reads ahead: what nearly every notebook imports sooner or later.
var usual = []string{"context", "errors", "fmt", "os", "math", "math/rand", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", compile.DisplayPath}

// sketch writes the notebook and a cell as files.
func (d *Editor) sketch(ctx context.Context, text string, at int) (gopls.Files, *compile.Sketch) {
	st := d.notebook.State()
	imports := d.qualifiers(ctx, st, text, at)
	d.mu.Lock()
	if len(d.keep) == 0 {
		for _, p := range usual {
			d.keep[p] = true
		}
	}
	for _, p := range st.Imports {
		d.keep[p] = true
	}
	for _, p := range imports {
		d.keep[p] = true
	}
	keep := slices.Sorted(maps.Keys(d.keep))
	d.mu.Unlock()
	s := d.notebook.Types().Sketch(st, text, at, imports, keep)
	return gopls.Files{typedFile: s.Cell, declaredFile: s.Live}, s
}

// qualifiers finds packages for the qualifiers in a cell that nothing declares, as the compiler would when the cell runs.
func (d *Editor) qualifiers(ctx context.Context, st *compile.State, text string, at int) map[string]string {
	out := map[string]string{}
	for name, symbols := range cell.Qualifiers(text, at) {
		if st.Vars[name] != nil || st.Decls[name] != nil || st.Imports[name] != "" {
			continue
		}
		if name == "unsafe" || slices.ContainsFunc(packages.Importable(d.notebook.Linker()), func(p compile.Package) bool { return p.Name == name }) {
			prefix := ""
			if from := cell.WordStart(text, at); strings.HasSuffix(text[:from], name+".") {
				prefix = text[from:at]
			}
			if path, ok := d.notebook.Types().SuggestTyped(ctx, name, symbols, prefix); ok {
				out[name] = path
			}
		} else if path := d.elsewhere(ctx, name); path != "" {
			out[name] = path
		}
	}
	return out
}

// elsewhere looks for a package in the notebook's module and in those it requires. Many files may have to be read for that,
// so it is done once for a name, and an answer that is late serves the next question.
func (d *Editor) elsewhere(ctx context.Context, name string) string {
	d.mu.Lock()
	done := d.found[name]
	if done == nil && !d.closed {
		done = make(chan struct{})
		d.found[name] = done
		d.tasks.Go(func() {
			defer close(done)
			ctx, cancel := context.WithTimeout(d.ctx, 20*time.Second)
			defer cancel()
			found, err := packages.Named(ctx, d.notebook.Linker(), name)
			if err != nil || len(found) == 0 {
				return
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.paths[name] = found[0].Path
		})
	}
	d.mu.Unlock()
	if done == nil {
		return ""
	}
	select {
	case <-done:
	case <-ctx.Done():
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paths[name]
}

// ask asks gopls how a cell may go on at a byte offset; ok is false when it did not answer in time.
func (d *Editor) ask(ctx context.Context, text string, at int) (c session.Completion, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, editorPatience)
	defer cancel()
	d.asked()
	server := d.running(ctx)
	if server == nil {
		return c, false
	}
	files, s := d.sketch(ctx, text, at)
	list, err := server.Complete(ctx, files, gopls.Place{File: typedFile, Offset: s.Offset(at)})
	if err != nil {
		d.o.Logger.Debug("completion", "error", err)
		return c, false
	}
	c.Start, c.End = at, at
	for i, candidate := range list {
		from, fromOK := s.Origin(candidate.Start)
		to, toOK := s.Origin(candidate.End)
		if !fromOK || !toOK || from > at || to < at || i > 0 && len(c.Matches) > 0 && (from != c.Start || to != c.End) {
			continue
		}
		if strings.Contains(candidate.Text, "ʹ") || !strings.HasPrefix(strings.ToLower(candidate.Text), strings.ToLower(text[from:at])) {
			continue
		}
		c.Start, c.End = from, to
		c.Matches = append(c.Matches, matchOf(candidate))
	}
	return c, true
}

// describe asks gopls what stands at a place, and about the call it is in. The answer is Markdown.
func (d *Editor) describe(ctx context.Context, text string, q question) (markdown string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, editorPatience)
	defer cancel()
	d.asked()
	server := d.running(ctx)
	if server == nil {
		return "", false
	}
	files, s := d.sketch(ctx, text, max(q.word, q.argument))
	place := func(at int) *gopls.Place {
		if at < 0 {
			return nil
		}
		return &gopls.Place{File: typedFile, Offset: s.Offset(at)}
	}
	found, err := server.Describe(ctx, files, place(q.word), place(q.argument))
	if err != nil {
		d.o.Logger.Debug("inspection", "error", err)
		return "", false
	}
	var parts []string
	if found.Hover != "" {
		parts = append(parts, d.local(found.Hover))
	}
	if found.Call != nil {
		parts = append(parts, signatureText(found.Call))
	}
	return compile.Plain(strings.Join(parts, "\n\n---\n\n")), true
}

// signatureText writes a call's signature as Markdown.
func signatureText(call *gopls.Signature) string {
	text := "```go\nfunc " + call.Label + "\n```"
	if call.Parameter != "" {
		text += "\n\nargument: `" + call.Parameter + "`"
	}
	return strings.TrimSpace(text + "\n\n" + cmp.Or(call.Documentation, ""))
}

// docLink is the link to pkg.go.dev at the end of gopls's answers.
var docLink = regexp.MustCompile(`(?m)\n*(^---\n+)?^\[.*\]\(https://pkg\.go\.dev/([^)@?#]*)[^)]*\)$`)

// local takes links out to packages that pkg.go.dev cannot know: the notebook's and ours.
func (d *Editor) local(markdown string) string {
	d.mu.Lock()
	module := d.module
	d.mu.Unlock()
	return docLink.ReplaceAllStringFunc(markdown, func(link string) string {
		path := docLink.FindStringSubmatch(link)[2] + "/"
		if strings.HasPrefix(path, "interleave/") || module != "" && strings.HasPrefix(path, module+"/") {
			return ""
		}
		return link
	})
}
