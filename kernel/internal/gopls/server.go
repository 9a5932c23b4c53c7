package gopls

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Options say what to start.
type Options struct {
	Tool Tool
	Dir  string   // the folder of a module, in which files are looked at
	Env  []string // of gopls, and of the go commands it runs; nil for that of this process
	// MemoryLimit is what the garbage collector keeps gopls below, in bytes; 0 means 1 GiB. It is no hard limit.
	MemoryLimit int64
	Logger      *slog.Logger
}

// Files are the files of one package in the module's folder, by name. They are compared with what the server was
// last shown, and only what differs is sent.
type Files map[string]string

// Place is a byte offset in one of the files.
type Place struct {
	File   string
	Offset int
}

const (
	// writePatience is how long gopls may refuse to take what it is sent.
	writePatience = 2 * time.Second
	// answerPatience is how long it may leave a request unanswered before it is ended. The first request of all
	// waits until it has read every package, which takes a while on a new machine.
	answerPatience = 90 * time.Second
)

// Server is a running gopls. Its methods are safe for concurrent use; one request is served at a time.
type Server struct {
	o    Options
	conn *conn
	in   *os.File
	proc *os.Process
	done chan struct{} // closed when the process has ended
	turn chan struct{} // holds a token while no request is served

	open    map[string]string // what files hold, as the server knows them; for the holder of the token
	version int               // likewise
}

// Start starts gopls and returns when it has introduced itself. It then reads the module in the background; Warm
// waits for that. ctx bounds the start only.
func Start(ctx context.Context, o Options) (*Server, error) {
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	o.MemoryLimit = cmp.Or(o.MemoryLimit, 1<<30)
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if err := o.Tool.prepare(); err != nil {
		return nil, fmt.Errorf("start gopls: %w", err)
	}
	s := &Server{o: o, done: make(chan struct{}), turn: make(chan struct{}, 1), open: map[string]string{}}
	if err := s.launch(); err != nil {
		return nil, fmt.Errorf("start gopls: %w", err)
	}
	if err := s.introduce(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("start gopls: %w", err)
	}
	o.Tool.used()
	s.turn <- struct{}{}
	return s, nil
}

// prepare writes the settings that stand for the user's: gopls shall not count or report what it does.
func (t Tool) prepare() error {
	dir := filepath.Join(t.config, "go", "telemetry")
	mode := filepath.Join(dir, "mode")
	if text, err := os.ReadFile(mode); err == nil && string(text) == "off" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(mode, []byte("off"), 0o644)
}

// env is the environment of gopls.
func (s *Server) env() []string {
	config := "" // the go command's own settings lie in the folder we replace
	for _, kv := range s.o.Env {
		if v, ok := strings.CutPrefix(kv, "GOENV="); ok {
			config = v
		}
	}
	if config == "" {
		if dir, err := os.UserConfigDir(); err == nil {
			config = filepath.Join(dir, "go", "env")
		}
	}
	return slices.Concat(s.o.Env, []string{
		"GOENV=" + config,
		"XDG_CONFIG_HOME=" + s.o.Tool.config,
		"GOPLSCACHE=" + s.o.Tool.data,
		fmt.Sprintf("GOMEMLIMIT=%d", s.o.MemoryLimit),
		"GOTOOLCHAIN=local",
		"GOPROXY=off", // what is not there yet, %get fetches
	})
}

// launch starts the process and the goroutines.
func (s *Server) launch() error {
	// The pipes are ours, because a write to a process that does not read must have a deadline.
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		inR.Close()
		inW.Close()
		return err
	}
	cmd := exec.Command(s.o.Tool.Program)
	cmd.Env, cmd.Dir = s.env(), s.o.Dir
	cmd.Stdin, cmd.Stdout = inR, outW
	// Its own session: Ctrl-C in the kernel's terminal is not for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() { // ends with the process
		// Pdeathsig is sent when the thread ends that started the process, so this one does nothing else. It ends with
		// the goroutine.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		s.o.Logger.Debug("gopls has ended", "error", err)
		close(s.done)
	}()
	err = <-started
	inR.Close()
	outW.Close()
	if err != nil {
		inW.Close()
		outR.Close()
		return err
	}
	s.proc, s.in = cmd.Process, inW
	// When memory runs out, an editor's help is what can best be missed. Raising needs no privilege.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", cmd.Process.Pid), []byte("900"), 0)
	s.conn = newConn(deadlineWriter{inW})
	go func() { // ends with the process
		defer outR.Close()
		if err := s.conn.read(outR); err != nil && !s.ended() {
			s.o.Logger.Debug("connection to gopls", "error", err)
			s.proc.Kill()
		}
	}()
	return nil
}

// deadlineWriter fails when nobody reads.
type deadlineWriter struct{ f *os.File }

func (w deadlineWriter) Write(b []byte) (int, error) {
	if err := w.f.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return 0, err
	}
	return w.f.Write(b)
}

// introduce exchanges the first messages.
func (s *Server) introduce(ctx context.Context) error {
	root := s.uri("")
	params := map[string]any{
		"processId": os.Getpid(),
		"rootUri":   root,
		"workspaceFolders": []map[string]string{
			{"uri": root, "name": "notebook"},
		},
		"capabilities": map[string]any{
			"general": map[string]any{"positionEncodings": []string{"utf-16"}},
			"textDocument": map[string]any{
				"completion":    map[string]any{"completionItem": map[string]any{"deprecatedSupport": true}},
				"hover":         map[string]any{"contentFormat": []string{"markdown"}},
				"signatureHelp": map[string]any{"signatureInformation": map[string]any{"documentationFormat": []string{"markdown"}}},
			},
		},
		"initializationOptions": map[string]any{
			"matcher":                        "CaseInsensitive",
			"completeUnimported":             false, // whoever asks knows better which packages there are
			"deepCompletion":                 false,
			"completeFunctionCalls":          false,
			"experimentalPostfixCompletions": false,
			"completionDocumentation":        false,
			"hoverKind":                      "FullDocumentation",
			"pullDiagnostics":                true, // and we never pull: no work but what is asked for
			"diagnosticsTrigger":             "Save",
			"vulncheck":                      "Off",
			"telemetryPrompt":                false,
			"zeroConfig":                     false,
		},
	}
	if err := s.conn.call(ctx, "initialize", params, nil); err != nil {
		return err
	}
	return s.conn.notify("initialized", struct{}{})
}

func (s *Server) uri(name string) string {
	return (&url.URL{Scheme: "file", Path: filepath.Join(s.o.Dir, name)}).String()
}

// PID is the process id of gopls.
func (s *Server) PID() int { return s.proc.Pid }

// Done is closed when gopls has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

func (s *Server) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Close ends gopls and waits for its end. There is nothing it would have to save.
func (s *Server) Close() {
	s.in.Close()
	s.proc.Kill()
	<-s.done
}

// Warm waits until the module has been read with the files.
func (s *Server) Warm(ctx context.Context, files Files, at Place) error {
	_, err := s.Complete(ctx, files, at)
	return err
}

// Reload says that go.mod or go.sum of the module have changed on disk.
func (s *Server) Reload() error {
	return s.conn.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []map[string]any{
		{"uri": s.uri("go.mod"), "type": 2}, {"uri": s.uri("go.sum"), "type": 2},
	}})
}

// ask shows the server the files and asks f about them. One question is asked at a time, and one that was asked is waited for
// even when ctx has ended, which ends ask: reading packages that are new, gopls would otherwise begin again and again.
func ask[T any](ctx context.Context, s *Server, files Files, f func(ctx context.Context) (T, error)) (T, error) {
	var none T
	select {
	case <-s.turn:
	case <-s.done:
		return none, errEnded
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() { // ends with the answer, or with gopls
		defer func() { s.turn <- struct{}{} }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerPatience)
		defer cancel()
		err := s.show(files)
		var a answer
		if err == nil {
			a.value, a.err = f(ctx)
		} else {
			a.err = err
		}
		if err != nil || ctx.Err() != nil { // what it knows of the files is uncertain, or it hangs
			s.proc.Kill()
		}
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// show sends what differs from what was shown last.
func (s *Server) show(files Files) error {
	for _, name := range slices.Sorted(maps.Keys(s.open)) {
		if _, still := files[name]; still {
			continue
		}
		delete(s.open, name)
		if err := s.conn.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": s.uri(name)}}); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		shown, is := s.open[name]
		if is && shown == text {
			continue
		}
		s.open[name] = text
		s.version++
		document := map[string]any{"uri": s.uri(name), "version": s.version}
		method, params := "textDocument/didChange", map[string]any{"textDocument": document, "contentChanges": []map[string]any{{"text": text}}}
		if !is {
			document["languageId"], document["text"] = "go", text
			method, params = "textDocument/didOpen", map[string]any{"textDocument": document}
		}
		if err := s.conn.notify(method, params); err != nil {
			return err
		}
	}
	return nil
}
