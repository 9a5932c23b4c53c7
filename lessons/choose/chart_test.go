package choose_test

import (
	"errors"
	"strings"
	"testing"

	"interleave/lessons/choose"
)

// walks lists the answers of every walk through a chart.
func walks(c choose.Chart) (all []choose.Answers) {
	var follow func(id string, so choose.Answers)
	follow = func(id string, so choose.Answers) {
		n, _ := c.Node(id)
		switch {
		case id == "":
			all = append(all, so)
		case n.Leaf():
			follow(n.Then, so)
		}
		for _, a := range n.Answers {
			next := choose.Answers{n.ID: a.Text}
			for k, v := range so {
				next[k] = v
			}
			follow(a.To, next)
		}
	}
	follow(c.Start, nil)
	return all
}

// TestOriginal: the talk's chart has 11 questions and 12 leaves, and each leaf is the end of exactly one walk.
func TestOriginal(t *testing.T) {
	c := choose.Original()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if q, l := len(c.Questions()), len(c.Leaves()); q != 11 || l != 12 {
		t.Errorf("%d questions, %d leaves", q, l)
	}
	ends := map[string]int{}
	for _, answers := range walks(c) {
		p, err := c.Walk(answers)
		if err != nil || len(p.Leaves()) != 1 {
			t.Fatalf("%v: %v %v", answers, p, err)
		}
		ends[p.Leaves()[0].ID]++
	}
	for _, leaf := range c.Leaves() {
		if ends[leaf.ID] != 1 {
			t.Errorf("%d walks end at %q", ends[leaf.ID], leaf.ID)
		}
	}
}

// TestGo2026: every walk of the Go edition gives advice and ends by measuring or by staying sequential, and every
// leaf is met.
func TestGo2026(t *testing.T) {
	c := choose.Go2026()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for _, answers := range walks(c) {
		p, err := c.Walk(answers)
		if err != nil {
			t.Fatal(err)
		}
		leaves := p.Leaves()
		for _, n := range leaves {
			met[n.ID] = true
		}
		if last := leaves[len(leaves)-1].ID; last != choose.Measure && last != choose.Sequential {
			t.Errorf("%v ends at %q", answers, last)
		}
	}
	for _, leaf := range c.Leaves() {
		if !met[leaf.ID] {
			t.Errorf("no walk meets %q", leaf.ID)
		}
	}
}

// TestMixed: the talk's own product, cameras and a web API, has no leaf of its own in the talk's chart, and one in
// the Go edition.
func TestMixed(t *testing.T) {
	p, err := choose.Go2026().Walk(choose.Answers{"fast": "no", "order": "no", "machines": "no", "isolation": "no",
		"both": "yes", "stop": "yes", "shared": "an invariant"})
	if err != nil || p.Advice() != "Two bounded pools; watch p99 → A context everywhere, and a leak check → "+
		"Mutex, written down beside what it guards → Measure again; at ~ keep the simpler one" {
		t.Errorf("%s %v", p.Advice(), err)
	}
	if !p.Has(choose.Pools) || p.Has(choose.Queue) {
		t.Error(p)
	}
	if !strings.Contains(p.HTML(), "13-choosing-a-model.ipynb#cell-id=camera-ecdf") {
		t.Error(p.HTML())
	}
}

func TestWalkStops(t *testing.T) {
	c := choose.Original()
	p, err := c.Walk(choose.Answers{"interconnected": "no"})
	if !errors.Is(err, choose.ErrNoAnswer) || len(p.Steps) != 2 {
		t.Errorf("%v %v", p, err)
	}
	if _, err := c.Walk(choose.Answers{"interconnected": "perhaps"}); !errors.Is(err, choose.ErrAnswer) {
		t.Error(err)
	}
}

func TestValidateFindsFaults(t *testing.T) {
	for want, damage := range map[string]func(*choose.Chart){
		`"cpu" leads to "nowhere"`:            func(c *choose.Chart) { c.Nodes[2].Answers[0].To = "nowhere" },
		`the id of another one`:               func(c *choose.Chart) { c.Nodes[3].ID = "cpu" },
		`a walk comes to "cpu" again`:         func(c *choose.Chart) { c.Nodes[3].Answers[1].To = "cpu" },
		`no walk reaches "sequential"`:        func(c *choose.Chart) { c.Nodes[0].Answers[0].To = "cpu" },
		`start "begin" does not exist`:        func(c *choose.Chart) { c.Start = "begin" },
		`node "different" has no id, no text`: func(c *choose.Chart) { c.Nodes[15].Text = "" },
	} {
		c := choose.Original()
		damage(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestHTML: every leaf can be reached by unfolding, and texts are escaped.
func TestHTML(t *testing.T) {
	for _, c := range []choose.Chart{choose.Original(), choose.Go2026()} {
		h := c.HTML()
		for _, n := range c.Nodes {
			if !strings.Contains(h, n.Text) {
				t.Errorf("%s: %q is not there", c.Name, n.Text)
			}
		}
		if strings.Count(h, "<details>") != strings.Count(h, "</details>") || strings.Count(h, "<ul>") != strings.Count(h, "</ul>") {
			t.Errorf("%s: unbalanced", c.Name)
		}
		t.Logf("%s: %d bytes, %d walks", c.Name, len(h), len(walks(c)))
	}
}

// TestDrawing: no two boxes share a place, and a walk marks its boxes and the arrows between them.
func TestDrawing(t *testing.T) {
	for _, c := range []choose.Chart{choose.Original(), choose.Go2026()} {
		answers := walks(c)
		p, err := c.Walk(answers[len(answers)-1])
		if err != nil {
			t.Fatal(err)
		}
		boxes, arrows := c.Drawing(p)
		taken, on := map[[2]int]string{}, 0
		for _, b := range boxes {
			place := [2]int{b.Column, b.Row}
			if taken[place] != "" {
				t.Errorf("%s: %q lies on %q", c.Name, b.Text, taken[place])
			}
			taken[place] = b.Text
			if b.On {
				on++
			}
		}
		ways := 0
		for _, a := range arrows {
			if a.On {
				ways++
				if !boxes[a.From].On || !boxes[a.To].On {
					t.Errorf("%s: an arrow off the way", c.Name)
				}
			}
		}
		if on != len(p.Steps) || ways != on-1 {
			t.Errorf("%s: %d boxes and %d arrows on a way of %d steps", c.Name, on, ways, len(p.Steps))
		}
	}
}
