package display

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"io"
	"os"
	"strings"
	"testing"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

// TestPlainSink shows things as a program in a terminal does.
func TestPlainSink(t *testing.T) {
	var out bytes.Buffer
	files := map[string][]byte{}
	s := &plainSink{out: &out, in: bufio.NewReader(strings.NewReader("Ada\r\nlast")), write: func(name string, data []byte, _ os.FileMode) error {
		files[name] = data
		return nil
	}}
	show := func(v any) {
		t.Helper()
		d, ok := Bundle(v)
		if !ok {
			t.Fatalf("%v has no bundle", v)
		}
		content, err := normal(d.Data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.take(shown(events.Display, content, nil)); err != nil {
			t.Fatal(err)
		}
	}
	show([]string{"a b", "c"})
	show(Table([][]string{{"n"}, {"1"}}))
	show(image.NewGray(image.Rect(0, 0, 2, 2)))
	show(SVG("<svg></svg>"))
	show(MIME(MIMEMap{"text/markdown": "*m*"}, nil))
	if _, err := s.take(shown(events.Update, MIMEMap{MIMETypeText: "later"}, nil)); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"Ada", "last"} {
		if got, err := s.take(events.Event[any]{Kind: events.Input, Prompt: "name? "}); got != want || err != nil {
			t.Errorf("read %q, %v; want %q", got, err, want)
		}
	}
	if _, err := s.take(events.Event[any]{Kind: events.Input}); !errors.Is(err, io.EOF) {
		t.Errorf("at the end of input: %v", err)
	}
	if _, err := s.take(events.Event[any]{Kind: events.Comms}); !errors.Is(err, stage.ErrNotConnected) {
		t.Errorf("comm: %v", err)
	}
	text := out.String()
	for _, want := range []string{`["a b" "c"]`, "n\n", "written to picture-1.png", "written to picture-2.svg", "*m*\n", "name? name? "} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "later") {
		t.Errorf("an update was shown:\n%s", text)
	}
	if !bytes.HasPrefix(files["picture-1.png"], []byte("\x89PNG")) || string(files["picture-2.svg"]) != "<svg></svg>" {
		t.Errorf("pictures %q", files)
	}
}
