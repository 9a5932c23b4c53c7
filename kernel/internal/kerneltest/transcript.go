package kerneltest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/wire"
)

var update = flag.Bool("update", false, "rewrite the expected outputs of transcripts that differ")

// Update reports whether the test was given -update.
func Update() bool { return *update }

// cellTime is how long a cell of a transcript may take when its section does not say.
const cellTime = 2 * time.Minute

// RunTranscripts runs each file that glob matches as a subtest, with a kernel of its own. A glob that
// matches nothing fails.
//
// A transcript is a txtar file: one sentence on what it shows, then pairs of sections,
//
//	-- cell 1 --
//	1 + 1
//	-- out 1 --
//	result: 2
//
// whose output is written by [Text] and compared by [Match], so a "..." stands for what varies. Words
// after the number change how the cell is run:
//
//	interrupt=200ms      interrupt it by message, that long after it was sent
//	interrupt=output     interrupt it as soon as it has shown something
//	signal=200ms         interrupt it by SIGINT, or signal=output
//	restart              restart the kernel before the cell
//	queued               send it without waiting for the cell before it
//	stdin=TEXT           answer the next input_request; may come several times
//	silent               the fields of execute_request of that name
//	store_history=false
//	stop_on_error=false
//	expr=NAME:CODE       a user expression, shown as expr NAME: text
//	traceback            show the traceback, as trace: lines
//	sizes                show the bytes and lines of a stream instead of its text
//	count                show the execution count, as count:
//	timeout=5m           instead of two minutes
//
// A word holds no space; %20 in stdin and expr stands for one.
//
// Where an older release of Go answers differently, a second section says so:
//
//	-- cell 1 --
//	...
//	-- out 1 --
//	...
//	-- out 1 before=go1.27 --
//	error: ...
//
// It is the one that counts when the test is built with a release before that. Cells that build on such a cell bear the
// word since=go1.27 and are left out there; a transcript that has them says in one cell at least what the older release
// answers.
func RunTranscripts(t *testing.T, glob string, start func(t testing.TB) *Kernel) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no transcript matches %s", glob)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			RunTranscript(t, file, start)
		})
	}
}

// RunTranscript runs one transcript.
func RunTranscript(t *testing.T, file string, start func(t testing.TB) *Kernel) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := parseTranscript(archive)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	runCells(t, start(t), cells)
	changed := false
	for _, c := range cells {
		if Match(c.got, string(c.out.Data)) {
			continue
		}
		changed = true
		if !*update {
			t.Errorf("%s: cell %s\n%s\ngot:\n%s\nwant:\n%s", file, c.number, indent(c.code), indent(c.got), indent(string(c.out.Data)))
		}
		c.out.Data = []byte(c.got)
	}
	if changed && *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s rewritten", file)
	}
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}

// scriptCell is one cell of a transcript.
type scriptCell struct {
	number  string
	code    string
	out     *txtar.File // the expected output
	got     string
	opts    ExecuteOptions
	text    TextOptions
	stdin   []string
	restart bool
	queued  bool
	after   time.Duration // interrupt after that
	output  bool          // interrupt after the first output
	signal  bool          // interrupt by SIGINT
	timeout time.Duration
	since   string // the first release of Go that has what it shows
}

// parseTranscript reads the cells. An output section that is missing is added, so that -update can fill it.
func parseTranscript(archive *txtar.Archive) ([]*scriptCell, error) {
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		return nil, fmt.Errorf("say in one sentence at the top what it shows")
	}
	outs := make(map[string][]txtar.File) // by number, that of all releases first
	for _, f := range archive.Files {
		fields := strings.Fields(f.Name)
		switch {
		case len(fields) == 2 && fields[0] == "out":
			outs[fields[1]] = append([]txtar.File{f}, outs[fields[1]]...)
		case len(fields) == 3 && fields[0] == "out" && strings.HasPrefix(fields[2], "before="):
			outs[fields[1]] = append(outs[fields[1]], f)
		case len(fields) < 2 || fields[0] != "cell":
			return nil, fmt.Errorf("section %q is neither cell N nor out N", f.Name)
		}
	}
	var cells []*scriptCell
	var counts []int // which section of files is a cell's
	since, answered := false, false
	files := make([]txtar.File, 0, len(archive.Files))
	for _, f := range archive.Files {
		fields := strings.Fields(f.Name)
		if fields[0] != "cell" {
			continue
		}
		c := &scriptCell{number: fields[1], code: strings.TrimSuffix(string(f.Data), "\n"), timeout: cellTime}
		for _, word := range fields[2:] {
			if release, ok := strings.CutPrefix(word, "since="); ok {
				c.since = release
			} else if err := c.directive(word); err != nil {
				return nil, fmt.Errorf("cell %s: %w", c.number, err)
			}
		}
		cells = append(cells, c)
		of := outs[c.number]
		if len(of) == 0 || of[0].Name != "out "+c.number {
			of = append([]txtar.File{{Name: "out " + c.number}}, of...)
		}
		chosen := 0
		for i, o := range of[1:] {
			answered = true
			if older(strings.TrimPrefix(strings.Fields(o.Name)[2], "before=")) {
				chosen = i + 1
			}
		}
		since = since || c.since != ""
		counts = append(counts, len(files)+1+chosen)
		files = append(append(files, f), of...)
		delete(outs, c.number)
	}
	for number := range outs {
		return nil, fmt.Errorf("out %s has no cell", number)
	}
	if len(cells) == 0 {
		return nil, fmt.Errorf("it has no cell")
	}
	if since && !answered {
		return nil, fmt.Errorf("no section out N before=... says what a release answers that leaves cells out")
	}
	archive.Files = files
	for i, c := range cells {
		c.out = &archive.Files[counts[i]]
	}
	return slices.DeleteFunc(cells, func(c *scriptCell) bool { return older(c.since) }), nil
}

// older reports whether the Go that has built this is older than a release.
func older(release string) bool {
	return release != "" && version.Compare(version.Lang(runtime.Version()), release) < 0
}

func (c *scriptCell) directive(word string) error {
	name, value, _ := strings.Cut(word, "=")
	value = strings.ReplaceAll(value, "%20", " ")
	var err error
	switch name {
	case "interrupt", "signal":
		c.signal = name == "signal"
		if c.output = value == "output"; c.output {
			return nil
		}
		c.after, err = time.ParseDuration(value)
	case "timeout":
		c.timeout, err = time.ParseDuration(value)
	case "restart":
		c.restart = true
	case "queued":
		c.queued = true
	case "stdin":
		c.stdin = append(c.stdin, value)
	case "silent":
		c.opts.Silent = true
	case "store_history":
		c.opts.NoHistory, err = not(value)
	case "stop_on_error":
		c.opts.ContinueOnError, err = not(value)
	case "traceback":
		c.text.Traceback = true
	case "sizes":
		c.text.Sizes = true
	case "count":
		c.text.Reply = true
	case "expr":
		key, code, ok := strings.Cut(value, ":")
		if !ok {
			return fmt.Errorf("%s: want expr=NAME:CODE", word)
		}
		if c.opts.UserExpressions == nil {
			c.opts.UserExpressions = make(map[string]string)
		}
		c.opts.UserExpressions[key] = code
	default:
		return fmt.Errorf("directive %q is unknown", word)
	}
	return err
}

func not(value string) (bool, error) {
	b, err := strconv.ParseBool(value)
	return !b, err
}

// runCells runs the cells in order. Cells marked queued are sent right behind the one before them.
func runCells(t *testing.T, k *Kernel, cells []*scriptCell) {
	t.Helper()
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && cells[n].queued {
			n++
		}
		if err := runGroup(k, cells[:n]); err != nil {
			t.Fatalf("cell %s: %v\noutput of the kernel process:\n%s", cells[0].number, err, k.Output())
		}
		cells = cells[n:]
	}
}

func runGroup(k *Kernel, group []*scriptCell) error {
	timeout := time.Duration(0)
	for _, c := range group {
		timeout += c.timeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if group[0].restart {
		if err := k.Restart(ctx); err != nil {
			return fmt.Errorf("restart: %w", err)
		}
	}
	var interrupts sync.WaitGroup // each is over before the next cell, which it must not hit
	defer interrupts.Wait()
	calls := make([]*Call, len(group))
	for i, c := range group {
		c.prepare(k, &interrupts)
		var err error
		if calls[i], err = k.StartExecute(c.code, c.opts); err != nil {
			return err
		}
	}
	for i, c := range group {
		ended := make(chan struct{})
		if c.after > 0 {
			interrupts.Go(func() {
				select {
				case <-time.After(c.after):
					c.interrupt(k)
				case <-ended:
				}
			})
		}
		result, err := calls[i].Wait(ctx)
		close(ended)
		if err != nil {
			return fmt.Errorf("%w\nso far:\n%s", err, Text(result, c.text))
		}
		c.got = Text(result, c.text) + expressions(result)
	}
	return nil
}

// prepare sets what answers input_request, and what interrupts the cell at its first output.
func (c *scriptCell) prepare(k *Kernel, interrupts *sync.WaitGroup) {
	if len(c.stdin) > 0 {
		answers := make(chan string, len(c.stdin))
		for _, answer := range c.stdin {
			answers <- answer
		}
		c.opts.OnInput = func(string, bool) string {
			select {
			case answer := <-answers:
				return answer
			default:
				return "(no answer left in the transcript)"
			}
		}
	}
	if c.output {
		var once sync.Once
		var waits writer
		c.opts.OnMessage = func(m wire.Message) {
			var said content
			if json.Unmarshal(m.Content, &said) == nil && waits.progress(m, said) {
				return
			}
			if m.Header.MsgType != "status" && m.Header.MsgType != "execute_input" {
				once.Do(func() { interrupts.Go(func() { c.interrupt(k) }) })
			}
		}
	}
}

// interrupt leaves its faults to the wait for the cell, which then takes too long.
func (c *scriptCell) interrupt(k *Kernel) {
	if c.signal {
		k.Signal(syscall.SIGINT)
		return
	}
	k.Send(wire.Control, "interrupt_request", nil, CallOptions{})
}
