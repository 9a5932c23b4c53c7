package racereport

import (
	"reflect"
	"testing"

	"interleave/kernel/internal/stack"
)

const mapRace = `before
==================
WARNING: DATA RACE
Write at 0x00c0001000f0 by goroutine 9:
  runtime.mapassign_faststr()
      /usr/local/go/src/internal/runtime/maps/runtime_faststr.go:263 +0x0
  main.main.func1()
      /In/0123456789ab:15 +0x136

Previous read at 0x00c0001000f0 by main goroutine:
  main.main()
      /In/0123456789ab:20 +0x273

Goroutine 9 (running) created at:
  main.main()
      /In/0123456789ab:11 +0xc4
==================
between
==================
WARNING: DATA RACE
Read at 0x000000622318 by goroutine 8:
  main.(*T).inc()
      /In/0123456789ab:13 +0xbd

Previous atomic write at 0x000000622318 by goroutine 9:
  [failed to restore the stack]

Goroutine 8 (running) created at:
  main.main()
      /In/0123456789ab:11 +0xc4

Goroutine 9 (finished) created at:
  main.main()
      /In/0123456789ab:12 +0xc4
==================
Found 2 data race(s)
exit status 66
`

func TestParse(t *testing.T) {
	cellFrame := func(name string, line int) stack.Frame {
		return stack.Frame{Func: name, File: "/In/0123456789ab", Line: line}
	}
	started := func(line int) []stack.Frame { return []stack.Frame{cellFrame("main.main", line)} }
	want := []Report{
		{Accesses: []Access{
			{Write: true, Addr: 0xc0001000f0, Goroutine: 9, Frames: []stack.Frame{
				{Func: "runtime.mapassign_faststr", File: "/usr/local/go/src/internal/runtime/maps/runtime_faststr.go", Line: 263}, cellFrame("main.main.func1", 15)}},
			{Previous: true, Addr: 0xc0001000f0, Frames: started(20)},
		}, Goroutines: []Goroutine{{ID: 9, Frames: started(11)}}},
		{Accesses: []Access{
			{Addr: 0x622318, Goroutine: 8, Frames: []stack.Frame{cellFrame("main.(*T).inc", 13)}},
			{Write: true, Atomic: true, Previous: true, Addr: 0x622318, Goroutine: 9},
		}, Goroutines: []Goroutine{{ID: 8, Frames: started(11)}, {ID: 9, Finished: true, Frames: started(12)}}},
	}
	if got := Parse(mapRace); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if f, ok := Cell(want[0].Accesses[0].Frames); !ok || f.Line != 15 {
		t.Errorf("Cell: %+v", f)
	}
	if r := want[1]; r.Goroutine(9).Frames[0].Line != 12 || r.Goroutine(7) != nil {
		t.Error("Goroutine finds another")
	}
	if got := Parse("no race here"); got != nil {
		t.Errorf("found %+v in plain text", got)
	}
}

// FuzzParse feeds text that broke off or was mixed with a program's own.
func FuzzParse(f *testing.F) {
	f.Add(mapRace)
	for i := 0; i < len(mapRace); i += 37 {
		f.Add(mapRace[:i])
		f.Add(mapRace[i:])
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range Parse(text) {
			for _, a := range r.Accesses {
				if a.Goroutine < 0 {
					t.Errorf("goroutine %d", a.Goroutine)
				}
				Cell(a.Frames)
			}
		}
	})
}
