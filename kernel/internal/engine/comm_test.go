package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// TestComm takes comms all the way between a client and a cell.
func TestComm(t *testing.T) {
	onBothWays(t, func(t *testing.T, mode string) {
		k := start(mode)(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		send := func(msgType string, content map[string]any, buffers ...[]byte) *kerneltest.Call {
			t.Helper()
			call, err := k.Send(wire.Shell, msgType, content, kerneltest.CallOptions{Buffers: buffers})
			if err != nil {
				t.Fatal(err)
			}
			return call
		}
		next := func(msgType, id string) string { // of the messages that belong to no request
			t.Helper()
			m, err := k.WaitOther(ctx, func(m wire.Message) bool {
				return m.Header.MsgType == msgType && strings.Contains(string(m.Content), id)
			})
			if err != nil {
				t.Fatalf("%s of %s: %v", msgType, id, err)
			}
			var content struct{ Data json.RawMessage }
			if err := json.Unmarshal(m.Content, &content); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%s %q", content.Data, m.Buffers)
		}
		want := func(got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		info := func() string {
			t.Helper()
			r, err := k.Request(ctx, wire.Shell, "comm_info_request", map[string]any{"target_name": "adder"})
			if err != nil {
				t.Fatal(err)
			}
			var content struct{ Comms map[string]any }
			if err := json.Unmarshal(r.Reply.Content, &content); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(content.Comms)
		}

		// A target that nobody has registered.
		call := send("comm_open", map[string]any{"comm_id": "early", "target_name": "adder", "data": map[string]any{}})
		if _, err := call.WaitIOPub(ctx, func(m wire.Message) bool { return m.Header.MsgType == "comm_close" }); err != nil {
			t.Fatal(err)
		}

		execute(t, k, `import ("encoding/json"; "interleave/kernel/display")
type Numbers struct{ A, B int }
sums := 0
err := display.RegisterComm("adder", func(c *display.Comm, first display.CommMessage) {
	c.OnMessage(func(m display.CommMessage) {
		var n Numbers
		if json.Unmarshal(m.Data, &n) != nil {
			c.Close()
			return
		}
		sums++
		c.Send(map[string]int{"sum": n.A + n.B}, m.Buffers...)
	})
	c.OnClose(func(display.CommMessage) { display.OpenComm("goodbye", Numbers{sums, 0}) })
	c.Send(map[string]string{"hello": string(first.Data)})
})
if err != nil { panic(err) }`)
		send("comm_open", map[string]any{"comm_id": "one", "target_name": "adder", "data": map[string]any{"x": 1}})
		want(next("comm_msg", "one"), `{"hello":"{\"x\":1}"} []`)
		want(info(), "map[one:map[target_name:adder]]")

		// Also while a cell runs, with buffers.
		running, err := k.StartExecute("<-display.Context().Done()", kerneltest.ExecuteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			send("comm_msg", map[string]any{"comm_id": "one", "data": map[string]any{"A": i, "B": 40}}, []byte{byte(i), 0}, []byte{})
			want(next("comm_msg", "one"), fmt.Sprintf(`{"sum":%d} ["\x%02x\x00" ""]`, 40+i, i))
		}
		if err := k.Interrupt(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := running.Wait(ctx); err != nil {
			t.Fatal(err)
		}

		// Opened anew with the same id, the old one is closed first.
		send("comm_open", map[string]any{"comm_id": "one", "target_name": "adder", "data": map[string]any{"x": 2}})
		want(next("comm_open", "goodbye"), `{"A":3,"B":0} []`)
		want(next("comm_msg", "one"), `{"hello":"{\"x\":2}"} []`)
		send("comm_close", map[string]any{"comm_id": "one", "data": map[string]any{}})
		want(next("comm_open", "goodbye"), `{"A":3,"B":0} []`)
		want(info(), "map[]")

		// A cell closes one; the worker's end closes the others and takes the target along.
		send("comm_open", map[string]any{"comm_id": "two", "target_name": "adder", "data": map[string]any{}})
		send("comm_msg", map[string]any{"comm_id": "two", "data": map[string]any{"A": "no number"}})
		want(next("comm_close", "two"), `{} []`)
		send("comm_open", map[string]any{"comm_id": "three", "target_name": "adder", "data": map[string]any{}})
		next("comm_msg", "three")
		r, err := k.Execute(ctx, "go panic(1); select {}", kerneltest.ExecuteOptions{})
		if err != nil || r.EName != "WorkerDied" {
			t.Fatalf("%+v %v", r, err)
		}
		next("comm_close", "three")
		call = send("comm_open", map[string]any{"comm_id": "four", "target_name": "adder", "data": map[string]any{}})
		if _, err := call.WaitIOPub(ctx, func(m wire.Message) bool { return m.Header.MsgType == "comm_close" }); err != nil {
			t.Fatal(err)
		}
	})
}
