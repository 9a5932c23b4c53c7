package stack

import (
	"reflect"
	"strings"
	"testing"
)

const sample = `panic: boom

goroutine 34 [chan receive, 2 minutes, locked to thread]:
nb.(*queue[...]).take(0xc000012345, {0x1, 0x2})
	/In/ab12cd34ef56:7 +0x1d
nb.Run_99.func1()
	/In/99aabbccddee:3 +0x25
created by nb.Run_99 in goroutine 20
	/In/99aabbccddee:2 +0x6f

goroutine 1 gp=0xc0000061c0 m=0 mp=0x1 [select (no cases)]:
main.main()
	/src/main.go:12 +0x25
`

func TestParse(t *testing.T) {
	got := Parse(sample)
	if got.Message != "panic: boom" || len(got.Goroutines) != 2 {
		t.Fatalf("%+v", got)
	}
	want := Goroutine{ID: 34, State: "chan receive", Minutes: 2, Parent: 20,
		Frames:  []Frame{{"nb.(*queue[...]).take", "/In/ab12cd34ef56", 7}, {"nb.Run_99.func1", "/In/99aabbccddee", 3}},
		Created: Frame{"nb.Run_99", "/In/99aabbccddee", 2}}
	if !reflect.DeepEqual(got.Goroutines[0], want) {
		t.Errorf("got  %+v\nwant %+v", got.Goroutines[0], want)
	}
	if g := got.Goroutines[1]; g.State != "select (no cases)" || g.InCells() || !got.Goroutines[0].InCells() {
		t.Errorf("%+v", g)
	}
	if id := want.Frames[0].Cell(); id != "ab12cd34ef56" {
		t.Errorf("cell %q", id)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("goroutine 1 [running]:\nf(\n\t:9")
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range Parse(s).Goroutines {
			g.InCells()
		}
	})
}

// Go 1.26 prints labels in the brackets, with GODEBUG=tracebacklabels=1, later releases behind them. What else stands
// there is no part of the state.
func TestLabels(t *testing.T) {
	for head, want := range map[string][2]string{
		`[chan receive, 2 minutes labels:{"cell": "7"}]`:                    {"chan receive", "7"},
		`[select labels:{"a": "b", "cell": "12"}]`:                          {"select", "12"},
		`[sync.Mutex.Lock]`:                                                 {"sync.Mutex.Lock", ""},
		`[running, locked to thread, synctest bubble 1 labels:{cell: "3"}]`: {"running", "3"},
		`[select] {cell: 7}`:                                                {"select", "7"},
		`[chan send, 3 minutes] {"a b": "c}]", cell: "x y"}`:                {"chan send", "x y"},
		`[select] {subcell: 7}`:                                             {"select", ""},
		`[chan receive (leaked), 2 minutes] {cell: 4}`:                      {"chan receive leaked", "4"},
		`[select (no cases) (leaked) labels:{"cell": "7"}]`:                 {"select (no cases) leaked", "7"},
	} {
		g := Parse("goroutine 5 " + head + ":\nmain.f()\n\t/x.go:1 +0x1\n").Goroutines
		state, leaked := strings.CutSuffix(want[0], " leaked")
		if len(g) != 1 || g[0].State != state || g[0].Leaked != leaked || g[0].Label != want[1] {
			t.Errorf("%s: %+v", head, g)
		}
	}
}

// The compiler gives the jump of an empty loop no line, which a //line directive makes negative. The frame is the cell's.
func TestNoLine(t *testing.T) {
	g := Parse("goroutine 5 [runnable]:\nnb.Run_0()\n\t/In/13f4bf1ee795:-11 +0x4f\n").Goroutines
	if len(g) != 1 || !g[0].InCells() || !g[0].Running() || g[0].Frames[0].Cell() != "13f4bf1ee795" || g[0].Frames[0].Line != 0 {
		t.Errorf("%+v", g)
	}
}
