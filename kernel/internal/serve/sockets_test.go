package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/session"
	"interleave/kernel/internal/wire"
)

// fake is an engine that runs Go functions in place of cells.
type fake struct {
	session.Engine // nil: a call that no test expects is a panic
	run            func(ctx context.Context, c session.Cell, out session.Output) session.Outcome
	stop           chan struct{} // gets a value for each interrupt
}

func newFake(run func(ctx context.Context, c session.Cell, out session.Output) session.Outcome) *fake {
	return &fake{run: run, stop: make(chan struct{}, 1)}
}

func (e *fake) Execute(ctx context.Context, c session.Cell, out session.Output) session.Outcome {
	return e.run(ctx, c, out)
}

func (e *fake) Interrupt() {
	select {
	case e.stop <- struct{}{}:
	default:
	}
}

func (e *fake) IsComplete(string) (status, indent string) { return "complete", "" }

func (e *fake) Complete(context.Context, string, int) session.Completion { return session.Completion{} }

func (e *fake) Inspect(context.Context, string, int, int) session.Inspection {
	return session.Inspection{}
}

func (e *fake) Info() session.Info { return session.Info{Implementation: "fake"} }

func (e *fake) Close() error { return nil }

// showing is an engine whose cells do what show says.
func showing(show func(out session.Output)) *fake {
	return newFake(func(_ context.Context, _ session.Cell, out session.Output) session.Outcome {
		show(out)
		return session.Outcome{}
	})
}

// printing is an engine whose cells print their code, fail if it begins with fail, and have a result if it
// begins with =.
func printing() *fake {
	return newFake(func(_ context.Context, c session.Cell, out session.Output) session.Outcome {
		if value, ok := strings.CutPrefix(c.Code, "="); ok {
			out.Result(plain(value))
			return session.Outcome{}
		}
		write(out, "stdout", c.Code)
		if strings.HasPrefix(c.Code, "fail") {
			return session.Outcome{Fault: &session.Fault{Name: "Panic", Value: "boom"}}
		}
		return session.Outcome{}
	})
}

// held is an engine whose cells run until they are interrupted.
func held() *fake {
	e := newFake(nil)
	e.run = func(ctx context.Context, c session.Cell, _ session.Output) session.Outcome {
		select {
		case <-e.stop:
			return session.Outcome{Fault: &session.Fault{Name: "Interrupted", Value: c.Code}}
		case <-ctx.Done():
			return session.Outcome{}
		}
	}
	return e
}

func write(out session.Output, name, s string) { out.Stream(name, []byte(s)) }

// plain is a bundle of text.
func plain(s string) session.Bundle {
	return session.Bundle{Data: map[string]any{"text/plain": s}}
}

// real is a session over real sockets, with a client.
type real struct {
	*kerneltest.Client
	t       *testing.T
	ctx     context.Context
	srv     *wire.Server
	session *session.Session
	served  chan error
}

// onSockets runs a test over tcp and over ipc.
func onSockets(t *testing.T, newEngine func() *fake, test func(r *real)) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, transport := range []string{"tcp", "ipc"} {
		t.Run(transport, func(t *testing.T) {
			conn := wire.Connection{Transport: transport, IP: "127.0.0.1", Key: "a key of a test"}
			if transport == "ipc" {
				conn.IP = filepath.Join(t.TempDir(), "k")
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			srv, err := wire.Listen(ctx, conn, wire.Options{Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			r := &real{t: t, ctx: ctx, srv: srv, session: session.New(newEngine(), session.Options{Log: quiet}), served: make(chan error, 1)}
			serving, stop := context.WithCancel(ctx)
			go func() { r.served <- serveSockets(serving, r.session, srv) }()
			if r.Client, err = client.Dial(ctx, srv.Connection()); err != nil {
				t.Fatal(err)
			}
			test(r)
			stop()
			<-r.served
			r.Client.Close()
			if err := srv.Close(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

func (r *real) execute(code string, o kerneltest.ExecuteOptions) *kerneltest.Result {
	r.t.Helper()
	result, err := r.Execute(r.ctx, code, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

func (r *real) start(code string, o kerneltest.ExecuteOptions) *kerneltest.Call {
	r.t.Helper()
	call, err := r.StartExecute(code, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return call
}

func (r *real) wait(call *kerneltest.Call) *kerneltest.Result {
	r.t.Helper()
	result, err := call.Wait(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// kinds are the types of the IOPub messages of a call, with the state of status.
func kinds(result *kerneltest.Result) string {
	var all []string
	for _, m := range result.IOPub {
		kind := m.Header.MsgType
		if kind == "status" {
			var c struct {
				State string `json:"execution_state"`
			}
			if err := json.Unmarshal(m.Content, &c); err != nil {
				kind = err.Error()
			} else {
				kind = c.State
			}
		}
		all = append(all, kind)
	}
	return strings.Join(all, " ")
}

func TestSocketsExecute(t *testing.T) {
	newEngine := func() *fake {
		return showing(func(out session.Output) {
			write(out, "stdout", "hello, ")
			write(out, "stdout", "wörld\n")
			write(out, "stderr", "oops\n")
			out.Display(plain("picture"))
			out.Result(plain("42"))
		})
	}
	onSockets(t, newEngine, func(r *real) {
		result := r.execute("x", kerneltest.ExecuteOptions{})
		if want := "busy execute_input stream stream display_data execute_result idle"; kinds(result) != want {
			r.t.Errorf("got %s, want %s", kinds(result), want)
		}
		want := "stdout: hello, wörld\nstderr: oops\ndisplay: text/plain picture\nresult: 42\ncount: 1\n"
		if got := kerneltest.Text(result, kerneltest.TextOptions{Reply: true}); got != want {
			r.t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if got := kinds(r.execute("x", kerneltest.ExecuteOptions{Silent: true})); got != "busy idle" {
			r.t.Errorf("a silent cell: %s", got)
		}
	})
}

// Cells sent all at once, of which the second fails: the rest is aborted, each with busy, reply and idle.
func TestSocketsAbort(t *testing.T) {
	sentAll := make(chan bool)
	newEngine := func() *fake {
		e := printing()
		run := e.run
		e.run = func(ctx context.Context, c session.Cell, out session.Output) session.Outcome {
			if c.Code == "fail" {
				<-sentAll
			}
			return run(ctx, c, out)
		}
		return e
	}
	onSockets(t, newEngine, func(r *real) {
		for range 20 {
			var calls []*kerneltest.Call
			for _, code := range []string{"=1", "fail", "=3", "=4", "=5", "=6"} {
				calls = append(calls, r.start(code, kerneltest.ExecuteOptions{}))
			}
			// The answer to what is sent behind the cells says that they have been read.
			if _, err := r.Request(r.ctx, wire.Shell, "kernel_info_request", nil); err != nil {
				r.t.Fatal(err)
			}
			sentAll <- true
			var got []string
			for _, c := range calls {
				result := r.wait(c)
				got = append(got, result.Status)
				if c.Replies() != 1 || !strings.HasPrefix(kinds(result), "busy ") || !strings.HasSuffix(kinds(result), " idle") {
					r.t.Errorf("%d replies, %s", c.Replies(), kinds(result))
				}
			}
			if want := []string{"ok", "error", "aborted", "aborted", "aborted", "aborted"}; !slices.Equal(got, want) {
				r.t.Fatalf("got %v, want %v", got, want)
			}
			if got := r.execute("=7", kerneltest.ExecuteOptions{}); got.Status != "ok" {
				r.t.Fatalf("the cell after the error is %s", got.Status)
			}
		}
	})
}

// While a cell runs the others are served, on shell and on control, and an interrupt ends it at once.
func TestSocketsBusy(t *testing.T) {
	onSockets(t, held, func(r *real) {
		var times []time.Duration
		for range 20 {
			began := make(chan struct{})
			call := r.start("loop", kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{OnMessage: func(m wire.Message) {
				if m.Header.MsgType == "execute_input" {
					close(began)
				}
			}}})
			<-began
			for _, ch := range []wire.Channel{wire.Shell, wire.Control} {
				for _, msgType := range []string{"kernel_info_request", "complete_request", "comm_info_request"} {
					if _, err := r.Request(r.ctx, ch, msgType, map[string]any{"code": "x", "cursor_pos": 1}); err != nil {
						r.t.Fatal(err)
					}
				}
			}
			asked := time.Now()
			if err := r.Interrupt(r.ctx); err != nil {
				r.t.Fatal(err)
			}
			if result := r.wait(call); result.EName != "Interrupted" {
				r.t.Fatalf("the cell ended with %s %s", result.Status, result.EName)
			}
			times = append(times, time.Since(asked))
		}
		if slices.Sort(times); times[10] > 200*time.Millisecond {
			r.t.Errorf("the interrupts took %v", times)
		}
	})
}

func TestSocketsInput(t *testing.T) {
	newEngine := func() *fake {
		return newFake(func(ctx context.Context, c session.Cell, out session.Output) session.Outcome {
			if c.Input == nil {
				return session.Outcome{Fault: &session.Fault{Name: "InputError", Value: "nobody can be asked"}}
			}
			write(out, "stdout", "before")
			line, err := c.Input(ctx, "Name?", false)
			out.Result(plain(fmt.Sprint(line, err)))
			return session.Outcome{}
		})
	}
	onSockets(t, newEngine, func(r *real) {
		var o kerneltest.ExecuteOptions
		if got := r.execute("x", o); got.EName != "InputError" {
			r.t.Errorf("without allow_stdin: %s", got.EName)
		}
		o.OnInput = func(prompt string, password bool) string { return fmt.Sprint(prompt, password) }
		got := r.execute("x", o)
		if text := kerneltest.Text(got, kerneltest.TextOptions{}); !strings.Contains(text, "result: Name?false<nil>") {
			r.t.Errorf("got %s", text)
		}
	})
}

// 200 MB of text: what is shown is bounded. It takes 0.2 s on two idle cores.
func TestSocketsFlood(t *testing.T) {
	newEngine := func() *fake {
		line := []byte(strings.Repeat("0123456789abcde\n", 256))
		return showing(func(out session.Output) {
			for n := 0; n < 200_000_000; n += len(line) {
				out.Stream("stdout", line)
			}
		})
	}
	onSockets(t, newEngine, func(r *real) {
		began := time.Now()
		var shown int
		var last string
		o := kerneltest.ExecuteOptions{CallOptions: kerneltest.CallOptions{Discard: true, OnMessage: func(m wire.Message) {
			var c struct{ Name, Text string }
			if m.Header.MsgType == "stream" && json.Unmarshal(m.Content, &c) == nil {
				if c.Name == "stdout" {
					shown += len(c.Text)
				}
				last = c.Text
			}
		}}}
		r.execute("x", o)
		r.t.Logf("%d bytes shown in %v, then %q", shown, time.Since(began), last)
		if shown != session.DefaultStreamLimit || last != "[output cut: 180.0 MB not shown]\n" {
			r.t.Errorf("%d bytes were shown, and then %q", shown, last)
		}
	})
}

// Shutdown is answered on the channel that asked and told to all, and Serve returns.
func TestSocketsShutdown(t *testing.T) {
	onSockets(t, printing, func(r *real) {
		call, err := r.Send(wire.Control, "shutdown_request", map[string]any{"restart": true}, kerneltest.CallOptions{})
		if err != nil {
			r.t.Fatal(err)
		}
		result := r.wait(call)
		if got := kinds(result); got != "busy shutdown_reply idle" || !strings.Contains(string(result.Reply.Content), `"restart":true`) {
			r.t.Errorf("got %s and %s", got, result.Reply.Content)
		}
		if err := <-r.served; err != nil {
			r.t.Errorf("Serve returned %v", err)
		}
		r.served <- nil
	})
}

// Many requests at the same time: each gets its own reply, bracketed by its own states.
func TestSocketsManyRequests(t *testing.T) {
	onSockets(t, printing, func(r *real) {
		types := []string{"kernel_info_request", "complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request", "execute_request"}
		var calls []*kerneltest.Call
		for i := range 140 {
			ch := []wire.Channel{wire.Shell, wire.Control}[i/len(types)%2]
			call, err := r.Send(ch, types[i%len(types)], map[string]any{"code": "x", "hist_access_type": "tail", "n": 3}, kerneltest.CallOptions{})
			if err != nil {
				r.t.Fatal(err)
			}
			calls = append(calls, call)
		}
		for _, call := range calls {
			result := r.wait(call)
			if want := strings.TrimSuffix(call.Type, "_request") + "_reply"; result.Reply.Header.MsgType != want || call.Replies() != 1 {
				r.t.Errorf("%s got %s, %d replies", call.Type, result.Reply.Header.MsgType, call.Replies())
			}
			if got := kinds(result); !strings.HasPrefix(got, "busy ") || !strings.HasSuffix(got, " idle") {
				r.t.Errorf("%s: %s", call.Type, got)
			}
		}
	})
}
