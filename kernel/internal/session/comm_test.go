package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// echo is a peer that sends back what it gets, and notes it.
type echo struct {
	c   *Comm
	got []string
}

func (e *echo) Message(m CommMessage) {
	e.got = append(e.got, "message "+string(m.Data))
	if string(m.Data) == `"panic"` {
		panic("peer")
	}
	if err := e.c.Send(m); err != nil {
		e.got = append(e.got, err.Error())
	}
}

func (e *echo) Close(m CommMessage) { e.got = append(e.got, "close "+string(m.Data)) }

func TestComm(t *testing.T) {
	var peer *echo
	targets := map[string]CommTarget{
		"echo": func(c *Comm, m CommMessage) (CommPeer, error) {
			peer = &echo{c: c}
			return peer, c.Send(CommMessage{})
		},
		"refuses": func(*Comm, CommMessage) (CommPeer, error) { return nil, errors.New("no") },
	}
	bubble(t, printing(), Options{Targets: targets}, func(h *harness) {
		h.forget()
		h.send("comm_open", `{"comm_id":"a","target_name":"nobody","data":{}}`)
		h.settle()
		h.want("1 busy", `1 comm_close {"comm_id":"a","data":{}}`, "1 idle")

		h.forget()
		h.send("comm_open", `{"comm_id":"b","target_name":"refuses","data":{}}`)
		h.settle()
		h.want("2 busy", `2 comm_close {"comm_id":"b","data":{}}`, "2 idle")

		h.forget()
		h.send("comm_open", `{"comm_id":"c","target_name":"echo","data":{"x":1}}`)
		h.settle()
		h.want("3 busy", `3 comm_msg {"comm_id":"c","data":{}}`, "3 idle")

		h.forget()
		r := h.request("comm_msg", `{"comm_id":"c","data":{"y":2}}`)
		r.Buffers, r.Metadata = [][]byte{{1}, {}}, json.RawMessage(`{"m":1}`)
		h.fake.shell <- r
		h.settle()
		h.want("4 busy", `4 comm_msg {"comm_id":"c","data":{"y":2}}`, "4 idle")
		if m := h.messages()[1]; len(m.Buffers) != 2 || m.Buffers[0][0] != 1 || string(m.Metadata) != `{"m":1}` {
			t.Errorf("the echo has buffers %v and metadata %s", m.Buffers, m.Metadata)
		}

		if got := h.ask("comm_info_request", `{}`); fmt.Sprint(got["comms"]) != "map[c:map[target_name:echo]]" {
			t.Errorf("comm_info: %v", got)
		}
		if got := h.ask("comm_info_request", `{"target_name":"other"}`); fmt.Sprint(got["comms"]) != "map[]" {
			t.Errorf("comm_info: %v", got)
		}

		h.forget()
		h.send("comm_msg", `{"comm_id":"c","data":"panic"}`)
		h.send("comm_msg", `{"comm_id":"unknown","data":{}}`)
		h.send("comm_close", `{"comm_id":"c","data":{"z":3}}`)
		h.send("comm_close", `{"comm_id":"c","data":{}}`)
		h.settle()
		h.want("7 busy", "7 idle", "8 busy", "8 idle", "9 busy", "9 idle", "10 busy", "10 idle")
		want := []string{`message {"y":2}`, `message "panic"`, `close {"z":3}`}
		if !slices.Equal(peer.got, want) {
			t.Errorf("the peer got %q", peer.got)
		}
		if err := peer.c.Send(CommMessage{}); err == nil {
			t.Error("a closed comm still sends")
		}
	})
}

func TestCommFromTheKernel(t *testing.T) {
	bubble(t, printing(), Options{}, func(h *harness) {
		h.forget()
		peer := &echo{}
		c := h.OpenComm("target", CommMessage{Data: json.RawMessage(`{"state":{}}`), Metadata: json.RawMessage(`{"version":"2.1.0"}`), Buffers: [][]byte{{7}}}, peer)
		m := h.messages()[0]
		if want := fmt.Sprintf(`- comm_open {"comm_id":%q,"data":{"state":{}},"target_name":"target"}`, c.ID); m.String() != want {
			t.Errorf("got %s, want %s", m, want)
		}
		if len(m.Buffers) != 1 || string(m.Metadata) != `{"version":"2.1.0"}` {
			t.Errorf("buffers %v, metadata %s", m.Buffers, m.Metadata)
		}
		peer.c = c
		h.forget()
		h.send("comm_msg", fmt.Sprintf(`{"comm_id":%q,"data":{"a":1}}`, c.ID))
		h.settle()
		h.want("1 busy", fmt.Sprintf(`1 comm_msg {"comm_id":%q,"data":{"a":1}}`, c.ID), "1 idle")
		h.forget()
		if err := c.Close(CommMessage{}); err != nil {
			t.Error(err)
		}
		if err := c.Close(CommMessage{}); err == nil {
			t.Error("a comm closes twice")
		}
		h.want(fmt.Sprintf(`- comm_close {"comm_id":%q,"data":{}}`, c.ID))
	})
}

// A client that opens a comm with the id of an open one gets a new comm; the old one is closed for its peer, and speaks no more.
func TestCommIsOpenedAgain(t *testing.T) {
	var peers []*echo
	targets := map[string]CommTarget{"echo": func(c *Comm, m CommMessage) (CommPeer, error) {
		peers = append(peers, &echo{c: c})
		return peers[len(peers)-1], nil
	}}
	bubble(t, printing(), Options{Targets: targets}, func(h *harness) {
		h.send("comm_open", `{"comm_id":"c","target_name":"echo"}`)
		h.send("comm_msg", `{"comm_id":"c","data":{"n":1}}`)
		h.send("comm_open", `{"comm_id":"c","target_name":"echo"}`)
		h.send("comm_msg", `{"comm_id":"c","data":{"n":2}}`)
		h.settle()
		if len(peers) != 2 {
			t.Fatalf("%d peers", len(peers))
		}
		if err := peers[0].c.Send(CommMessage{}); err == nil {
			t.Error("the old comm still sends")
		}
		if got := fmt.Sprint(peers[0].got, peers[1].got); got != `[message {"n":1} close ] [message {"n":2}]` {
			t.Errorf("the peers got %s", got)
		}
		if got := h.ask("comm_info_request", `{}`); fmt.Sprint(got["comms"]) != "map[c:map[target_name:echo]]" {
			t.Errorf("comm_info: %v", got)
		}
		h.send("comm_open", `{"comm_id":"c","target_name":"nobody"}`)
		h.settle() // comm_info does not wait for comms
		if got := h.ask("comm_info_request", `{}`); fmt.Sprint(got["comms"]) != "map[]" || len(peers[1].got) != 2 {
			t.Errorf("after a refusal the comms are %v, and the last peer got %v", got, peers[1].got)
		}
	})
}

// Comm messages keep their order and do not wait for a cell.
func TestCommWhileACellRuns(t *testing.T) {
	var peer *echo
	targets := map[string]CommTarget{"echo": func(c *Comm, m CommMessage) (CommPeer, error) {
		peer = &echo{c: c}
		return peer, nil
	}}
	e := newHeld()
	bubble(t, e.fakeEngine, Options{Targets: targets}, func(h *harness) {
		e.open()
		h.cell("long")
		h.send("comm_open", `{"comm_id":"c","target_name":"echo"}`)
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint("message ", i))
			h.send("comm_msg", fmt.Sprintf(`{"comm_id":"c","data":%d}`, i))
		}
		h.settle()
		if !slices.Equal(peer.got, want) {
			t.Errorf("the peer got %v", peer.got)
		}
	})
}
