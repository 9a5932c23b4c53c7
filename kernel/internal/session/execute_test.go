package session

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestExecute(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		h.want("- starting")
		h.forget()
		h.cell("a")
		h.cell("=42")
		h.cell("fail")
		h.settle()
		h.want(
			"1 busy", "1 execute_input [1] a", `1 stdout "a"`, "1 execute_reply ok [1]", "1 idle",
			"2 busy", "2 execute_input [2] =42", "2 execute_result [2] 42", "2 execute_reply ok [2]", "2 idle",
			"3 busy", "3 execute_input [3] fail", `3 stdout "fail"`, "3 error Panic: boom", "3 execute_reply error [3]", "3 idle",
		)
		ok, bad := h.reply("1"), h.reply("3")
		if got := fmt.Sprint(ok.fields["payload"], ok.fields["user_expressions"]); got != "[] map[]" {
			t.Errorf("payload and user_expressions of the reply are %s", got)
		}
		if got := fmt.Sprint(bad.fields["ename"], bad.fields["evalue"], bad.fields["traceback"]); got != "Panicboom[a b]" {
			t.Errorf("the error reply says %s", got)
		}
		if want := `{"started":"2000-01-01T00:00:01.000000Z","status":"ok"}`; string(ok.Metadata) != want {
			t.Errorf("metadata %s, want %s", ok.Metadata, want)
		}
		if h.engine.cells[0].Input != nil {
			t.Error("the cell may ask for input though allow_stdin was not sent")
		}
	})
}

// The fields of execute_request, alone and together.
func TestExecuteOptions(t *testing.T) {
	tests := map[string]struct {
		content string
		want    []string // after cell 1, "a", was run
	}{
		"plain":               {`{"code":"b"}`, []string{"busy", "execute_input [2] b", `stdout "b"`, "execute_reply ok [2]", "idle"}},
		"silent":              {`{"code":"b","silent":true}`, []string{"busy", "execute_reply ok [1]", "idle"}},
		"silent and stored":   {`{"code":"=b","silent":true,"store_history":true}`, []string{"busy", "execute_reply ok [1]", "idle"}},
		"silent fault":        {`{"code":"fail","silent":true}`, []string{"busy", "execute_reply error [1]", "idle"}},
		"not stored":          {`{"code":"=b","store_history":false}`, []string{"busy", "execute_input [1] =b", "execute_result [1] b", "execute_reply ok [1]", "idle"}},
		"empty":               {`{"code":""}`, []string{"busy", "execute_input [1] ", "execute_reply ok [1]", "idle"}},
		"blank":               {`{"code":" \n\t"}`, []string{"busy", "execute_input [1]  \n\t", "execute_reply ok [1]", "idle"}},
		"empty and silent":    {`{"code":"","silent":true}`, []string{"busy", "execute_reply ok [1]", "idle"}},
		"nulls":               {`{"code":"b","silent":null,"stop_on_error":null,"user_expressions":null,"allow_stdin":null}`, []string{"busy", "execute_input [2] b", `stdout "b"`, "execute_reply ok [2]", "idle"}},
		"odd expressions":     {`{"code":"b","user_expressions":[1]}`, []string{"busy", "execute_input [2] b", `stdout "b"`, "execute_reply ok [2]", "idle"}},
		"unknown field":       {`{"code":"b","x":{}}`, []string{"busy", "execute_input [2] b", `stdout "b"`, "execute_reply ok [2]", "idle"}},
		"no code":             {`{}`, []string{"busy", "error InvalidRequest: code is missing", "execute_reply error [1]", "idle"}},
		"no content":          {``, []string{"busy", "error InvalidRequest: code is missing", "execute_reply error [1]", "idle"}},
		"null content":        {`null`, []string{"busy", "error InvalidRequest: code is missing", "execute_reply error [1]", "idle"}},
		"expressions, silent": {`{"code":"","silent":true,"user_expressions":{"x":"1"}}`, []string{"busy", "execute_reply ok [1]", "idle"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, printing(), Options{}, func(h *harness) {
				h.cell("a")
				id := h.send("execute_request", test.content)
				h.settle()
				h.of(id, test.want...)
			})
		})
	}
}

func TestMalformedRequests(t *testing.T) {
	requests := []string{
		"execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
		"comm_info_request", "comm_open", "comm_msg", "comm_close", "kernel_info_request", "connect_request", "interrupt_request",
	}
	contents := []string{`{`, `[]`, `7`, `"x"`, `null`, ``, `{"code":5}`, `{"code":"x","cursor_pos":"y"}`, `{"code":{"a":[[[[]]]]}}`,
		`{"comm_id":1}`, `{"target_name":[]}`, `{"hist_access_type":3}`, `{"hist_access_type":"all"}`, `{"n":"x","hist_access_type":"tail"}`,
		`{"code":"x","silent":"yes"}`, `{"code":"x","cursor_pos":-5}`, `{"code":"x","cursor_pos":1e300}`, "{\"code\":\"\xff\"}"}
	bubble(t, printing(), Options{}, func(h *harness) {
		for _, msgType := range requests {
			for _, content := range contents {
				id := h.send(msgType, content)
				h.settle()
				var states []string
				for _, m := range h.messages() {
					if m.parent == id && m.Type == "status" {
						states = append(states, m.fields["execution_state"].(string))
					}
				}
				if !reflect.DeepEqual(states, []string{"busy", "idle"}) {
					t.Errorf("%s with %s: states %v", msgType, content, states)
				}
				if strings.HasSuffix(msgType, "_request") {
					h.reply(id)
				}
				h.forget()
			}
		}
		id := h.cell("still here")
		h.settle()
		if h.reply(id).fields["status"] != "ok" {
			t.Error("the session no longer runs cells")
		}
	})
}

func TestCellIsWhatWasAsked(t *testing.T) {
	e := &fakeEngine{}
	bubble(t, e, Options{}, func(h *harness) {
		r := h.request("execute_request", `{"code":"x","silent":true,"user_expressions":{"a":"1+1","b":2},"allow_stdin":true}`)
		r.Metadata = []byte(`{"cellId":"c-7","deletedCells":[]}`)
		h.fake.shell <- r
		r = h.request("execute_request", `{"code":"y"}`)
		r.Metadata = []byte(`{"cellId":[]}`)
		h.fake.shell <- r
		h.settle()
		c := e.cells[0]
		if c.Code != "x" || c.ID != "c-7" || !c.Silent || c.Count != 0 || c.Input == nil || !reflect.DeepEqual(c.UserExpressions, map[string]string{"a": "1+1"}) {
			t.Errorf("the engine got %+v", c)
		}
		if c := e.cells[1]; c.ID != "" || c.Count != 1 || c.Input != nil {
			t.Errorf("the engine got %+v", c)
		}
	})
}

func TestOutcomeInReply(t *testing.T) {
	e := &fakeEngine{run: func(context.Context, Cell, Output) Outcome {
		return Outcome{
			Payload: []map[string]any{{"source": "page", "data": map[string]any{"text/plain": "<b>"}, "start": 0}},
			Expressions: map[string]ExpressionValue{
				"a": {Bundle: plain("2")},
				"b": {Fault: &Fault{Name: "CompileError", Value: "undefined: q"}},
				"c": {Bundle: Bundle{Data: map[string]any{"application/json": math.NaN()}}},
			},
		}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		id := h.cell("x", `"user_expressions":{"a":"1+1","b":"q"}`)
		h.settle()
		f := h.reply(id).fields
		want := `[map[data:map[text/plain:<b>] source:page start:0]] ` +
			`map[a:map[data:map[text/plain:2] metadata:map[] status:ok] ` +
			`b:map[ename:CompileError evalue:undefined: q status:error traceback:[]] ` +
			`c:map[data:map[text/plain:cannot be shown: json: unsupported value: NaN] metadata:map[] status:ok]]`
		if got := fmt.Sprint(f["payload"], f["user_expressions"]); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// What cannot be put into a reply costs the reply's content, not the reply.
func TestUnencodablePayload(t *testing.T) {
	e := &fakeEngine{run: func(context.Context, Cell, Output) Outcome {
		return Outcome{Payload: []map[string]any{{"x": make(chan int)}}}
	}}
	bubble(t, e, Options{}, func(h *harness) {
		id := h.cell("x")
		h.settle()
		h.of(id, "busy", "execute_input [1] x", "execute_reply error [1]", "idle")
	})
}

func TestPanicInEngine(t *testing.T) {
	e := &fakeEngine{
		run:      func(context.Context, Cell, Output) Outcome { panic("ours") },
		complete: func(context.Context, string, int) Completion { panic("ours") },
		inspect:  func(context.Context, string, int, int) Inspection { panic("ours") },
		check:    func(string) (string, string) { panic("ours") },
	}
	bubble(t, e, Options{}, func(h *harness) {
		h.forget()
		h.cell("x")
		h.cell("y")
		h.settle()
		h.send("complete_request", `{"code":"x","cursor_pos":1}`)
		h.settle()
		h.send("inspect_request", `{"code":"x","cursor_pos":1}`)
		h.settle()
		h.send("is_complete_request", `{"code":"x"}`)
		h.settle()
		h.want(
			"1 busy", "1 execute_input [1] x", "1 error InternalError: ours", "1 execute_reply error [1]", "1 idle",
			"2 busy", "2 execute_reply aborted [<nil>]", "2 idle",
			"3 busy", "3 complete_reply ok", "3 idle",
			"4 busy", "4 inspect_reply ok", "4 idle",
			"5 busy", "5 is_complete_reply error", "5 idle",
		)
	})
}

// What is not announced is not answered, on either channel, and leaves nobody waiting for the end of busy.
func TestUnknownType(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		for _, msgType := range []string{
			"debug_request", "create_subshell_request", "delete_subshell_request", "list_subshell_request", "usage_request", "input_reply", "status",
		} {
			for _, send := range []func(string, string) string{h.send, h.onControl} {
				h.forget()
				id := send(msgType, `{}`)
				h.settle()
				h.want(id+" busy", id+" idle")
			}
		}
	})
}

// Free requests are answered while a cell runs, on both channels, and the kernel goes on looking busy.
func TestServedWhileACellRuns(t *testing.T) {
	release := make(chan struct{})
	e := &fakeEngine{}
	e.run = func(_ context.Context, c Cell, out Output) Outcome {
		<-release
		return Outcome{}
	}
	types := []string{"kernel_info_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
		"comm_info_request", "connect_request"}
	// The channel must be made inside of the bubble for synctest to see it as durable.
	bubble(t, e, Options{}, func(h *harness) {
		release = make(chan struct{})
		cell := h.cell("long")
		second := h.cell("second")
		h.settle()
		for _, msgType := range types {
			for _, send := range []func(string, string) string{h.send, h.onControl} {
				h.forget()
				id := send(msgType, `{"code":"x","cursor_pos":1,"hist_access_type":"tail"}`)
				h.settle()
				reply := id + " " + replyType(msgType)
				status := " ok"
				if msgType == "is_complete_request" {
					status = " complete"
				}
				h.want(id+" busy", reply+status, id+" idle", cell+" busy")
			}
		}
		h.forget()
		close(release)
		h.settle()
		h.want(cell+" execute_reply ok [1]", cell+" idle",
			second+" busy", second+" execute_input [2] second", second+" execute_reply ok [2]", second+" idle")
		h.forget()
		id := h.send("kernel_info_request", `{}`)
		h.settle()
		h.want(id+" busy", id+" kernel_info_reply ok", id+" idle")
	})
}

// A request header is passed on as it came, fields unknown to us included.
func TestParentIsVerbatim(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		h.forget()
		r := h.request("execute_request", `{"code":"a"}`)
		h.fake.shell <- r
		h.settle()
		for _, m := range h.messages() {
			if m.via == "iopub" && m.header != string(r.Header) {
				t.Errorf("%s has parent %s, want %s", m.Type, m.header, r.Header)
			}
		}
	})
}
