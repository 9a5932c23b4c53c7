package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"interleave/kernel/internal/kerneltest"
	"interleave/kernel/internal/wire"
)

// Defect 5: a subscription is seen, as message and as command, and answered by iopub_welcome before
// anything else.
func TestWelcome(t *testing.T) {
	topics := make(chan string, 10)
	s := listen(t, connection(t, "tcp"), wire.Options{OnSubscribe: func(topic string) { topics <- topic }})
	stop := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() { // publish all the while: the welcome is first even so
		for {
			select {
			case <-stop:
				return
			default:
				s.Publish(nil, "status", map[string]any{"execution_state": "busy"}, nil)
			}
		}
	})
	for _, test := range []struct {
		name, topic string
		subscribe   []byte
	}{
		{"message", "", message([]byte("\x01"))},
		{"message with topic", "kernel.", message([]byte("\x01kernel."))},
		{"command", "", command("SUBSCRIBE", nil)},
		{"command with topic", "kernel.", command("SUBSCRIBE", []byte("kernel."))},
		{"other topic", "é\xff", message([]byte("\x01é\xff"))},
	} {
		p := connect(t, s, wire.IOPub).open("SUB", "")
		p.send(test.subscribe)
		got := p.message()
		var h wire.Header
		if err := json.Unmarshal(got[3], &h); err != nil || h.MsgType != "iopub_welcome" {
			t.Errorf("%s: first message has header %s", test.name, got[3])
		}
		var content struct{ Subscription string }
		if err := json.Unmarshal(got[6], &content); err != nil || content.Subscription != strings.ToValidUTF8(test.topic, "\uFFFD") {
			t.Errorf("%s: content %s", test.name, got[6])
		}
		if string(got[0]) != test.topic || string(got[4]) != "{}" {
			t.Errorf("%s: topic %q, parent %s", test.name, got[0], got[4])
		}
		if topic := <-topics; topic != test.topic {
			t.Errorf("%s: OnSubscribe got %q", test.name, topic)
		}
		if test.topic != "é\xff" {
			p.message() // the flood goes on
		}
		p.Close()
	}
	close(stop)
	flood.Wait()
}

// A subscriber gets its topics only, and nothing after it cancels them.
func TestTopics(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	p := connect(t, s, wire.IOPub).open("SUB", "")
	prefix := "kernel." + s.Session() + "."
	p.send(message([]byte("\x01"+prefix+"stream")), message([]byte("\x01"+prefix+"end")), message([]byte{}), message([]byte("a"), []byte("b")))
	p.message()
	p.message() // two welcomes
	s.Publish(nil, "status", nil, nil)
	s.Publish(nil, "stream", nil, nil)
	if got := p.message(); string(got[0]) != prefix+"stream" {
		t.Errorf("got topic %s", got[0])
	}
	p.send(message([]byte("\x00"+prefix+"stream")), command("PING", []byte{0, 0}))
	if flags, _ := p.frame(); flags != 4 { // PONG: the cancel before it has been read
		t.Error("no PONG")
	}
	s.Publish(nil, "stream", nil, nil)
	s.Publish(nil, "end", nil, nil)
	if got := p.message(); string(got[0]) != prefix+"end" {
		t.Errorf("got topic %s after it was cancelled", got[0])
	}
	for i := range 100 {
		p.Write(message(fmt.Appendf(nil, "\x01topic %d", i)))
	}
	p.wantClosed()
}

// counter checks that the texts of stream messages are 0, 1, 2 ... and tells when the last has come.
type counter struct {
	next int
	bad  string
	done chan struct{}
	last int
}

func newCounter(n int) *counter { return &counter{done: make(chan struct{}), last: n - 1} }

func (c *counter) see(m wire.Message) {
	if m.Header.MsgType != "stream" {
		return
	}
	var content struct{ Text string }
	if err := json.Unmarshal(m.Content, &content); err != nil || content.Text != fmt.Sprintln(c.next) {
		if c.bad == "" {
			c.bad = fmt.Sprintf("message %d is %s", c.next, m.Content)
		}
	}
	c.next++
	if c.next > c.last {
		close(c.done)
	}
}

func (c *counter) wait(t *testing.T, limit time.Duration) {
	t.Helper()
	select {
	case <-c.done:
	case <-time.After(limit):
		t.Fatalf("not all of %d messages came", c.last+1)
	}
	if c.bad != "" {
		t.Error(c.bad)
	}
}

// subscriber sends a request whose IOPub messages go to see, and returns the request for its parent.
func subscriber(t *testing.T, s *wire.Server, see func(wire.Message)) *wire.Request {
	t.Helper()
	client := dial(t, s)
	if _, err := client.Send(wire.Control, "flood_request", nil, kerneltest.CallOptions{OnMessage: see, Discard: true}); err != nil {
		t.Fatal(err)
	}
	return take(t, s.Control())
}

// Defect 7: a healthy reader loses nothing, however many messages there are.
func TestMillionMessages(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	c := newCounter(million)
	req := subscriber(t, s, c.see)
	start := time.Now()
	for i := range million {
		if err := s.Publish(&req.Header, "stream", numbered(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	c.wait(t, 5*time.Minute)
	t.Logf("%d messages, %.0f per second", million, million/time.Since(start).Seconds())
}

// A reader that is slower than the kernel slows it, and loses nothing; what is held for it is bounded.
func TestBackPressure(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 64 << 10})
	const n, size = 5000, 8000 // 40 MB, far more than the system's buffers hold
	p := connect(t, s, wire.IOPub).open("SUB", "")
	p.send(message([]byte("\x01")))
	p.message()
	sent := make(chan int, n)
	go func() {
		for i := range n {
			s.Publish(nil, "stream", map[string]any{"name": "stdout", "text": strings.Repeat("x", size), "i": i}, nil)
			sent <- i
		}
		close(sent)
	}()
	// Let it run until it stands still: nothing is read yet, so it has to.
	before := 0
	for still := false; !still; {
		select {
		case i, ok := <-sent:
			if !ok {
				t.Fatal("40 MB were taken with nobody reading")
			}
			before = i
		case <-time.After(300 * time.Millisecond):
			still = true
		}
	}
	t.Logf("it stood still with %d MB unread", before*size>>20)
	for i := range n {
		var content struct{ I int }
		got := p.message()
		if err := json.Unmarshal(got[6], &content); err != nil || content.I != i {
			t.Fatalf("message %d is %s", i, got[6])
		}
	}
}

// Defect 6: a subscriber that stops reading slows nobody for long, and is the only one to be
// disconnected.
func TestStalledSubscriber(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 4 << 20, StallShared: 300 * time.Millisecond})
	const n = 10_000 // of 2.5 KB, more than the queue and the system's buffers hold
	c := newCounter(n)
	req := subscriber(t, s, c.see)
	stalled := connect(t, s, wire.IOPub).open("SUB", "")
	stalled.send(message([]byte("\x01")))
	stalled.message()
	pad := strings.Repeat("x", 2000)
	start := time.Now()
	for i := range n {
		s.Publish(&req.Header, "stream", map[string]any{"text": fmt.Sprintln(i), "pad": pad}, nil)
	}
	c.wait(t, within)
	t.Logf("%.0f messages per second", n/time.Since(start).Seconds())
	stalled.wantClosed()
}

// A subscriber that reads nothing for a long time, as one that is suspended, keeps its place while its queue has room, and gets everything
// when it reads again.
func TestSuspendedSubscriber(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{StallAlone: 100 * time.Millisecond, StallShared: 100 * time.Millisecond})
	suspended := connect(t, s, wire.IOPub).open("SUB", "")
	suspended.send(message([]byte("\x01")))
	suspended.message()
	const n = 200 // of 100 KB, more than the system's buffers hold, less than the queue
	pad := strings.Repeat("x", 100_000)
	for i := range n {
		if err := s.Publish(nil, "stream", map[string]any{"i": i, "pad": pad}, nil); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second) // ten times what a full one is given; the longer the harder
	s.Publish(nil, "stream", map[string]any{"i": n}, nil)
	for i := range n + 1 {
		var content struct{ I int }
		if err := json.Unmarshal(suspended.message()[6], &content); err != nil || content.I != i {
			t.Fatalf("message %d is number %d, %v", i, content.I, err)
		}
	}
}

// A full subscriber that is alone is given StallAlone, and then the kernel goes on without it.
func TestStalledAlone(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 1 << 20, StallAlone: 300 * time.Millisecond})
	stalled := connect(t, s, wire.IOPub).open("SUB", "")
	stalled.send(message([]byte("\x01")))
	stalled.message()
	text := map[string]any{"text": strings.Repeat("x", 10000)}
	for range 5000 { // 50 MB, more than the system's buffers hold
		s.Publish(nil, "stream", text, nil)
	}
	stalled.wantClosed()
}

// Status messages do not wait behind a full subscriber, so control is answered.
func TestStatusDoesNotWait(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{QueueBytes: 1 << 20, StallAlone: time.Hour})
	stalled := connect(t, s, wire.IOPub).open("SUB", "")
	stalled.send(message([]byte("\x01")))
	stalled.message()
	blocked := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		text := map[string]any{"text": strings.Repeat("x", 100_000)}
		signalled := false
		for {
			done := make(chan error, 1)
			go func() { done <- s.Publish(nil, "stream", text, nil) }()
			select {
			case err := <-done:
				if err != nil {
					return
				}
				continue
			case <-time.After(300 * time.Millisecond):
			}
			if !signalled {
				signalled = true
				close(blocked)
			}
			if <-done != nil {
				return // the server was closed
			}
		}
	})
	<-blocked
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			s.Publish(nil, "status", map[string]any{"execution_state": "busy"}, nil)
		}
	}()
	select {
	case <-done:
	case <-time.After(within):
		t.Error("a status message waits for the stalled subscriber")
	}
	stalled.Close()
	s.Close(testContext(t))
	publishing.Wait()
}

// All subscribers see the messages of concurrent publishers in the same order, each publisher's in its own.
func TestOrder(t *testing.T) {
	s := listen(t, connection(t, "tcp"), wire.Options{})
	const publishers, each = 8, 500
	var seen [2]bytes.Buffer
	var done [2]chan struct{}
	for i := range seen {
		done[i] = make(chan struct{})
		p := connect(t, s, wire.IOPub).open("SUB", "")
		p.send(message([]byte("\x01")))
		p.message()
		go func() {
			defer close(done[i])
			for range publishers * each {
				seen[i].Write(p.message()[6])
			}
		}()
	}
	var publishing sync.WaitGroup
	for i := range publishers {
		publishing.Go(func() {
			for k := range each {
				s.Publish(nil, "stream", map[string]any{"by": i, "k": k}, nil)
			}
		})
	}
	publishing.Wait()
	<-done[0]
	<-done[1]
	if !bytes.Equal(seen[0].Bytes(), seen[1].Bytes()) {
		t.Error("two subscribers saw different orders")
	}
	next := make(map[int]int)
	decoder := json.NewDecoder(&seen[0])
	for range publishers * each {
		var m struct{ By, K int }
		if err := decoder.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if next[m.By] != m.K {
			t.Fatalf("message %d of publisher %d came as number %d", m.K, m.By, next[m.By])
		}
		next[m.By]++
	}
}
