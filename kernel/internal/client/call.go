package client

import (
	"context"
	"encoding/json"
	"fmt"

	"interleave/kernel/internal/wire"
)

// CallOptions say how a call is answered. The zero value collects everything and never answers input.
type CallOptions struct {
	OnInput   func(prompt string, password bool) string // answers input_request
	OnMessage func(wire.Message)                        // sees each IOPub message at once, in order
	Buffers   [][]byte                                  // sent along
	Discard   bool                                      // IOPub messages are not kept, for floods
}

// Call is a request under way.
type Call struct {
	ID   string
	Type string

	client  *Client
	channel wire.Channel
	opts    CallOptions

	// Guarded by client.mu.
	replies []wire.Message
	inputs  []wire.Message
	iopub   []wire.Message
	idle    bool
}

// Result is what a kernel answered. IOPub holds the messages with the request as parent, in order.
type Result struct {
	Reply  wire.Message
	Inputs []wire.Message
	IOPub  []wire.Message

	Status         string // the reply's fields, where it has them
	ExecutionCount int
	EName, EValue  string
	Traceback      []string
	Payload        []map[string]any
}

// Send sends a request and returns at once.
func (c *Client) Send(ch wire.Channel, msgType string, content any, opts CallOptions) (*Call, error) {
	frames, id, err := c.codec.Encode(wire.Outgoing{Type: msgType, Content: content, Buffers: opts.Buffers})
	if err != nil {
		return nil, err
	}
	call := &Call{ID: id, Type: msgType, client: c, channel: ch, opts: opts}
	c.mu.Lock()
	c.calls[id] = call
	c.mu.Unlock()
	if err := c.links[ch].send(frames); err != nil {
		return nil, fmt.Errorf("send %s: %w", msgType, err)
	}
	return call, nil
}

// Request sends a request and waits for its reply and its idle status.
func (c *Client) Request(ctx context.Context, ch wire.Channel, msgType string, content any) (*Result, error) {
	call, err := c.Send(ch, msgType, content, CallOptions{})
	if err != nil {
		return nil, err
	}
	return call.Wait(ctx)
}

// Wait waits for the reply and the idle status of the call.
func (k *Call) Wait(ctx context.Context) (*Result, error) {
	err := k.client.wait(ctx, "reply and idle of "+k.Type, func() (bool, wire.Channel) {
		if len(k.replies) == 0 {
			return false, k.channel
		}
		return k.idle, wire.IOPub
	})
	return k.result(), err
}

// WaitReply waits for the reply alone.
func (k *Call) WaitReply(ctx context.Context) (wire.Message, error) {
	err := k.client.wait(ctx, "reply to "+k.Type, func() (bool, wire.Channel) { return len(k.replies) > 0, k.channel })
	return k.result().Reply, err
}

// WaitIOPub waits for an IOPub message of this call that matches. It looks at all of them, from the first.
func (k *Call) WaitIOPub(ctx context.Context, match func(wire.Message) bool) (wire.Message, error) {
	var found wire.Message
	err := k.client.wait(ctx, "IOPub message of "+k.Type, func() (bool, wire.Channel) {
		for _, m := range k.iopub {
			if match(m) {
				found = m
				return true, ""
			}
		}
		return false, wire.IOPub
	})
	return found, err
}

// WaitInput waits for the n-th input_request of the call, counted from 1.
func (k *Call) WaitInput(ctx context.Context, n int) (wire.Message, error) {
	err := k.client.wait(ctx, "input_request", func() (bool, wire.Channel) { return len(k.inputs) >= n, wire.Stdin })
	if err != nil {
		return wire.Message{}, err
	}
	k.client.mu.Lock()
	defer k.client.mu.Unlock()
	return k.inputs[n-1], nil
}

// Replies returns how many replies came: more than one is a fault of the kernel.
func (k *Call) Replies() int {
	k.client.mu.Lock()
	defer k.client.mu.Unlock()
	return len(k.replies)
}

// result is what has come so far.
func (k *Call) result() *Result {
	k.client.mu.Lock()
	defer k.client.mu.Unlock()
	r := &Result{Inputs: k.inputs, IOPub: k.iopub}
	if len(k.replies) == 0 {
		return r
	}
	r.Reply = k.replies[0]
	var content struct {
		Status         string           `json:"status"`
		ExecutionCount int              `json:"execution_count"`
		EName          string           `json:"ename"`
		EValue         string           `json:"evalue"`
		Traceback      []string         `json:"traceback"`
		Payload        []map[string]any `json:"payload"`
	}
	if json.Unmarshal(r.Reply.Content, &content) == nil { // other replies have other fields
		r.Status, r.ExecutionCount = content.Status, content.ExecutionCount
		r.EName, r.EValue, r.Traceback, r.Payload = content.EName, content.EValue, content.Traceback, content.Payload
	}
	return r
}

// answer replies to an input_request.
func (k *Call) answer(m wire.Message) {
	var content struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}
	if err := json.Unmarshal(m.Content, &content); err != nil {
		k.client.fail(fmt.Errorf("input_request: %w", err))
		return
	}
	if err := k.client.ReplyInput(m, k.opts.OnInput(content.Prompt, content.Password)); err != nil {
		k.client.fail(err)
	}
}

// ReplyInput answers an input_request.
func (c *Client) ReplyInput(request wire.Message, value string) error {
	frames, _, err := c.codec.Encode(wire.Outgoing{
		Type: "input_reply", Parent: &request.Header, Content: map[string]any{"status": "ok", "value": value},
	})
	if err != nil {
		return err
	}
	if err := c.links[wire.Stdin].send(frames); err != nil {
		return fmt.Errorf("send input_reply: %w", err)
	}
	return nil
}

// ExecuteOptions are the fields of execute_request. The zero value is what JupyterLab sends, but for
// allow_stdin, which is true when OnInput is set.
type ExecuteOptions struct {
	CallOptions
	Silent          bool
	NoHistory       bool
	ContinueOnError bool
	UserExpressions map[string]string
}

// StartExecute sends a cell and returns at once.
func (c *Client) StartExecute(code string, opts ExecuteOptions) (*Call, error) {
	return c.Send(wire.Shell, "execute_request", map[string]any{
		"code":             code,
		"silent":           opts.Silent,
		"store_history":    !opts.NoHistory && !opts.Silent,
		"user_expressions": wire.Object(opts.UserExpressions),
		"allow_stdin":      opts.OnInput != nil,
		"stop_on_error":    !opts.ContinueOnError,
	}, opts.CallOptions)
}

// Execute runs a cell and waits for its end. A cell that fails is a Result, not an error.
func (c *Client) Execute(ctx context.Context, code string, opts ExecuteOptions) (*Result, error) {
	call, err := c.StartExecute(code, opts)
	if err != nil {
		return nil, err
	}
	return call.Wait(ctx)
}

// Interrupt asks the kernel by message to interrupt the running cell, and waits for the reply.
func (c *Client) Interrupt(ctx context.Context) error {
	_, err := c.Request(ctx, wire.Control, "interrupt_request", nil)
	return err
}

// Shutdown asks the kernel to end, and waits for the reply.
func (c *Client) Shutdown(ctx context.Context, restart bool) error {
	call, err := c.Send(wire.Control, "shutdown_request", map[string]any{"restart": restart}, CallOptions{})
	if err != nil {
		return err
	}
	_, err = call.WaitReply(ctx)
	return err
}
