package session

import (
	"bytes"
	"encoding/json"
)

// Transport carries messages between a session and its clients. Its methods, and the functions of its requests,
// are safe for concurrent use.
// A closed channel means that no more requests will come, which ends the session.
type Transport interface {
	Shell() <-chan *Request
	Control() <-chan *Request
	Stdin() <-chan *Request
	// Publish sends to every client that listens. It may block while clients catch up, but not for ever.
	// parent is the header of the request this belongs to, nil if there is none.
	Publish(parent json.RawMessage, m Message) error
}

// Request is one verified message of a client, with the ways to answer it.
type Request struct {
	Type     string
	ID       string          // header.msg_id
	Client   string          // header.session
	ParentID string          // parent_header.msg_id; empty when there is none
	Header   json.RawMessage // as received, unknown fields included: what answers it has this as parent_header
	Metadata json.RawMessage
	Content  json.RawMessage
	Buffers  [][]byte
	TooLarge string // why the content was not read and is left out, "" when it was

	// Reply answers the request on the channel and to the client it came from.
	Reply func(m Message) error
	// Ask sends m to the client of the request on the stdin channel and returns the id of the message, or no id
	// if it cannot tell. gone is closed when the client is no longer there to answer.
	Ask func(m Message) (id string, gone <-chan struct{}, err error)
}

// Message is what a session sends. Content and Metadata are JSON objects; nil means an empty one.
type Message struct {
	Type     string
	Content  json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// object is the content of most messages.
type object = map[string]any

// encode is json.Marshal without the escapes meant for HTML, which would lengthen every SVG.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads the content of a request into v. No content is an empty object.
func decode(content json.RawMessage, v any) error {
	if len(content) == 0 {
		return nil
	}
	return json.Unmarshal(content, v)
}
