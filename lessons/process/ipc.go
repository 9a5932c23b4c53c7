package process

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
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
