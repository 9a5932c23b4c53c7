package kerneltest

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/client"
	"interleave/kernel/internal/wire"
)

func TestTranscripts(t *testing.T) {
	RunTranscripts(t, "testdata/*.txtar", startFake)
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		got, want string
		match     bool
	}{
		{"", "", true},
		{"a\n", "", false},
		{"", "a\n", false},
		{"a\nb\n", "a\nb\n\n", true},
		{"a\nb\nc\n", "a\n...\n", true},
		{"a\nb\nc\n", "...\nc\n", true},
		{"a\nb\nc\n", "a\n...\nc\n", true},
		{"a\nc\n", "a\n...\nc\n", true},
		{"a\nb\n", "a\n...\nc\n", false},
		{"took 12 ms\n", "took ... ms\n", true},
		{"took 12 s\n", "took ... ms\n", false},
		{"ab\n", "a...b...\n", true},
		{"a\n", "a...a\n", false},
		{strings.Repeat("a\n", 300), strings.Repeat("...\na\n", 300) + "b\n", false},
	} {
		if Match(test.got, test.want) != test.match {
			t.Errorf("Match(%q, %q) is not %v", test.got, test.want, test.match)
		}
	}
}

func TestStripANSI(t *testing.T) {
	got := StripANSI("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 [0m")
	if got != "red link [0m" {
		t.Errorf("got %q", got)
	}
}

func TestParseTranscriptFaults(t *testing.T) {
	for text, want := range map[string]string{
		"-- cell 1 --\nx\n":                       "sentence",
		"Empty.\n":                                "no cell",
		"Odd.\n-- sell 1 --\n":                    "neither cell",
		"Odd.\n-- cell 1 fast --\n":               "unknown",
		"Odd.\n-- cell 1 timeout=x --\n":          "invalid duration",
		"Odd.\n-- cell 1 --\nx\n-- out 2 --\ny\n": "out 2 has no cell",
		"Odd.\n-- cell 1 since=go1.99 --\nx\n":    "no section",
	} {
		_, err := parseTranscript(txtar.Parse([]byte(text)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want one with %q", text, err, want)
		}
	}
}

// Of two sections the one for the release that has built the test counts, wherever it stands.
func TestTranscriptOfReleases(t *testing.T) {
	archive := txtar.Parse([]byte("Two.\n-- cell 1 --\nx\n-- out 1 before=go1.99 --\nold\n-- out 1 --\nnew\n-- cell 2 --\ny\n-- out 2 before=go1.2 --\nold\n-- cell 3 since=go1.99 --\nz\n"))
	cells, err := parseTranscript(archive)
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != 2 || string(cells[0].out.Data) != "old\n" || string(cells[1].out.Data) != "" {
		t.Errorf("%d cells", len(cells))
	}
	var names []string
	for _, f := range archive.Files { // what -update writes
		names = append(names, f.Name)
	}
	if want := "cell 1,out 1,out 1 before=go1.99,cell 2,out 2,out 2 before=go1.2,cell 3 since=go1.99,out 3"; strings.Join(names, ",") != want {
		t.Errorf("%q", names)
	}
}

func TestCrashIsSeen(t *testing.T) {
	k := startFake(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := k.Execute(ctx, "crash", ExecuteOptions{}); err == nil || ctx.Err() != nil {
		t.Errorf("error is %v, want the end of the connection at once", err)
	}
	<-k.Exited()
}

func TestStartTellsWhy(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := client.Start(ctx, t.TempDir(), Spec{Argv: []string{"/bin/sh", "-c", "echo no toolchain >&2; exit 1"}})
	if err == nil || !strings.Contains(err.Error(), "no toolchain") {
		t.Errorf("error is %v, want what the process wrote", err)
	}
}

func TestIPCAndStop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	k := StartT(t, Spec{Argv: fakeArgv(), Transport: "ipc"})
	if err := k.Ping(ctx); err != nil {
		t.Error(err)
	}
	if r, err := k.Request(ctx, wire.Control, "kernel_info_request", nil); err != nil || r.Status != "ok" {
		t.Errorf("status %q, %v", r.Status, err)
	}
	if err := k.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestPython(t *testing.T) {
	python := Python(t)
	if out, err := exec.Command(python, "-c", "import zmq; print(zmq.zmq_version())").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
