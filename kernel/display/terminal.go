package display

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// InTerminal lets a program that runs outside of a notebook show things: as text on standard output, pictures as files
// picture-1.png, picture-2.png … in the current folder, whose names are printed. Without it, whatever shows something
// returns an error. [Input] and [Password] then read a line of standard input. What changes in place is shown once, as it
// was at first. In a notebook, and in a program that a notebook runs, InTerminal does nothing.
func InTerminal() {
	stage.Otherwise((&plainSink{out: os.Stdout, in: bufio.NewReader(os.Stdin), write: os.WriteFile}).take)
}

// plainSink shows events as text.
type plainSink struct {
	out   io.Writer
	in    *bufio.Reader
	write func(name string, data []byte, mode os.FileMode) error

	mu       sync.Mutex
	pictures int
}

// take is a stage.Sink.
func (s *plainSink) take(e events.Event[any]) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case events.Display, events.Result:
		return "", s.show(e.Data)
	case events.Input:
		fmt.Fprint(s.out, e.Prompt)
		line, err := s.in.ReadString('\n')
		if line == "" && err != nil {
			return "", fmt.Errorf("read standard input: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	case events.Update, events.Clear:
		return "", nil
	}
	return "", stage.ErrNotConnected
}

// pictureTypes are the forms that become files; of several the first one does.
var pictureTypes = []struct{ mimeType, ending string }{
	{MIMETypePNG, "png"}, {MIMETypeJPEG, "jpg"}, {MIMETypeSVG, "svg"}, {MIMETypePDF, "pdf"},
}

func (s *plainSink) show(content MIMEMap) error {
	if t, ok := content[MIMETypeText].(string); ok && t != "" {
		if _, err := fmt.Fprintln(s.out, t); err != nil {
			return fmt.Errorf("print what is shown: %w", err)
		}
	} else if len(content) > 0 && !ok {
		for mimeType, c := range content {
			if text, is := c.(string); is && textual(mimeType) {
				fmt.Fprintln(s.out, text)
				break
			}
		}
	}
	for _, t := range pictureTypes {
		picture, ok := bytesOf(t.mimeType, content[t.mimeType])
		if !ok {
			continue
		}
		name := fmt.Sprintf("picture-%d.%s", s.pictures+1, t.ending)
		if err := s.write(name, picture, 0o644); err != nil {
			return fmt.Errorf("write a picture that is shown: %w", err)
		}
		s.pictures++
		fmt.Fprintln(s.out, "written to "+name)
		return nil
	}
	return nil
}

// bytesOf is a picture as a file has it: those that come as text are in base64, but SVG.
func bytesOf(mimeType string, c any) ([]byte, bool) {
	switch x := c.(type) {
	case []byte:
		return x, true
	case string:
		if mimeType == MIMETypeSVG {
			return []byte(x), true
		}
		b, err := base64.StdEncoding.DecodeString(x)
		return b, err == nil
	}
	return nil, false
}
