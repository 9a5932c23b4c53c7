package kerneltest

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"interleave/kernel/internal/wire"
)

// TestMain lets the test binary be the kernel under test, in another process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "fake-kernel" {
		if err := fakeKernel(os.Args[2]); err != nil {
			slog.Error("fake kernel", "err", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func startFake(t testing.TB) *Kernel {
	t.Helper()
	return StartT(t, Spec{Argv: fakeArgv()})
}

func fakeArgv() []string { return []string{os.Args[0], "fake-kernel", "{connection_file}"} }

// fake is a kernel whose language has a word and an argument on each line.
type fake struct {
	srv       *wire.Server
	interrupt chan struct{}
	count     int
	abort     bool
}

func fakeKernel(file string) error {
	conn, err := wire.ReadConnection(file, slog.Default())
	if err != nil {
		return err
	}
	srv, err := wire.Listen(context.Background(), conn, wire.Options{})
	if err != nil {
		return err
	}
	f := &fake{srv: srv, interrupt: make(chan struct{}, 1)}
	sigint := make(chan os.Signal, 1)
	signal.Notify(sigint, syscall.SIGINT)
	go func() {
		for range sigint {
			f.interrupt <- struct{}{}
		}
	}()
	go func() {
		for req := range srv.Shell() {
			f.bracket(req, f.execute)
		}
	}()
	for req := range srv.Control() {
		f.bracket(req, func(req *wire.Request) {
			req.Reply(strings.Replace(req.Header.MsgType, "_request", "_reply", 1), map[string]any{"status": "ok"})
		})
		switch req.Header.MsgType {
		case "interrupt_request":
			f.interrupt <- struct{}{}
		case "shutdown_request":
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return srv.Close(ctx)
		}
	}
	return nil
}

func (f *fake) bracket(req *wire.Request, do func(*wire.Request)) {
	f.show(req, "status", map[string]any{"execution_state": "busy"})
	do(req)
	f.show(req, "status", map[string]any{"execution_state": "idle"})
}

func (f *fake) show(req *wire.Request, msgType string, content map[string]any) {
	f.srv.Publish(&req.Header, msgType, content, nil)
}

func (f *fake) execute(req *wire.Request) {
	var content struct {
		Code            string            `json:"code"`
		StopOnError     bool              `json:"stop_on_error"`
		UserExpressions map[string]string `json:"user_expressions"`
	}
	if err := json.Unmarshal(req.Content, &content); err != nil {
		slog.Error("execute_request", "err", err)
		return
	}
	if f.abort {
		f.abort = false
		req.Reply("execute_reply", map[string]any{"status": "aborted", "execution_count": f.count})
		return
	}
	f.count++
	expressions := make(map[string]any)
	for name, code := range content.UserExpressions {
		expressions[name] = map[string]any{"status": "ok", "data": map[string]any{"text/plain": code}, "metadata": map[string]any{}}
	}
	reply := map[string]any{"status": "ok", "execution_count": f.count, "user_expressions": expressions, "payload": wire.List[any](nil)}
	for line := range strings.SplitSeq(content.Code, "\n") {
		if fault := f.line(req, line); fault != nil {
			f.show(req, "error", fault)
			fault["status"], fault["execution_count"] = "error", f.count
			reply, f.abort = fault, content.StopOnError
			break
		}
	}
	req.Reply("execute_reply", reply)
}

func (f *fake) line(req *wire.Request, line string) map[string]any {
	word, arg, _ := strings.Cut(line, " ")
	switch word {
	case "stdout", "stderr":
		f.show(req, "stream", map[string]any{"name": word, "text": strings.ReplaceAll(arg, `\n`, "\n")})
	case "result":
		f.show(req, "execute_result", map[string]any{"data": map[string]any{"text/plain": arg}, "metadata": map[string]any{}})
	case "display":
		f.show(req, "display_data", map[string]any{"data": map[string]any{"text/plain": arg, "image/png": "aGk="}, "metadata": map[string]any{}})
	case "clear":
		f.show(req, "clear_output", map[string]any{"wait": arg == "wait"})
	case "fail":
		return map[string]any{"ename": "Fault", "evalue": "\x1b[31m" + arg + "\x1b[0m", "traceback": []string{"in cell " + arg}}
	case "run":
		f.show(req, "stream", map[string]any{"name": "stdout", "text": arg + "\n"})
		<-f.interrupt
		return map[string]any{"ename": "Interrupted", "evalue": "", "traceback": []string{}}
	case "wait":
		<-f.interrupt
		return map[string]any{"ename": "Interrupted", "evalue": arg, "traceback": []string{}}
	case "ask":
		if _, _, err := f.srv.Input(req, "input_request", map[string]any{"prompt": arg, "password": false}); err != nil {
			return map[string]any{"ename": "InputError", "evalue": err.Error(), "traceback": []string{}}
		}
		var answer struct {
			Value string `json:"value"`
		}
		json.Unmarshal((<-f.srv.Stdin()).Content, &answer)
		f.show(req, "stream", map[string]any{"name": "stdout", "text": answer.Value + "\n"})
	case "crash":
		os.Exit(3)
	}
	return nil
}
