package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Output is one output of a cell.
type Output struct {
	Type      string // stream, display_data, execute_result or error
	Name      string // of a stream
	Data      map[string]any
	Metadata  map[string]any
	Count     int
	EName     string
	EValue    string
	Traceback []string
	text      stream
}

// Text is the text of a stream.
func (o *Output) Text() string { return o.text.String() }

// tree is the output as nbformat writes it.
func (o *Output) tree() map[string]any {
	m := map[string]any{"output_type": o.Type}
	switch o.Type {
	case "stream":
		m["name"], m["text"] = o.Name, o.Text()
	case "error":
		m["ename"], m["evalue"], m["traceback"] = o.EName, o.EValue, o.Traceback
	default:
		m["data"], m["metadata"] = object(o.Data), object(o.Metadata)
		if o.Type == "execute_result" {
			m["execution_count"] = o.Count
		}
	}
	return m
}

func object(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// Displays are the outputs of one run of a notebook: those of each cell, and which of them can be updated
// from other cells by their display id. It is safe for concurrent use.
type Displays struct {
	mu   sync.Mutex
	byID map[string][]*Output
}

// Outputs collects what one cell shows, message by message.
type Outputs struct {
	all     *Displays
	list    []*Output
	pending bool // clear_output(wait=True) came: clear when the next output does
	err     error
}

// NewDisplays is an empty run.
func NewDisplays() *Displays { return &Displays{byID: map[string][]*Output{}} }

// Cell starts the outputs of one cell.
func (d *Displays) Cell() *Outputs { return &Outputs{all: d} }

// List is what the cell shows now. The outputs are still updated by later messages.
func (o *Outputs) List() []*Output {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	return slices.Clone(o.list)
}

// Err is the first message that could not be read.
func (o *Outputs) Err() error {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	return o.err
}

// message is the content of every IOPub message that makes an output.
type message struct {
	Name      string         `json:"name"`
	Text      string         `json:"text"`
	Data      map[string]any `json:"data"`
	Metadata  map[string]any `json:"metadata"`
	Transient struct {
		DisplayID string `json:"display_id"`
	} `json:"transient"`
	ExecutionCount int      `json:"execution_count"`
	EName          string   `json:"ename"`
	EValue         string   `json:"evalue"`
	Traceback      []string `json:"traceback"`
	Wait           bool     `json:"wait"`
}

// Add takes one IOPub message. Types that show nothing are ignored.
func (o *Outputs) Add(msgType string, content json.RawMessage) {
	switch msgType {
	case "stream", "display_data", "execute_result", "error", "update_display_data", "clear_output":
	default:
		return
	}
	m, err := decode(content)
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	if err != nil {
		if o.err == nil {
			o.err = fmt.Errorf("content of %s: %w", msgType, err)
		}
		return
	}
	switch msgType {
	case "clear_output":
		if o.pending = m.Wait; !m.Wait {
			o.list = nil
		}
		return
	case "display_data", "execute_result", "update_display_data":
		for _, shown := range o.all.byID[m.Transient.DisplayID] {
			shown.Data, shown.Metadata = m.Data, m.Metadata
		}
	}
	if msgType == "update_display_data" {
		return
	}
	if o.pending {
		o.list, o.pending = nil, false
	}
	o.append(msgType, m)
}

// append adds an output; a stream goes on where the last output is one of the same name.
func (o *Outputs) append(msgType string, m message) {
	if msgType == "stream" {
		if n := len(o.list); n > 0 && o.list[n-1].Type == "stream" && o.list[n-1].Name == m.Name {
			o.list[n-1].text.add(m.Text)
			return
		}
	}
	out := &Output{
		Type: msgType, Name: m.Name, Data: m.Data, Metadata: m.Metadata, Count: m.ExecutionCount,
		EName: m.EName, EValue: m.EValue, Traceback: m.Traceback,
	}
	out.text.add(m.Text)
	o.list = append(o.list, out)
	if id := m.Transient.DisplayID; id != "" {
		o.all.byID[id] = append(o.all.byID[id], out)
	}
}

func decode(content json.RawMessage) (message, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var m message
	err := d.Decode(&m)
	return m, err
}
