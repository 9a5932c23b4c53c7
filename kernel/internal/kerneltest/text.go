package kerneltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/wire"
)

// ansi matches the escape sequences of terminals: colours, and links.
var ansi = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")

// StripANSI removes colours and other escape sequences.
func StripANSI(s string) string { return ansi.ReplaceAllString(s, "") }

// TextOptions say what Text shows.
type TextOptions struct {
	Traceback bool // the lines of a traceback, as trace:
	Reply     bool // the reply's execution count, as count:
	Sizes     bool // the bytes and lines of streams, instead of their text
}

// Text writes what a cell showed as lines of "kind: text", without colours. A text of several lines gives
// as many lines of its kind:
//
//	stdout: hello
//	stderr: oops (no newline)
//	result: 42
//	display: image/png,text/plain a picture
//	update: text/plain half way
//	clear:                                  (clear: wait, when it waits)
//	error: Panic: boom
//	trace: cell 1:2                         (with Traceback)
//	input: What name?                       (password: when it is one)
//	page: text                              (a payload)
//	status: aborted                         (unless ok, or error after an error)
//
// Writes to the same stream that follow each other are one text. The MIME types of a result are named when
// there are others than text/plain. Messages of other types show as their type and content. A reply that
// contradicts the messages before it shows as status. Lines that say what a cell waits for are left out.
func Text(r *Result, opts TextOptions) string {
	w := &writer{opts: opts}
	for _, m := range r.Inputs {
		w.input(m)
	}
	for _, m := range r.IOPub {
		w.message(m)
	}
	w.flush()
	for _, p := range r.Payload {
		w.payload(p)
	}
	if opts.Reply {
		w.lines("count", fmt.Sprint(r.ExecutionCount))
	}
	if want := map[bool]string{false: "ok", true: "error"}[w.failed]; r.Status != want {
		w.lines("status", r.Status)
	}
	return w.out.String()
}

// writer gathers the text of a cell.
type writer struct {
	opts   TextOptions
	out    strings.Builder
	stream string // the stream whose text is pending
	text   strings.Builder
	failed bool
	waits  bool // a line of progress is shown
}

// lines writes each line of text after its kind.
func (w *writer) lines(kind, text string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(StripANSI(text), "\n"), "\n") {
		fmt.Fprintf(&w.out, "%s\n", strings.TrimRight(kind+": "+line, " "))
	}
}

// flush writes the pending text of a stream.
func (w *writer) flush() {
	if w.stream == "" {
		return
	}
	text := w.text.String()
	if w.opts.Sizes {
		text = fmt.Sprintf("%d bytes, %d lines\n", len(text), strings.Count(text, "\n"))
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += " (no newline)"
	}
	if text != "" {
		w.lines(w.stream, text)
	}
	w.stream = ""
	w.text.Reset()
}

// content is the union of the contents that Text knows.
type content struct {
	Name      string                     `json:"name"`
	Text      string                     `json:"text"`
	Data      map[string]json.RawMessage `json:"data"`
	Wait      bool                       `json:"wait"`
	EName     string                     `json:"ename"`
	EValue    string                     `json:"evalue"`
	Traceback []string                   `json:"traceback"`
	Prompt    string                     `json:"prompt"`
	Password  bool                       `json:"password"`
	Transient struct {
		DisplayID string `json:"display_id"`
	} `json:"transient"`
}

func (w *writer) message(m wire.Message) {
	var c content
	if err := json.Unmarshal(m.Content, &c); err != nil {
		w.flush()
		w.lines(m.Header.MsgType, "malformed: "+string(m.Content))
		return
	}
	if m.Header.MsgType == "stream" {
		if c.Name != w.stream {
			w.flush()
			w.stream = c.Name
		}
		w.text.WriteString(c.Text)
		return
	}
	if m.Header.MsgType == "status" || m.Header.MsgType == "execute_input" || w.progress(m, c) {
		return
	}
	w.flush()
	switch m.Header.MsgType {
	case "execute_result":
		w.bundle("result", c.Data, false)
	case "display_data":
		w.bundle("display", c.Data, true)
	case "update_display_data":
		w.bundle("update", c.Data, true)
	case "clear_output":
		w.lines("clear", map[bool]string{true: "wait"}[c.Wait])
	case "error":
		w.failed = true
		w.lines("error", c.EName+": "+c.EValue)
		if w.opts.Traceback {
			w.lines("trace", strings.Join(c.Traceback, "\n"))
		}
	default:
		w.lines(m.Header.MsgType, string(m.Content))
	}
}

// progress tells a line that says what a cell waits for, and what takes it away. Whether there is one depends on the machine.
func (w *writer) progress(m wire.Message, c content) bool {
	if strings.HasPrefix(c.Transient.DisplayID, "interleave-progress") {
		w.waits = true
		return true
	}
	if w.waits && m.Header.MsgType == "clear_output" {
		w.waits = false
		return true
	}
	return false
}

// bundle writes the MIME types, when they matter, and the plain text.
func (w *writer) bundle(kind string, data map[string]json.RawMessage, always bool) {
	var plain string
	if raw, ok := data["text/plain"]; ok && json.Unmarshal(raw, &plain) != nil {
		plain = string(raw) // not a string: show what it is
	}
	_, hasPlain := data["text/plain"]
	if always || !hasPlain || len(data) > 1 {
		plain = strings.Join(slices.Sorted(maps.Keys(data)), ",") + " " + plain
	}
	w.lines(kind, plain)
}

func (w *writer) input(m wire.Message) {
	var c content
	if err := json.Unmarshal(m.Content, &c); err != nil {
		w.lines("input", "malformed: "+string(m.Content))
		return
	}
	w.lines(map[bool]string{false: "input", true: "password"}[c.Password], c.Prompt)
}

func (w *writer) payload(p map[string]any) {
	if p["source"] == "page" {
		data, _ := p["data"].(map[string]any)
		w.lines("page", fmt.Sprint(data["text/plain"]))
		return
	}
	raw, err := json.Marshal(p)
	if err != nil {
		raw = []byte(err.Error())
	}
	w.lines("payload", string(raw))
}

// Match reports whether got is what want says. In want, a line of "..." stands for any number of lines, and
// "..." within a line for any text.
func Match(got, want string) bool {
	return matchLines(splitLines(got), splitLines(want))
}

func splitLines(s string) []string {
	s = strings.TrimRight(s, "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// matchLines marks for each line of got whether the wanted lines so far can end before it: this takes
// len(got) times len(want) steps, where trying each way in turn could take for ever.
func matchLines(got, want []string) bool {
	at := make([]bool, len(got)+1)
	at[0] = true
	for _, line := range want {
		next := make([]bool, len(got)+1)
		reached := false
		for i := range at {
			if strings.TrimSpace(line) == "..." {
				reached = reached || at[i]
				next[i] = reached
			} else if at[i] && i < len(got) && matchLine(got[i], line) {
				next[i+1] = true
			}
		}
		at = next
	}
	return at[len(got)]
}

func matchLine(got, want string) bool {
	parts := strings.Split(strings.TrimRight(want, " \t"), "...")
	got = strings.TrimRight(got, " \t")
	if len(parts) == 1 {
		return got == parts[0]
	}
	rest, ok := strings.CutPrefix(got, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
