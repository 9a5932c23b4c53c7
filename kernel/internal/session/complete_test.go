package session

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestComplete(t *testing.T) {
	var cursors []int
	e := &fakeEngine{complete: func(_ context.Context, code string, cursor int) Completion {
		cursors = append(cursors, cursor)
		if code == "none" {
			return Completion{Start: cursor, End: cursor}
		}
		return Completion{Start: 1, End: 3, Matches: []Match{{"Println", "function", "func(a ...any)"}, {"x", "", ""}}}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		tests := []struct{ ask, want string }{
			{`{"code":"äfm","cursor_pos":3}`, `{"cursor_end":3,"cursor_start":1,"matches":["Println","x"],"metadata":{"_jupyter_types_experimental":[` +
				`{"start":1,"end":3,"text":"Println","type":"function","signature":"func(a ...any)"},{"start":1,"end":3,"text":"x","type":"","signature":""}]},"status":"ok"}`},
			{`{"code":"none","cursor_pos":99}`, `{"cursor_end":4,"cursor_start":4,"matches":[],"metadata":{"_jupyter_types_experimental":[]},"status":"ok"}`},
			{`{"code":"none"}`, `{"cursor_end":4,"cursor_start":4,"matches":[],"metadata":{"_jupyter_types_experimental":[]},"status":"ok"}`},
			{`{"code":"none","cursor_pos":-1}`, `{"cursor_end":0,"cursor_start":0,"matches":[],"metadata":{"_jupyter_types_experimental":[]},"status":"ok"}`},
		}
		for _, test := range tests {
			id := h.send("complete_request", test.ask)
			h.settle()
			if got := string(h.reply(id).Content); got != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.ask, got, test.want)
			}
		}
		if got := fmt.Sprint(cursors); got != "[3 4 4 0]" {
			t.Errorf("the engine got the cursors %s", got)
		}
	})
}

func TestInspect(t *testing.T) {
	e := &fakeEngine{inspect: func(_ context.Context, code string, cursor, detail int) Inspection {
		return Inspection{Found: code == "x", Data: map[string]any{"text/plain": fmt.Sprint(cursor, detail)}}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		tests := []struct{ ask, want string }{
			{`{"code":"x","cursor_pos":1,"detail_level":1}`, `{"data":{"text/plain":"1 1"},"found":true,"metadata":{},"status":"ok"}`},
			{`{"code":"y","cursor_pos":1}`, `{"data":{},"found":false,"metadata":{},"status":"ok"}`},
		}
		for _, test := range tests {
			id := h.send("inspect_request", test.ask)
			h.settle()
			if got := string(h.reply(id).Content); got != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.ask, got, test.want)
			}
		}
	})
}

// An engine that is late costs its answer: within a second there is an empty one, or what it knew when its
// time was up.
func TestLateEngine(t *testing.T) {
	e := &fakeEngine{
		complete: func(ctx context.Context, code string, cursor int) Completion {
			<-ctx.Done()
			if code == "deaf" {
				time.Sleep(time.Minute)
			}
			return Completion{Matches: []Match{{Text: "some"}}}
		},
		inspect: func(context.Context, string, int, int) Inspection {
			time.Sleep(time.Minute)
			return Inspection{Found: true}
		},
	}
	bubble(t, e, Options{}, func(h *harness) {
		h.fake.onReply = func(m Message) {
			if at := time.Since(bubbleStart) % time.Second; at > 900*time.Millisecond {
				t.Errorf("%s came after %v", m.Type, at)
			}
		}
		if got := h.ask("complete_request", `{"code":"deaf","cursor_pos":2}`); fmt.Sprint(got["matches"], got["cursor_start"]) != "[] 2" {
			t.Errorf("got %v", got)
		}
		if got := h.ask("inspect_request", `{"code":"deaf"}`); got["found"] != false || got["status"] != "ok" {
			t.Errorf("got %v", got)
		}
		time.Sleep(2 * time.Minute) // for the deaf to end
	})
}

// bubbleStart is the time at which a synctest bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestIsComplete(t *testing.T) {
	e := &fakeEngine{check: func(code string) (string, string) { return code, "\t" }}
	bubble(t, e, Options{}, func(h *harness) {
		for status, want := range map[string]string{
			"complete": `{"status":"complete"}`, "incomplete": `{"indent":"\t","status":"incomplete"}`,
			"invalid": `{"status":"invalid"}`, "unknown": `{"status":"unknown"}`,
		} {
			id := h.send("is_complete_request", fmt.Sprintf(`{"code":%q}`, status))
			h.settle()
			if got := string(h.reply(id).Content); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

func TestKernelInfo(t *testing.T) {
	const want = `{"banner":"a fake","debugger":false,"help_links":[],"implementation":"fake","implementation_version":"1.2.3",` +
		`"language_info":{"codemirror_mode":"go","file_extension":".go","mimetype":"text/x-go","name":"go","pygments_lexer":"go","version":"1.26.8"},` +
		`"protocol_version":"5.5","status":"ok","supported_features":[]}`
	ports := map[string]int{"shell_port": 7, "iopub_port": 8, "stdin_port": 9, "control_port": 10, "hb_port": 11}
	bubble(t, printing(), Options{Ports: ports}, func(h *harness) {
		for _, send := range []func(string, string) string{h.send, h.onControl} {
			h.forget()
			id := send("kernel_info_request", `{}`)
			h.settle()
			if got := string(h.reply(id).Content); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			h.of(id, "busy", "kernel_info_reply ok", "idle")
			id = send("connect_request", `{}`)
			h.settle()
			if got := string(h.reply(id).Content); got != `{"control_port":10,"hb_port":11,"iopub_port":8,"shell_port":7,"status":"ok","stdin_port":9}` {
				t.Errorf("connect_reply: %s", got)
			}
			h.of(id, "busy", "connect_reply ok", "idle")
		}
	})
}
