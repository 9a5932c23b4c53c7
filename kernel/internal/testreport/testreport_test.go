package testreport

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// stream writes events the way go test -json does: "action test output".
func stream(events ...[3]string) string {
	var b strings.Builder
	for _, ev := range events {
		out, _ := json.Marshal(map[string]any{"Action": ev[0], "Test": ev[1], "Output": ev[2], "Elapsed": 0.5})
		b.Write(append(out, '\n'))
	}
	return b.String()
}

var sample = stream(
	[3]string{"start"}, [3]string{"run", "TestA"}, [3]string{"output", "TestA", "=== RUN   TestA\n"},
	[3]string{"output", "TestA", "printed\n"}, [3]string{"output", "TestA", "    0123456789ab:7: logged\n"}, [3]string{"output", "TestA", "        more\n"},
	[3]string{"output", "TestA", "--- FAIL: TestA (0.00s)\n"}, [3]string{"fail", "TestA"},
	[3]string{"run", "TestB"}, [3]string{"pass", "TestB"}, [3]string{"pass", "TestB"},
	[3]string{"run", "ExampleX"}, [3]string{"output", "ExampleX", "got:\n"}, [3]string{"output", "ExampleX", "a\n"}, [3]string{"output", "ExampleX", "want:\n"},
	[3]string{"output", "ExampleX", "b\n"}, [3]string{"fail", "ExampleX"},
	[3]string{"run", "TestP"}, [3]string{"output", "TestP", "panic: boom\n"}, [3]string{"output", "TestP", "\n"}, [3]string{"output", "TestP", "goroutine 24 [running]:\n"}, [3]string{"fail", "TestP"},
	[3]string{"output", "BenchmarkB", "BenchmarkB\n"}, [3]string{"output", "BenchmarkB", "BenchmarkB-2   \t"}, [3]string{"output", "BenchmarkB", "  371744\t        60.00 ns/op\n"},
	[3]string{"output", "", "BenchmarkB-2   \t  164617\t        80.00 ns/op\n"}, [3]string{"output", "", "BenchmarkB-2   \t  164617\t        70.00 ns/op\n"},
	[3]string{"output", "", "FAIL\tcommand-line-arguments\t0.008s\n"}, [3]string{"build-output", "", "# x\n"}) + "not JSON\n"

func TestReport(t *testing.T) {
	for _, size := range []int{1, 7, 1 << 20} { // in pieces of any size
		var printed strings.Builder
		r := &Report{Print: func(s string) { printed.WriteString(s) }}
		for text := sample; text != ""; {
			n := min(size, len(text))
			fmt.Fprint(r, text[:n])
			text = text[n:]
		}
		r.Close()
		if got := printed.String(); got != "printed\n" {
			t.Errorf("printed %q", got)
		}
		if got := r.Title(); got != "1 passed, 3 failed" {
			t.Errorf("title %q", got)
		}
		said := map[string][]string{}
		for _, x := range r.Tests {
			said[x.Name] = x.Lines()
		}
		want := map[string][]string{"TestA": {"    0123456789ab:7: logged", "        more"}, "ExampleX": {"got:", "a", "want:", "b"}, "TestP": {}}
		for name, w := range want {
			if !reflect.DeepEqual(said[name], w) {
				t.Errorf("%s said %q, want %q", name, said[name], w)
			}
		}
		if b := r.test("TestB"); b.Passed != 2 || b.Seconds != 1 {
			t.Errorf("TestB: %+v", b)
		}
		if c := r.test("TestP").Crash(); c != "panic: boom\n\ngoroutine 24 [running]:" {
			t.Errorf("crash %q", c)
		}
		m := r.Measures()
		if len(m) != 1 || m[0].Name != "B-2" || m[0].N != 3 || m[0].Center != "70.00n" || m[0].Unit != "sec/op" || len(m[0].Warnings) == 0 {
			t.Errorf("measures %+v", m)
		}
		if len(r.Build) != 1 || len(r.Other) != 1 {
			t.Errorf("build %q, other %q", r.Build, r.Other)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add(sample)
	f.Add(`{"Action":"output","Output":"BenchmarkX\t1\t2 ns/op"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := &Report{}
		fmt.Fprint(r, text)
		r.Close()
		r.Title()
		r.Measures()
	})
}
