package gopls

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
)

// maxBody is the longest message that is believed.
const maxBody = 64 << 20

// message is a request, a notification or a response of JSON-RPC 2.0.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *ResponseError  `json:"error,omitempty"`
}

// ResponseError is the server's refusal of a request.
type ResponseError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *ResponseError) Error() string { return fmt.Sprintf("gopls: %s (%d)", e.Message, e.Code) }

// methodNotFound is JSON-RPC's code for a request that is not understood.
const methodNotFound = -32601

// errEnded is what calls get when the server is gone.
var errEnded = errors.New("gopls has ended")

// conn is a client's side of a connection. Its methods are safe for concurrent use.
type conn struct {
	writing sync.Mutex // guards w: one message at a time
	w       io.Writer

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan *message // closed when the connection ends first; nil when it has ended
}

func newConn(w io.Writer) *conn { return &conn{w: w, waiting: map[int64]chan *message{}} }

// call sends a request and decodes the answer into result. When ctx ends first the answer is dropped.
func (c *conn) call(ctx context.Context, method string, params, result any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	answer := make(chan *message, 1)
	c.mu.Lock()
	if c.waiting == nil {
		c.mu.Unlock()
		return errEnded
	}
	c.last++
	id := c.last
	c.waiting[id] = answer
	c.mu.Unlock()
	if err := c.send(message{ID: fmt.Appendf(nil, "%d", id), Method: method}, params); err != nil {
		c.take(id)
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", method, errEnded)
		case m.Error != nil:
			return fmt.Errorf("%s: %w", method, m.Error)
		case result == nil || len(m.Result) == 0:
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("%s: read the answer: %w", method, err)
		}
		return nil
	case <-ctx.Done():
		c.take(id)
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

// notify sends what needs no answer.
func (c *conn) notify(method string, params any) error {
	return c.send(message{Method: method}, params)
}

func (c *conn) send(m message, params any) error {
	m.Version = "2.0"
	if params != nil {
		b, err := json.Marshal(params)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		m.Params = b
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if _, err = c.w.Write(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)); err != nil {
		return fmt.Errorf("%w: %w", errEnded, err) // or it takes nothing, and is ended for that
	}
	return nil
}

func (c *conn) take(id int64) chan *message {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[id]
	delete(c.waiting, id)
	return w
}

// read hands out answers until the stream ends or is none, and returns why. Calls that wait then fail, and so
// do later ones.
func (c *conn) read(r io.Reader) error {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, w := range c.waiting {
			close(w)
		}
		c.waiting = nil
	}()
	in := bufio.NewReader(r)
	for {
		m, err := readMessage(in)
		if err != nil {
			return err
		}
		switch {
		case m.Method != "" && len(m.ID) > 0: // a request: we serve none, and gopls waits for an answer
			err := c.send(message{ID: m.ID, Error: &ResponseError{methodNotFound, m.Method + " is not served"}}, nil)
			if err != nil {
				return err
			}
		case m.Method != "": // progress, logs, diagnostics
		default:
			id, err := strconv.ParseInt(string(m.ID), 10, 64)
			if err != nil {
				return fmt.Errorf("an answer to the request %s, which is not ours", m.ID)
			}
			if w := c.take(id); w != nil {
				w <- m
			}
		}
	}
}

// readMessage reads one frame.
func readMessage(in *bufio.Reader) (*message, error) {
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil || n < 0 || n > maxBody {
		return nil, fmt.Errorf("a frame of length %q", header.Get("Content-Length"))
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		return nil, err
	}
	m := &message{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("a message that is no JSON: %w", err)
	}
	return m, nil
}
