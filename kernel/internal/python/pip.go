package python

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// PipError is a failed installation in pip's own words.
type PipError struct {
	Words string // pip's ERROR and WARNING lines, or the end of what it printed
	Err   error
}

func (e *PipError) Error() string {
	return fmt.Sprintf("pip: %v\n%s\nThe first installation needs the Python package index; behind a proxy set HTTPS_PROXY or PIP_INDEX_URL, then start again", e.Err, e.Words)
}

func (e *PipError) Unwrap() error { return e.Err }

// runPip runs pip and reports each package as it is taken up.
func runPip(ctx context.Context, args []string, total int, progress func(int, int, string)) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = 5 * time.Second
	var all bytes.Buffer
	pr, pw := io.Pipe()
	cmd.Stdout, cmd.Stderr = pw, pw
	read := make(chan struct{})
	go func() { // ends with the pipe
		defer close(read)
		follow(pr, &all, total, progress)
	}()
	err := cmd.Run()
	pw.Close()
	<-read
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &PipError{Words: pipWords(all.String()), Err: err}
}

func follow(r io.Reader, all *bytes.Buffer, total int, progress func(int, int, string)) {
	done := 0
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		all.WriteString(line)
		switch name := collecting(line); {
		case name != "":
			done = min(done+1, total)
			progress(done, total, name)
		case strings.HasPrefix(line, "Installing collected packages"):
			progress(total, total, "unpacking all of them")
		}
		if err != nil {
			return
		}
	}
}

// collecting returns the package of a line like "Collecting anyio==4.16.0 (from -r lab.txt (line 4))".
func collecting(line string) string {
	rest, ok := strings.CutPrefix(line, "Collecting ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return strings.TrimSpace(name)
}

// pipWords keeps what pip calls an error or a warning; without any, the end of the text.
func pipWords(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ERROR:") || strings.HasPrefix(line, "WARNING:") {
			if line = strings.TrimSpace(line); len(kept) == 0 || kept[len(kept)-1] != line {
				kept = append(kept, line)
			}
		}
	}
	if len(kept) == 0 {
		return lastLines([]byte(text), 8)
	}
	if len(kept) > 8 {
		kept = kept[len(kept)-8:]
	}
	return strings.Join(kept, "\n")
}
