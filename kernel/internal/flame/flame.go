// Package flame turns a profile in pprof's format into a flame graph and a table of lines. It knows nothing of
// cells: the caller says how a place in a file is called, and which frames are nobody's business. It starts no
// goroutine.
package flame

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// Frame is one call on a stack.
type Frame struct {
	Func string
	File string
	Line int
}

// Names say how frames are shown.
type Names struct {
	Func func(name string) string           // a function's name for the reader
	Line func(file string, line int) string // "In[3]:5", "" for a file that is no cell
	Hide func(name string) bool             // frames of the machinery that calls the cell
	Only bool                               // leave out stacks without a line of a cell
	Own  func(name string) bool             // nil, or what tells a function whose locks are not the reader's: see caller
}

// Node is a function called along one path, with what was measured in it and below.
type Node struct {
	Name     string
	Cell     bool // some line of it lies in a cell
	Value    int64
	Deep     int     // calls of itself on one path, 1 without recursion
	Children []*Node // largest first
}

// Row is what one line of a cell stands for.
type Row struct {
	At    string // "In[3]:5"
	Own   int64  // in the line and the packages it calls
	Total int64  // and in other lines that it calls
}

// Graph is a profile that can be drawn.
type Graph struct {
	Unit    string // "nanoseconds", "bytes", "count"
	What    string // "cpu", "delay", "alloc_space", "goroutine"
	Root    *Node  // Value is the sum
	Rows    []Row  // largest Total first
	Samples int64  // for cpu, how many; for others, how many events
}

// ErrEmpty is returned for a profile without samples.
var ErrEmpty = errors.New("the profile is empty")

// Read takes a profile, less what was in it before (which may be nil), and one of its sample types.
func Read(data, before []byte, what string, n Names) (*Graph, error) {
	p, err := profile.Parse(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	if before != nil {
		old, err := profile.Parse(bytes.NewReader(before))
		if err != nil {
			return nil, fmt.Errorf("read profile: %w", err)
		}
		old.Scale(-1)
		if p, err = profile.Merge([]*profile.Profile{p, old}); err != nil {
			return nil, fmt.Errorf("compare profiles: %w", err)
		}
	}
	at := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == what })
	if at < 0 {
		return nil, fmt.Errorf("the profile has no %s", what)
	}
	g := &Graph{Unit: p.SampleType[at].Unit, What: what, Root: &Node{Name: "all"}}
	rows := map[string]*Row{}
	for _, s := range p.Sample {
		if s.Value[at] <= 0 {
			continue
		}
		if n.Own != nil && n.Own(caller(s)) {
			continue
		}
		frames := stack(s, n)
		if n.Only && !slices.ContainsFunc(frames, func(f Frame) bool { return n.Line(f.File, f.Line) != "" }) {
			continue
		}
		g.Samples += max(0, s.Value[0])
		g.add(frames, s.Value[at], rows, n)
	}
	if g.Root.Value == 0 {
		return nil, ErrEmpty
	}
	g.Root.sort()
	for _, r := range rows {
		g.Rows = append(g.Rows, *r)
	}
	slices.SortFunc(g.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(b.Own, a.Own), cmp.Compare(a.At, b.At))
	})
	return g, nil
}

// caller is the innermost function of a sample that is neither the runtime's nor of package sync: the one that took a lock.
func caller(s *profile.Sample) string {
	for _, loc := range s.Location {
		for _, l := range loc.Line {
			if l.Function == nil {
				continue
			}
			name := l.Function.Name
			if pkg, _, _ := strings.Cut(name, "."); pkg != "runtime" && pkg != "sync" && !strings.HasPrefix(pkg, "internal/") {
				return name
			}
		}
	}
	return ""
}

// stack is a sample's stack, outermost first, inlined calls included.
func stack(s *profile.Sample, n Names) []Frame {
	var out []Frame
	for _, loc := range slices.Backward(s.Location) {
		for _, l := range slices.Backward(loc.Line) {
			if l.Function == nil || n.Hide(l.Function.Name) && n.Line(l.Function.Filename, int(l.Line)) == "" {
				continue
			}
			out = append(out, Frame{l.Function.Name, l.Function.Filename, int(l.Line)})
		}
	}
	return out
}

func (g *Graph) add(frames []Frame, v int64, rows map[string]*Row, n Names) {
	node := g.Root
	node.Value += v
	seen := map[string]bool{}
	innermost, deep := "", 1
	for _, f := range frames {
		at := n.Line(f.File, f.Line)
		if name := n.Func(f.Func); name == node.Name && node != g.Root {
			deep++ // a recursion reads better as one box
		} else {
			node, deep = node.child(name), 1
			node.Value += v
		}
		node.Deep = max(node.Deep, deep)
		node.Cell = node.Cell || at != ""
		if at == "" {
			continue
		}
		if rows[at] == nil {
			rows[at] = &Row{At: at}
		}
		if !seen[at] {
			seen[at] = true
			rows[at].Total += v
		}
		innermost = at
	}
	if innermost != "" {
		rows[innermost].Own += v
	}
}

func (n *Node) child(name string) *Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	c := &Node{Name: name}
	n.Children = append(n.Children, c)
	return c
}

func (n *Node) sort() {
	slices.SortFunc(n.Children, func(a, b *Node) int { return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Name, b.Name)) })
	for _, c := range n.Children {
		c.sort()
	}
}

// Amount writes a value in the graph's unit.
func (g *Graph) Amount(v int64) string {
	switch g.Unit {
	case "nanoseconds":
		d := time.Duration(v)
		switch {
		case d >= time.Second:
			return d.Round(10 * time.Millisecond).String()
		case d >= 10*time.Millisecond:
			return d.Round(time.Millisecond).String()
		case d >= time.Millisecond:
			return d.Round(10 * time.Microsecond).String()
		}
		return d.Round(10 * time.Nanosecond).String()
	case "bytes":
		f, i := float64(v), 0
		for f >= 1024 && i < 4 {
			f, i = f/1024, i+1
		}
		return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + []string{" B", " KiB", " MiB", " GiB", " TiB"}[i]
	}
	return fmt.Sprint(v)
}

// Percent is a value's share of all.
func (g *Graph) Percent(v int64) string {
	return fmt.Sprintf("%.1f%%", 100*float64(v)/float64(g.Root.Value))
}
