package process

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Got is one number that a consumer took from the queue.
type Got struct {
	Consumer string // "p3", "p4"
	N        int64
}

// Queue has producers p1 and p2 put the squares of 1 to 4 into one queue, and consumers p3 and p4 get them out: four
// processes. The queue is a pipe. A write of up to 4096 bytes into it arrives whole and so does a read of what was
// written so, whoever else writes and reads (pipe(7), PIPE_BUF); when no process holds its writing end any more, the
// consumers read its end. Who gets what is a matter of chance.
func Queue(ctx context.Context) ([]Got, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	defer out.Close()
	defer in.Close()
	var all []*helper
	for _, c := range []struct {
		role string
		end  *os.File
		args []string
	}{{"put", in, []string{"1", "3"}}, {"put", in, []string{"2", "4"}}, {"get", out, nil}, {"get", out, nil}} {
		h, err := spawn(ctx, c.role, c.args, c.end)
		if err != nil {
			in.Close()
			_ = waitAll(all)
			return nil, err
		}
		all = append(all, h)
	}
	in.Close() // or the queue would never end
	if err := waitAll(all); err != nil {
		return nil, err
	}
	var got []Got
	for i, h := range all[2:] {
		for word := range strings.FieldsSeq(h.out.String()) {
			n, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("process: a consumer printed %q: %w", word, err)
			}
			got = append(got, Got{fmt.Sprint("p", 3+i), n})
		}
	}
	return got, nil
}

// put is a producer: it puts the squares of its arguments.
func put(args []string) error {
	queue := inherited(0)
	for _, arg := range args {
		n, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return err
		}
		if err := binary.Write(queue, binary.NativeEndian, n*n); err != nil {
			return err
		}
	}
	return nil
}

// get is a consumer: it prints what it gets.
func get([]string) error {
	queue, n := inherited(0), int64(0)
	for {
		switch err := binary.Read(queue, binary.NativeEndian, &n); err {
		case nil:
			fmt.Println(n)
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// Line is one message of a dialogue.
type Line struct{ From, To, Text string }

// messages are who says what in the dialogue, in turn.
var messages = []string{"hello", "hey", "hru?", "END"}

// Dialogue has the parent and a child process talk over a two-ended link: hello, hey, hru?, END, in turn. Each of
// them decides by what it hears: whoever hears END hangs up.
func Dialogue(ctx context.Context) ([]Line, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	h, err := spawn(ctx, "partner", nil, theirs)
	theirs.Close()
	if err != nil {
		return nil, err
	}
	defer h.stop()
	var lines []Line
	heard := bufio.NewReader(conn)
	for say := messages[0]; ; {
		lines = append(lines, Line{"parent", "child", say})
		fmt.Fprintln(conn, say)
		text, err := heard.ReadString('\n')
		if err != nil {
			return lines, fmt.Errorf("process: the child hung up: %w", err)
		}
		text = strings.TrimSpace(text)
		lines = append(lines, Line{"child", "parent", text})
		if text == "END" {
			return lines, nil
		}
		say = answerTo(text)
	}
}

// answerTo is what follows on a message.
func answerTo(text string) string {
	for i, p := range messages[:len(messages)-1] {
		if p == text {
			return messages[i+1]
		}
	}
	return "END"
}

// partner is the child in the dialogue.
func partner([]string) error {
	conn := inherited(0)
	for in := bufio.NewScanner(conn); in.Scan(); {
		say := answerTo(in.Text())
		fmt.Fprintln(conn, say)
		if say == "END" {
			return nil
		}
	}
	return nil
}
