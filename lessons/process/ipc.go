package process

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/measure"
	"interleave/lessons/pace"
)

// Means is a way to bring a message to somebody else.
type Means string

// The means. All but the channel cross into another process, and with all but the channel the receiver ends up
// with bytes of its own.
const (
	Channel Means = "channel"       // in one process: the receiver gets a pointer to the sender's bytes
	Copied  Means = "channel, copy" // in one process, and the receiver makes a copy
	Mapped  Means = "mmap"          // shared memory, and a futex to say that something is there
	Pipe    Means = "pipe"          // one pipe there, one back
	Socket  Means = "unix socket"   // one for both directions
	Server  Means = "RPC server"    // net/rpc over a unix socket, encoded by gob
)

// AllMeans are all of them.
func AllMeans() []Means { return []Means{Channel, Copied, Mapped, Pipe, Socket, Server} }

// Crosses tells whether the receiver is another process.
func (m Means) Crosses() bool { return m != Channel && m != Copied }

// Sizes are those of the messages, 8 B to 1 MiB.
func Sizes() []int { return []int{8, 64, 512, 4 << 10, 32 << 10, 256 << 10, 1 << 20} }

// Link is an open connection to a receiver.
type Link struct {
	Means Means
	// Send brings the message to the receiver and waits for its answer, one byte.
	Send func(message []byte) error
	// Close ends the receiver and waits until it has ended.
	Close func()
}

// Open starts a receiver of messages of at most so many bytes.
func Open(ctx context.Context, m Means, largest int) (*Link, error) {
	switch m {
	case Channel, Copied:
		return openChannel(m, largest), nil
	case Mapped:
		return openMapped(ctx, largest)
	case Pipe:
		return openPipe(ctx, largest)
	case Socket:
		return openSocket(ctx, largest)
	case Server:
		return openServer(ctx)
	}
	return nil, fmt.Errorf("process: no means %q", m)
}

func openChannel(m Means, largest int) *Link {
	there, back := make(chan []byte), make(chan byte)
	var wg sync.WaitGroup
	wg.Go(func() {
		own := make([]byte, largest)
		for message := range there {
			if m == Copied {
				copy(own, message)
			}
			back <- 1
		}
	})
	return &Link{m, func(message []byte) error { there <- message; <-back; return nil }, func() { close(there); wg.Wait() }}
}

// framed sends messages with their length in front, over a stream of bytes.
func framed(m Means, there io.Writer, back io.Reader, largest int, shut func()) *Link {
	frame, answer := make([]byte, 8+largest), make([]byte, 1)
	return &Link{m, func(message []byte) error {
		binary.NativeEndian.PutUint64(frame, uint64(len(message)))
		if _, err := there.Write(frame[:8+copy(frame[8:], message)]); err != nil {
			return err
		}
		_, err := io.ReadFull(back, answer)
		return err
	}, shut}
}

func openPipe(ctx context.Context, largest int) (*Link, error) {
	childIn, there, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer childIn.Close()
	back, childOut, err := os.Pipe()
	if err != nil {
		there.Close()
		return nil, fmt.Errorf("process: %w", err)
	}
	defer childOut.Close()
	h, err := spawn(ctx, "echo", []string{strconv.Itoa(largest)}, childIn, childOut)
	if err != nil {
		there.Close()
		back.Close()
		return nil, err
	}
	return framed(Pipe, there, back, largest, func() { h.stop(); there.Close(); back.Close() }), nil
}

func openSocket(ctx context.Context, largest int) (*Link, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	h, err := spawn(ctx, "echo", []string{strconv.Itoa(largest)}, theirs, theirs)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return framed(Socket, conn, conn, largest, func() { h.stop(); conn.Close() }), nil
}

// echo is the receiver at a stream: it answers each message by a byte.
func echo(args []string) error {
	largest, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	in, out := inherited(0), inherited(1)
	frame := make([]byte, 8+largest)
	for have := 0; ; {
		n, err := in.Read(frame[have:])
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if have += n; have < 8 || have < 8+int(binary.NativeEndian.Uint64(frame)) {
			continue
		}
		have = 0
		if _, err := out.Write([]byte{1}); err != nil {
			return err
		}
	}
}

// Sink is the service of the RPC server.
type Sink struct{}

// Put takes a message.
func (Sink) Put(message []byte, answer *byte) error {
	*answer = 1
	return nil
}

func openServer(ctx context.Context) (*Link, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	h, err := spawn(ctx, "sink", nil, theirs)
	if err != nil {
		conn.Close()
		return nil, err
	}
	client := rpc.NewClient(conn)
	var answer byte
	return &Link{Server, func(message []byte) error { return client.Call("Sink.Put", message, &answer) }, func() {
		client.Close()
		h.stop()
	}}, nil
}

// sink is the role of the RPC server.
func sink([]string) error {
	conn, err := net.FileConn(inherited(0))
	if err != nil {
		return err
	}
	s := rpc.NewServer()
	if err := s.Register(Sink{}); err != nil {
		return err
	}
	s.ServeConn(conn)
	return nil
}

// The message lies behind two words: what is to be done, on its own cache line, and the length.
const (
	boxLength = 64 / 4
	boxStart  = 128
)

func openMapped(ctx context.Context, largest int) (*Link, error) {
	m, err := NewMemory(boxStart + largest)
	if err != nil {
		return nil, err
	}
	h, err := spawn(ctx, "box", []string{strconv.Itoa(largest)}, m.file)
	if err != nil {
		m.Close()
		return nil, err
	}
	alive := func() bool {
		select {
		case <-h.ended:
			return false
		default:
			return true
		}
	}
	full := m.word(0)
	return &Link{Mapped, func(message []byte) error {
		atomic.StoreUint32(m.word(boxLength), uint32(copy(m.bytes[boxStart:], message)))
		announce(full, 1)
		return await(full, 0, alive)
	}, func() { h.stop(); m.Close() }}, nil
}

// box is the receiver at shared memory: it copies what it finds and says that the box is empty again.
func box(args []string) error {
	m, err := mapMemory(inherited(0))
	if err != nil {
		return err
	}
	own, full := make([]byte, len(m.bytes)), m.word(0)
	for {
		if err := await(full, 1, func() bool { return true }); err != nil {
			return err
		}
		copy(own, m.bytes[boxStart:boxStart+atomic.LoadUint32(m.word(boxLength))])
		announce(full, 0)
	}
}

// Cost is what a message and its answer cost by one means at one size.
type Cost struct {
	Means Means
	Size  int
	NS    []float64 // each value is the mean over as many messages as fit into a millisecond or so
}

// Costs measures all means at all sizes, in turn, round by round.
func Costs(ctx context.Context) ([]Cost, measure.Card, error) {
	var variants []measure.Variant
	var costs []Cost
	sizes := Sizes()
	largest := sizes[len(sizes)-1]
	if err := Prepare(ctx); err != nil {
		return nil, measure.Card{}, err
	}
	batch := pace.Pick(2*time.Millisecond, 500*time.Microsecond)
	for _, m := range AllMeans() {
		link, err := Open(ctx, m, largest)
		if err != nil {
			return nil, measure.Card{}, err
		}
		defer link.Close()
		for _, size := range sizes {
			message := make([]byte, size)
			n, err := fit(link, message, batch)
			if err != nil {
				return nil, measure.Card{}, fmt.Errorf("process: %s: %w", m, err)
			}
			costs = append(costs, Cost{Means: m, Size: size})
			variants = append(variants, measure.Variant{Name: fmt.Sprint(m, " ", size), Run: func(context.Context) (float64, error) {
				took, err := sendMany(link, message, n)
				return float64(took.Nanoseconds()) / float64(n), err
			}})
		}
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: pace.Runs(10), Unit: "ns"}, variants...)
	if err != nil {
		return nil, measure.Card{}, fmt.Errorf("process: %w", err)
	}
	for i := range costs {
		costs[i].NS = r.Samples[i].Values
	}
	return costs, r.Card, nil
}

// fit finds how many messages take about d.
func fit(link *Link, message []byte, d time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		took, err := sendMany(link, message, n)
		if err != nil {
			return 0, err
		}
		if took >= d/2 || n >= 1<<16 {
			return max(1, int(float64(n)*float64(d)/float64(max(took, 1)))), nil
		}
	}
}

func sendMany(link *Link, message []byte, n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := link.Send(message); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// Access measures, in ns, the two ways to share state of row by row the same meaning: adding to a number in shared
// memory by an atomic, which the other process may do at the same time, and asking the server process for it.
func Access(ctx context.Context) (memory, server measure.Sample, card measure.Card, err error) {
	m, err := NewMemory(8)
	if err != nil {
		return memory, server, card, err
	}
	defer m.Close()
	s, err := Serve(ctx)
	if err != nil {
		return memory, server, card, err
	}
	defer s.Close()
	c, err := s.Dial()
	if err != nil {
		return memory, server, card, fmt.Errorf("process: %w", err)
	}
	defer c.Close()
	adds, calls := pace.Pick(1_000_000, 200_000), pace.Pick(200, 50)
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: pace.Runs(10), Unit: "ns"},
		measure.Variant{Name: "shared memory", Run: func(context.Context) (float64, error) {
			start := time.Now()
			for range adds {
				atomic.AddInt64(m.Int64(0), 1)
			}
			return float64(time.Since(start).Nanoseconds()) / float64(adds), nil
		}},
		measure.Variant{Name: "server process", Run: func(context.Context) (float64, error) {
			start := time.Now()
			for range calls {
				var all []Record
				if err := c.Call("Records.List", 0, &all); err != nil {
					return 0, err
				}
			}
			return float64(time.Since(start).Nanoseconds()) / float64(calls), nil
		}})
	if err != nil {
		return memory, server, card, errors.Join(errors.New("process: shared state"), err)
	}
	return r.Samples[0], r.Samples[1], r.Card, nil
}
