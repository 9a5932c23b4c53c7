package measure

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var exported = []Sample{
	{Name: "threads, six", Unit: "k ops/s", Values: []float64{6.789, 8.303}},
	{Name: "#comment", Unit: "ms", Values: []float64{603.15, 1e-300, 7},
		Readings: []Reading{{Wall: time.Second, CPU: time.Second / 2, CPUKnown: true}, {Wall: time.Second}, {}}},
}

func TestCSVRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	card := Watch().Card()
	if err := WriteCSV(&buf, &card, exported...); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	if !strings.HasPrefix(text, "# taken: ") || !strings.Contains(text, "\n1,#comment,603.15,ms,1,0.5\n") {
		t.Errorf("wrote\n%s", text)
	}
	got, err := ReadCSV(&buf)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, exported)
}

func TestBenchRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	card := Watch().Card()
	card.GOMAXPROCS = 6
	if err := WriteBench(&buf, "Talk", &card, exported...); err != nil {
		t.Fatal(err)
	}
	if want := "BenchmarkTalk/variant=threads,_six-6 1 6.789 kops/s\n"; !strings.Contains(buf.String(), want) {
		t.Errorf("no line %q in\n%s", want, buf.String())
	}
	got, err := ReadBench(&buf)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, []Sample{
		{Name: "threads,_six", Unit: "kops/s", Values: exported[0].Values},
		{Name: "#comment", Unit: "s", Values: []float64{0.60315, 1e-303, 0.007}},
	})
}

func TestBenchRefuses(t *testing.T) {
	var buf bytes.Buffer
	for _, name := range []string{"", "talk", "Talk Two", "A/b"} {
		if err := WriteBench(&buf, name, nil, exported...); err == nil {
			t.Errorf("the name %q is accepted", name)
		}
	}
	clash := []Sample{{Name: "a b", Unit: "s"}, {Name: "a_b", Unit: "s"}}
	if err := WriteBench(&buf, "X", nil, clash...); err == nil {
		t.Error("two samples with one name are accepted")
	}
}

// go test's own output is read; a line at fault costs only itself.
func TestReadBenchForeign(t *testing.T) {
	const text = `goos: linux
BenchmarkHash/size=1k-8   	1000	 2000 ns/op	 16 B/op
BenchmarkHash/size=1k-8   	1000	 broken
BenchmarkHash/size=1k-8   	1000	 3000 ns/op	 16 B/op
PASS
`
	got, err := ReadBench(strings.NewReader(text))
	if !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
	same(t, got, []Sample{
		{Name: "Hash/size=1k", Unit: "s", Values: []float64{2e-6, 3e-6}},
		{Name: "Hash/size=1k", Unit: "B/op", Values: []float64{16, 16}},
	})
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrFormat, "a,b\n1,2\n": ErrFormat, "variant,value,unit\n": ErrEmpty, "variant,value,unit\na,x,s\n": ErrFormat,
		"variant,value,unit\na,NaN,s\n": ErrNotFinite, "variant,value,unit\na,1\n": ErrFormat, "\"": ErrFormat,
	} {
		if got, err := ReadCSV(strings.NewReader(text)); !errors.Is(err, want) || got != nil {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	if _, err := ReadBench(strings.NewReader("nothing\n")); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func same(t *testing.T, got, want []Sample) {
	t.Helper()
	close := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) }
	if len(got) != len(want) {
		t.Fatalf("got %d samples, want %d: %+v", len(got), len(want), got)
	}
	for i := range got {
		if got[i].Name != want[i].Name || got[i].Unit != want[i].Unit || !slices.EqualFunc(got[i].Values, want[i].Values, close) {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("run,variant,value,unit\n1,a,2.5,ms\n")
	f.Add("variant,value,unit\n\"#\",1,\n")
	f.Fuzz(func(t *testing.T, text string) {
		samples, err := ReadCSV(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range samples {
			if _, err := s.Summary(); err != nil {
				t.Errorf("a sample without summary: %v", err)
			}
		}
	})
}

func FuzzReadBench(f *testing.F) {
	f.Add("BenchmarkX/variant=a-2 1 0.5 sec/op\n")
	f.Add("BenchmarkX- 1 NaN s\nUnit s better=lower\n")
	f.Fuzz(func(t *testing.T, text string) { ReadBench(strings.NewReader(text)) })
}
