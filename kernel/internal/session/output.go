package session

import (
	"encoding/json"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	flushAfter = 20 * time.Millisecond // text waits this long for more
	flushSize  = 64 << 10              // bytes of text that are sent without waiting

	// A cell that goes back and forth between stdout and stderr makes a message each time. Jupyter's server
	// throws messages away when there are more than a thousand a second; so a cell that does this more than
	// switchLimit times a second has, for the rest of the second, the text of each stream joined, and the
	// two are in order only up to flushAfter.
	switchLimit = 300
)

// output publishes what one cell shows, during the cell and after it, as belonging to its request.
type output struct {
	publish func(msgType string, content any)
	count   int

	mu     sync.Mutex // held while publishing, so that messages keep the order of the calls
	text   text
	other  waiting // text of the other stream that came before text.ready; only when there are many switches
	since  time.Time
	turns  int         // switches between streams since then
	timer  *time.Timer // flushes what waits; nil until something did
	armed  bool
	result string
}

func newOutput(limit int64, count int, publish func(string, any)) *output {
	return &output{publish: publish, count: count, text: text{limit: limit}}
}

// Stream adds text to what waits, and sends it on when it is of the other stream or grows large.
func (o *output) Stream(name string, b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(b) > 0 {
		if o.text.name != name {
			o.turn(name)
		}
		n := min(len(b), flushSize-len(o.text.ready))
		if o.text.add(b[:n]) {
			o.flush()
			o.notice(cutNotice(o.text.limit))
		}
		if len(o.text.ready) > flushSize-utf8.UTFMax { // no room for any rune
			o.flush()
		}
		b = b[n:]
	}
	if len(o.text.ready)+len(o.other.ready) > 0 && !o.armed {
		o.arm()
	}
}

// waiting is text that was not sent when the cell turned to the other stream.
type waiting struct {
	name  string
	ready []byte
	first bool // it began before what is in text
}

// turn goes over to the other stream; the caller holds mu.
func (o *output) turn(name string) {
	now := time.Now()
	if now.Sub(o.since) > time.Second {
		o.since, o.turns = now, 0
	}
	o.turns++
	if o.turns <= switchLimit || o.text.name == "" {
		o.flush()
		o.text.name = name
		return
	}
	first := len(o.other.ready) == 0 || !o.other.first
	o.other, o.text.name, o.text.ready = waiting{o.text.name, o.text.ready, first}, name, o.other.ready
}

func (o *output) arm() {
	o.armed = true
	if o.timer != nil {
		o.timer.Reset(flushAfter)
		return
	}
	o.timer = time.AfterFunc(flushAfter, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.flush()
	})
}

// flush publishes the text that waits; the caller holds mu.
func (o *output) flush() {
	if o.armed {
		o.armed = false
		o.timer.Stop()
	}
	if o.other.first {
		o.send(o.other.name, &o.other.ready)
	}
	o.send(o.text.name, &o.text.ready)
	o.send(o.other.name, &o.other.ready)
	o.other.first = false
}

// send publishes text and empties it; the caller holds mu.
func (o *output) send(name string, ready *[]byte) {
	if len(*ready) == 0 {
		return
	}
	o.publish("stream", stream{name, string(*ready)})
	*ready = (*ready)[:0]
}

type stream struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// notice publishes words of ours about the cell's text; the caller holds mu.
func (o *output) notice(words string) {
	o.publish("stream", stream{"stderr", words})
}

// Display, Update and Result show a bundle after the text that came before it.
func (o *output) Display(b Bundle) { o.show("display_data", b, nil) }
func (o *output) Update(b Bundle)  { o.show("update_display_data", b, nil) }
func (o *output) Result(b Bundle)  { o.show("execute_result", b, &o.count) }

// Clear asks front ends to clear what the cell has shown so far.
func (o *output) Clear(wait bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.publish("clear_output", object{"wait": wait})
}

func (o *output) show(msgType string, b Bundle, count *int) {
	content := bundleContent(b)
	if count != nil {
		content["execution_count"] = *count
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.publish(msgType, content)
	if count != nil {
		o.result = plainText(content)
	}
}

// keptResult is how many bytes of a result's text the history keeps.
const keptResult = 10_000

// plainText is the text of a bundle's content, cut to what the history keeps; empty if there is none.
func plainText(content object) string {
	var plain string
	data, _ := content["data"].(map[string]json.RawMessage)
	if json.Unmarshal(data["text/plain"], &plain) != nil {
		return ""
	}
	if len(plain) > keptResult {
		plain = plain[:keptResult]
		plain = plain[:len(plain)-halfRune([]byte(plain))] + "…"
	}
	return plain
}

// sync publishes the text that waits.
func (o *output) sync() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

// end publishes what waits, half runes included, and says how much was cut. Later output is still taken.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	for name, b := range o.text.rest() {
		o.publish("stream", stream{name, b})
	}
	if n := o.text.takeCut(); n > 0 {
		o.notice(cutTotal(n))
	}
	o.text.ready, o.other.ready = nil, nil
}

// resultText is the plain text of the result, for the history.
func (o *output) resultText() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.result
}

// muted is the output of a silent cell: nothing is shown. What comes when the cell has ended is from
// goroutines of earlier cells, and goes where that went before.
type muted struct {
	after *output // may be nil

	mu    sync.Mutex
	ended bool
}

func (m *muted) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
}

// late returns where output goes now, or nil.
func (m *muted) late() *output {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		return nil
	}
	return m.after
}

func (m *muted) Stream(name string, b []byte) {
	if o := m.late(); o != nil {
		o.Stream(name, b)
	}
}

func (m *muted) Display(b Bundle) {
	if o := m.late(); o != nil {
		o.Display(b)
	}
}

func (m *muted) Update(b Bundle) {
	if o := m.late(); o != nil {
		o.Update(b)
	}
}

func (m *muted) Clear(wait bool) {
	if o := m.late(); o != nil {
		o.Clear(wait)
	}
}

func (m *muted) Result(Bundle) {}

// bundleContent is the content of display_data and its kin. What JSON cannot hold (NaN, say) is replaced by
// words, rather than losing the message.
func bundleContent(b Bundle) object {
	content := object{"data": encodeEach(b.Data), "metadata": encodeEach(b.Metadata)}
	if len(b.Transient) > 0 {
		content["transient"] = encodeEach(b.Transient)
	}
	return content
}

// encodeEach encodes the values of a map; one that cannot be encoded is left out, and the reason takes the
// place of text/plain if that is missing.
func encodeEach(m map[string]any) map[string]json.RawMessage {
	all := make(map[string]json.RawMessage, len(m))
	var fault error
	for k, v := range m {
		raw, err := encode(v)
		if err != nil {
			fault = err
			continue
		}
		all[k] = raw
	}
	if _, ok := all["text/plain"]; fault != nil && !ok {
		all["text/plain"], _ = encode("cannot be shown: " + fault.Error()) // a string always encodes
	}
	return all
}
