package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// ZMTP frame flags and the sizes of the greeting, https://rfc.zeromq.org/spec/23/.
const (
	flagMore     = 1 << 0
	flagLong     = 1 << 1
	flagCommand  = 1 << 2
	greetingSize = 64
)

const (
	maxCommand  = 8 << 10   // bytes of a command; READY needs some 60, SUBSCRIBE as much as the topic
	smallFrame  = 64 << 10  // what a message may have without being counted against the budget of unproven peers
	writeChunk  = 256 << 10 // bytes of one write
	writeBuffer = 64 << 10
)

// The ways a peer breaks ZMTP or a limit. Each ends its connection and no other.
var (
	errFrameSize  = errors.New("message is larger than the limit")
	errFrameCount = errors.New("message has more frames than the limit")
	errFlags      = errors.New("reserved flag of a frame is set")
	errCommand    = errors.New("malformed command")
	errHandshake  = errors.New("peer did not begin with READY")
)

// limits bound what a peer can make us hold.
type limits struct {
	unproven int64         // bytes of a message before the peer's first valid signature
	proven   int64         // bytes of a message after it
	frames   int           // frames of a message
	message  time.Duration // to complete a large message, before the first valid signature
	budget   *budget       // shared by all unproven peers
}

// budget is memory that several peers draw on.
type budget struct{ free atomic.Int64 }

func newBudget(n int64) *budget {
	b := &budget{}
	b.free.Store(n)
	return b
}

func (b *budget) take(n int64) bool {
	if b.free.Add(-n) >= 0 {
		return true
	}
	b.free.Add(n)
	return false
}

func (b *budget) give(n int64) { b.free.Add(n) }

// guard is the connection the codec sees. On the way in it reads whole frame headers ahead of the codec,
// refuses what breaks the limits before the codec allocates for it, and keeps every command after READY
// for itself. On the way out it buffers, and writes in chunks so that it is known when a peer last read
// something. Read belongs to one goroutine, Write and Flush to another.
type guard struct {
	net.Conn
	r      *bufio.Reader
	w      *bufio.Writer
	limits limits

	// command is called by Read for each command after READY. Its body is not kept.
	command func(name string, body []byte) error

	greeting int    // bytes of the greeting still to pass
	ready    bool   // READY has passed
	head     []byte // checked bytes that the codec has not read yet
	body     int64  // bytes of the frame body still to pass
	more     bool   // the message goes on after this frame
	frames   int    // of the message so far
	size     int64  // of the message so far
	taken    int64  // of the budget, for the message so far
	timed    bool   // a read deadline is set for the message

	read   atomic.Bool // a byte has arrived
	proven atomic.Bool // a message of this peer was verified

	began    time.Time    // when the guard was made
	progress atomic.Int64 // when a chunk was last written, in nanoseconds since began
}

func newGuard(conn net.Conn, l limits) *guard {
	g := &guard{Conn: conn, limits: l, greeting: greetingSize, began: time.Now()}
	g.r = bufio.NewReaderSize(conn, 32<<10)
	g.w = bufio.NewWriterSize(chunks{g}, writeBuffer)
	return g
}

// Read serves the codec, which reads with io.ReadFull.
func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case g.greeting > 0:
			n, err := g.r.Read(p[:min(len(p), g.greeting)])
			g.greeting -= n
			if n > 0 {
				g.read.Store(true)
			}
			return n, err
		case len(g.head) > 0:
			n := copy(p, g.head)
			g.head = g.head[n:]
			return n, nil
		case g.body > 0:
			n, err := g.r.Read(p[:min(int64(len(p)), g.body)])
			g.body -= int64(n)
			return n, err
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
}

// next reads the header of a frame: it leaves a message frame to the codec, and deals with a command.
func (g *guard) next() error {
	if !g.more {
		g.endMessage()
	}
	var header [9]byte
	n, err := g.readHeader(header[:])
	if err != nil {
		return err
	}
	flags, size := header[0], uint64(header[1])
	if flags&flagLong != 0 {
		size = binary.BigEndian.Uint64(header[1:])
	}
	switch {
	case flags&^(flagMore|flagLong|flagCommand) != 0:
		return errFlags
	case flags&flagCommand != 0:
		return g.nextCommand(header[:n], flags, size)
	case !g.ready:
		return errHandshake
	}
	if err := g.admit(size); err != nil {
		return err
	}
	g.more = flags&flagMore != 0
	g.head = append(g.head[:0:0], header[:n]...)
	g.body = int64(size)
	return nil
}

func (g *guard) readHeader(header []byte) (int, error) {
	if _, err := io.ReadFull(g.r, header[:2]); err != nil {
		return 0, err
	}
	if header[0]&flagLong == 0 {
		return 2, nil
	}
	_, err := io.ReadFull(g.r, header[2:9])
	return 9, err
}

// admit counts a message frame against the limits. Sizes are compared before they are added: a forged one
// is near 2^63.
func (g *guard) admit(size uint64) error {
	proven := g.proven.Load()
	limit := g.limits.unproven
	if proven {
		limit = g.limits.proven
	}
	if size > uint64(limit) || g.size+int64(size) > limit {
		return fmt.Errorf("%w of %d bytes", errFrameSize, limit)
	}
	if g.frames++; g.frames > g.limits.frames {
		return fmt.Errorf("%w of %d", errFrameCount, g.limits.frames)
	}
	g.size += int64(size)
	over := g.size - smallFrame - g.taken
	if proven || over <= 0 {
		return nil
	}
	if !g.limits.budget.take(over) {
		return fmt.Errorf("%w: peers that have sent no signed message hold too much", errFrameSize)
	}
	g.taken += over
	if !g.timed {
		g.timed = true
		return g.SetReadDeadline(time.Now().Add(g.limits.message))
	}
	return nil
}

// endMessage returns what the message took. It is also called when the connection ends.
func (g *guard) endMessage() {
	g.frames, g.size = 0, 0
	if g.taken > 0 {
		g.limits.budget.give(g.taken)
		g.taken = 0
	}
	if g.timed {
		g.timed = false
		g.SetReadDeadline(time.Time{}) // fails on a closed connection only, which the next read says
	}
}

func (g *guard) nextCommand(header []byte, flags byte, size uint64) error {
	if flags&flagMore != 0 || g.more || size > maxCommand || size == 0 {
		return errCommand
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(g.r, raw); err != nil {
		return err
	}
	n := int(raw[0])
	if n == 0 || n+1 > len(raw) {
		return errCommand
	}
	name, body := string(raw[1:1+n]), raw[1+n:]
	if g.ready {
		return g.command(name, body)
	}
	if name != "READY" {
		return errHandshake
	}
	if err := checkMetadata(body); err != nil {
		return err
	}
	g.ready = true
	g.head = append(append(g.head[:0:0], header...), raw...)
	return nil
}

// socketTypes are the ones the codec knows; it panics on others.
var socketTypes = map[string]bool{
	"PAIR": true, "PUB": true, "SUB": true, "REQ": true, "REP": true, "DEALER": true, "ROUTER": true,
	"PULL": true, "PUSH": true, "XPUB": true, "XSUB": true,
}

// checkMetadata checks the properties of READY, whose lengths the codec trusts.
func checkMetadata(p []byte) error {
	for len(p) > 0 {
		n := int(p[0])
		if n == 0 || len(p) < 1+n+4 {
			return fmt.Errorf("%w: READY is cut off", errCommand)
		}
		name := string(p[1 : 1+n])
		p = p[1+n:]
		size := binary.BigEndian.Uint32(p)
		p = p[4:]
		if uint64(size) > uint64(len(p)) {
			return fmt.Errorf("%w: READY is cut off", errCommand)
		}
		value := string(p[:size])
		p = p[size:]
		switch {
		case strings.EqualFold(name, "Socket-Type") && !socketTypes[value]:
			return fmt.Errorf("%w: unknown socket type %.20q", errCommand, value)
		case strings.EqualFold(name, "Identity") && size > 255:
			return fmt.Errorf("%w: identity of %d bytes", errCommand, size)
		}
	}
	return nil
}

// Write buffers; Flush sends.
func (g *guard) Write(p []byte) (int, error) { return g.w.Write(p) }

// Flush writes what is buffered to the network.
func (g *guard) Flush() error { return g.w.Flush() }

// lastProgress is when a chunk was last written, on the monotonic clock: somebody may set the other one.
func (g *guard) lastProgress() time.Time { return g.began.Add(time.Duration(g.progress.Load())) }

// chunks is the network side of the write buffer.
type chunks struct{ g *guard }

func (c chunks) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := c.g.Conn.Write(p[done:min(len(p), done+writeChunk)])
		done += n
		if err != nil {
			return done, err
		}
		c.g.progress.Store(int64(time.Since(c.g.began)))
	}
	return done, nil
}
