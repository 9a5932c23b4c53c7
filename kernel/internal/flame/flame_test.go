package flame

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// made makes a profile of stacks, outermost call first, each "func file:line" times a value.
func made(t testing.TB, stacks map[string]int64) []byte {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}}
	funcs := map[string]*profile.Function{}
	for s, v := range stacks {
		smp := &profile.Sample{Value: []int64{v / 1e7, v}}
		for _, call := range strings.Split(s, ";") {
			var name, file string
			var line int64
			if _, err := fmt.Sscanf(strings.Replace(call, ":", " ", 1), "%s %s %d", &name, &file, &line); err != nil {
				t.Fatal(call, err)
			}
			f := funcs[name]
			if f == nil {
				f = &profile.Function{ID: uint64(len(funcs) + 1), Name: name, Filename: file}
				funcs[name] = f
				p.Function = append(p.Function, f)
			}
			l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: f, Line: line}}}
			p.Location = append(p.Location, l)
			smp.Location = append([]*profile.Location{l}, smp.Location...)
		}
		p.Sample = append(p.Sample, smp)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var names = Names{
	Func: func(s string) string { return strings.TrimPrefix(s, "nb.") },
	Line: func(f string, l int) string {
		if f != "cell" {
			return ""
		}
		return fmt.Sprintf("In[1]:%d", l)
	},
	Hide: func(s string) bool { return s == "goexit" },
}

var stacks = map[string]int64{
	"goexit rt:1;nb.Run cell:3;nb.f cell:1":                40e6,
	"goexit rt:1;nb.Run cell:3;nb.f cell:1;nb.f cell:1":    10e6, // a recursion counts once
	"goexit rt:1;nb.Run cell:4;strings.Repeat strings:600": 30e6,
	"gcBgMarkWorker rt:2":                                  20e6,
}

func TestRead(t *testing.T) {
	g, err := Read(made(t, stacks), nil, "cpu", names)
	if err != nil {
		t.Fatal(err)
	}
	got := g.Table(func(at string) string { return "src " + at[6:] })
	want := `     total                own  line
      50ms   50.0%       50ms  In[1]:1   src 1
      50ms   50.0%         0s  In[1]:3   src 3
      30ms   30.0%       30ms  In[1]:4   src 4
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if g.Root.Value != 100e6 || g.Samples != 10 || g.Root.Children[0].Name != "Run" || g.Root.Children[0].Value != 80e6 {
		t.Errorf("root is %+v with %+v", g.Root, g.Root.Children[0])
	}
	only := names
	only.Only = true
	if g, err = Read(made(t, stacks), nil, "cpu", only); err != nil || g.Root.Value != 80e6 {
		t.Errorf("%v of cells, %v", g.Root.Value, err)
	}
}

// What was in the profile before the cell does not count.
func TestBefore(t *testing.T) {
	before := map[string]int64{"goexit rt:1;nb.Run cell:3;nb.f cell:1": 30e6}
	g, err := Read(made(t, stacks), made(t, before), "cpu", names)
	if err != nil || g.Root.Value != 70e6 {
		t.Errorf("%v, %v", g.Root.Value, err)
	}
	if _, err = Read(made(t, before), made(t, before), "cpu", names); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing new gives %v", err)
	}
	if _, err = Read(made(t, before), nil, "nosuch", names); err == nil {
		t.Error("a sample type that is not there was found")
	}
}

func TestDraw(t *testing.T) {
	g, err := Read(made(t, stacks), nil, "cpu", names)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Draw("CPU time")
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(p.PNG)); err != nil || img.Bounds().Dx() != 2*p.Width {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
	if !strings.Contains(p.SVG, "strings.Repeat  30ms, 30.0%") {
		t.Error("SVG lacks a box's text")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(made(f, stacks))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := Read(b, nil, "cpu", names); err == nil {
			if _, err := g.Draw("x"); err != nil {
				t.Error(err)
			}
		}
	})
}

// A lock that a package of the caller's own took is left out; one that the cell took in the same call is not.
func TestOwnLocks(t *testing.T) {
	data := made(t, map[string]int64{
		"nb.Run cell:3;own/stage.Emit s:9;sync.(*Mutex).Unlock m:1;internal/sync.(*Mutex).Unlock m:2": 40e6,
		"nb.Run cell:4;sync.(*Mutex).Unlock m:1":                                                      20e6,
		"nb.Run cell:5;fmt.Println p:1;runtime.unlock r:1":                                            10e6,
	})
	n := names
	n.Own = func(name string) bool { return strings.HasPrefix(name, "own/") }
	g, err := Read(data, nil, "cpu", n)
	if err != nil {
		t.Fatal(err)
	}
	if g.Root.Value != 30e6 || len(g.Rows) != 2 {
		t.Errorf("%d in %v", g.Root.Value, g.Rows)
	}
	n.Own = func(string) bool { return true }
	if _, err := Read(data, nil, "cpu", n); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing but own locks: %v", err)
	}
}
