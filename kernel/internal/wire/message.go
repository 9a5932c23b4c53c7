package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Version is the version of the messaging protocol that headers carry.
const Version = "5.5"

// dateLayout has six digits of fraction: jupyter_client leaves a date with more as a string.
const dateLayout = "2006-01-02T15:04:05.000000Z"

var delimiter = []byte("<IDS|MSG>")

// Header is the header of a message. Unknown fields are kept in Raw.
type Header struct {
	MsgID      string `json:"msg_id"`
	Session    string `json:"session"`
	Username   string `json:"username"`
	Date       string `json:"date"`
	MsgType    string `json:"msg_type"`
	Version    string `json:"version"`
	SubshellID string `json:"subshell_id,omitempty"`

	// Raw is the JSON object as it was received; it becomes the parent_header of what answers it. A Header
	// made by hand leaves it empty, and its fields are used.
	Raw json.RawMessage `json:"-"`
}

// Message is one verified message as received. Content and Metadata are JSON objects; Parent is one too,
// empty when there is no parent. Buffers are not covered by the signature.
type Message struct {
	IDs      [][]byte // what came before the delimiter, the topic of an IOPub message included
	Header   Header
	Parent   json.RawMessage
	Metadata json.RawMessage
	Content  json.RawMessage
	Buffers  [][]byte

	// Excess is the size of Parent, Metadata and Content of a request when it is above MaxContent. They are dropped unread, with Buffers.
	Excess int
}

// MaxContent is the most bytes that a request may have beside its buffers. A cell that somebody writes has thousands, and data of
// widgets comes in buffers, which have a limit of their own.
const MaxContent = 32 << 20

// ParentID returns the msg_id of the parent header, or the empty string.
func (m *Message) ParentID() string {
	var parent struct {
		MsgID string `json:"msg_id"`
	}
	if json.Unmarshal(m.Parent, &parent) != nil {
		return ""
	}
	return parent.MsgID
}

// Outgoing is a message to encode. Content and Metadata are whatever encodes as a JSON object; nil becomes
// {}. A json.RawMessage is sent as it is, unchecked: it must be valid.
type Outgoing struct {
	IDs      [][]byte
	Type     string
	Parent   *Header
	Metadata any
	Content  any
	Buffers  [][]byte
}

// Codec encodes and decodes the messages of one side of a connection: it holds the key and the identity of
// this process in the session field. It is safe for concurrent use.
type Codec struct {
	session  string
	username string
	sign     *signer
	seen     *replays
	sent     atomic.Uint64
}

// NewCodec returns a codec for the key and scheme of a connection, with a new session.
func NewCodec(c Connection, username string) (*Codec, error) {
	sign, err := newSigner(c.SignatureScheme, c.Key)
	if err != nil {
		return nil, err
	}
	return &Codec{session: uuid.NewString(), username: username, sign: sign, seen: newReplays(replayMemory)}, nil
}

// Session is the value of the session field of every message this codec encodes.
func (c *Codec) Session() string { return c.session }

// Encode returns the frames of a new message and the msg_id it was given. Invalid UTF-8 is replaced.
func (c *Codec) Encode(out Outgoing) (frames [][]byte, id string, err error) {
	content, err := object(out.Content)
	if err != nil {
		return nil, "", fmt.Errorf("encode content of %s: %w", out.Type, err)
	}
	metadata, err := object(out.Metadata)
	if err != nil {
		return nil, "", fmt.Errorf("encode metadata of %s: %w", out.Type, err)
	}
	parent, err := parentHeader(out.Parent)
	if err != nil {
		return nil, "", fmt.Errorf("encode parent of %s: %w", out.Type, err)
	}
	header, id := c.header(out.Type)

	frames = make([][]byte, 0, len(out.IDs)+6+len(out.Buffers))
	frames = append(frames, out.IDs...)
	frames = append(frames, delimiter, c.sign.sum(header, parent, metadata, content), header, parent, metadata, content)
	return append(frames, out.Buffers...), id, nil
}

// header is written by hand since one is made for each line a cell prints.
func (c *Codec) header(msgType string) (raw []byte, id string) {
	id = c.session + "_" + strconv.FormatUint(c.sent.Add(1), 10)
	raw = make([]byte, 0, 256)
	raw = append(raw, `{"msg_id":"`...)
	raw = append(raw, id...)
	raw = append(raw, `","session":"`...)
	raw = append(raw, c.session...)
	raw = append(raw, `","username":`...)
	raw = appendString(raw, c.username)
	raw = append(raw, `,"date":"`...)
	raw = time.Now().UTC().AppendFormat(raw, dateLayout)
	raw = append(raw, `","msg_type":`...)
	raw = appendString(raw, msgType)
	raw = append(raw, `,"version":"`+Version+`"}`...)
	return raw, id
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= utf8.RuneSelf || s[i] == '"' || s[i] == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func parentHeader(h *Header) ([]byte, error) {
	switch {
	case h == nil:
		return []byte("{}"), nil
	case len(h.Raw) > 0:
		return h.Raw, nil
	}
	return json.Marshal(h)
}

// errNotObject is the fault of a caller that gives a list or a number as content or metadata.
var errNotObject = errors.New("not a JSON object")

// object encodes v as a JSON object; nil in any guise becomes {}.
func object(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok { // of 200 MB of output it would take a second to check
		return finished(bytes.TrimSpace(raw))
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return finished(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}

func finished(raw []byte) ([]byte, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return []byte("{}"), nil
	case raw[0] != '{':
		return nil, errNotObject
	case !utf8.Valid(raw): // a json.RawMessage, or one within
		return bytes.ToValidUTF8(raw, []byte("\uFFFD")), nil
	}
	return raw, nil
}

// List returns s, or an empty list in place of nil: front ends throw on a null where a list is due.
func List[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Object returns m, or an empty map in place of nil.
func Object[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// The ways a received message can be bad. A bad message is dropped and never answered.
var (
	ErrNoDelimiter = errors.New("no <IDS|MSG> delimiter")
	ErrShort       = errors.New("fewer than six frames from the delimiter on")
	ErrUnsigned    = errors.New("the message has no signature")
	ErrSignature   = errors.New("wrong signature")
	ErrReplay      = errors.New("the same signed message came before")
	ErrReflected   = errors.New("the kernel's own message was sent back to it") // IOPub can be read without the key
	ErrMalformed   = errors.New("malformed message")
)

// Decode verifies and decodes the frames of a message. The result shares memory with frames.
func (c *Codec) Decode(frames [][]byte) (Message, error) { return c.decode(frames, math.MaxInt) }

// decode is Decode that does not read a message of more than most bytes beside its buffers. It leaves nothing of it in frames.
func (c *Codec) decode(frames [][]byte, most int) (Message, error) {
	at := -1
	for i, f := range frames {
		if bytes.Equal(f, delimiter) {
			at = i
			break
		}
	}
	if at < 0 {
		return Message{}, ErrNoDelimiter
	}
	rest := frames[at+1:]
	if len(rest) < 5 {
		return Message{}, ErrShort
	}
	if err := c.verify(rest[0], rest[1:5]); err != nil {
		return Message{}, err
	}
	m := Message{IDs: frames[:at:at], Parent: rest[2], Metadata: rest[3], Content: rest[4], Buffers: rest[5:]}
	if err := json.Unmarshal(rest[1], &m.Header); err != nil {
		return Message{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if m.Header.MsgID == "" || m.Header.MsgType == "" {
		return Message{}, fmt.Errorf("%w: header without msg_id or msg_type", ErrMalformed)
	}
	m.Header.Raw = rest[1]
	if size := len(m.Parent) + len(m.Metadata) + len(m.Content); size > most {
		m.Excess, m.Parent, m.Metadata, m.Content, m.Buffers = size, nil, nil, nil, nil
		clear(rest[2:]) // or what is kept of the frames would hold it
	}
	for _, part := range []struct {
		name string
		raw  *json.RawMessage
	}{{"parent_header", &m.Parent}, {"metadata", &m.Metadata}, {"content", &m.Content}} {
		if err := asObject(part.raw); err != nil {
			return Message{}, fmt.Errorf("%w: %s: %w", ErrMalformed, part.name, err)
		}
	}
	return m, nil
}

func (c *Codec) verify(signature []byte, parts [][]byte) error {
	if c.sign == nil {
		return nil
	}
	if len(signature) == 0 {
		return ErrUnsigned
	}
	if !c.sign.equal(signature, parts) {
		return ErrSignature
	}
	// Only a verified digest is remembered: otherwise junk would push the real ones out.
	if !c.seen.add(string(signature)) {
		return ErrReplay
	}
	return nil
}

// asObject checks that raw is a JSON object; null and nothing count as an empty one.
func asObject(raw *json.RawMessage) error {
	trimmed := bytes.TrimLeft(*raw, " \t\r\n")
	if len(trimmed) == 0 || string(bytes.TrimRight(trimmed, " \t\r\n")) == "null" {
		*raw = json.RawMessage("{}")
		return nil
	}
	if trimmed[0] != '{' {
		return errNotObject
	}
	if !json.Valid(trimmed) {
		return errors.New("invalid JSON")
	}
	return nil
}
