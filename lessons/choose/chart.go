// Package choose holds the decision charts and exercises of notebook 13: which model for which program?
//
// A [Chart] is data: questions, their answers, and the leaves with which they end. [Original] is the chart of the
// talk of 2019 with its 11 questions and 12 leaves; [Go2026] is the one that the workshop has arrived at, and each
// of its leaves names the cell of a notebook that proves it. [Chart.Walk] answers questions and gives the way to a
// leaf; a chart shows itself as questions that fold out. Nothing is measured in this file and no goroutine started.
package choose

import (
	"errors"
	"fmt"
	"slices"
)

// Chart is a decision chart. Charts are values: whoever has one may change it.
type Chart struct {
	Name  string
	Start string // ID of the first question
	Nodes []Node
}

// Node is a question, or a leaf if it has no answers.
type Node struct {
	ID      string
	Text    string
	Answers []Answer
	Then    string  // of a leaf: the node with which the walk goes on; "" if it ends here
	Proofs  []Proof // of a leaf: the cells that show it

	Column, Row int // place in the drawing
}

// Answer is one way on from a question.
type Answer struct{ Text, To string }

// Proof is a cell of a notebook.
type Proof struct {
	Notebook string // the name of its file, without .ipynb
	Cell     string // the id of the cell
}

// Link is the address of the cell, relative to the folder of the notebooks. JupyterLab jumps to the cell; other
// readers open the notebook.
func (p Proof) Link() string { return p.Notebook + ".ipynb#cell-id=" + p.Cell }

// Leaf reports whether the walk gives advice here instead of asking.
func (n Node) Leaf() bool { return len(n.Answers) == 0 }

// Errors of a walk. They come wrapped with the question.
var (
	ErrNoAnswer = errors.New("no answer given")
	ErrAnswer   = errors.New("not one of the answers")
)

// Node returns the node with this id.
func (c Chart) Node(id string) (Node, bool) {
	i := slices.IndexFunc(c.Nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return c.Nodes[i], true
}

// Leaves are the nodes that give advice, in the order of the chart.
func (c Chart) Leaves() []Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n Node) bool { return !n.Leaf() })
}

// Questions are the nodes that ask, in the order of the chart.
func (c Chart) Questions() []Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), Node.Leaf)
}

// Validate reports every fault of a chart, joined: ids that are missing or there twice, arrows that lead nowhere,
// nodes that no walk reaches, walks without an end.
func (c Chart) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(c.Name+": "+format, args...))
	}
	seen := map[string]bool{}
	for _, n := range c.Nodes {
		if n.ID == "" || n.Text == "" || seen[n.ID] {
			fault("node %q has no id, no text, or the id of another one", n.ID)
		}
		seen[n.ID] = true
		for _, to := range n.next() {
			if _, ok := c.Node(to); !ok {
				fault("%q leads to %q, which does not exist", n.ID, to)
			}
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	reached := map[string]bool{}
	var follow func(id string, way []string)
	follow = func(id string, way []string) {
		if slices.Contains(way, id) {
			fault("a walk comes to %q again", id)
			return
		}
		reached[id] = true
		n, _ := c.Node(id)
		for _, to := range n.next() {
			follow(to, append(slices.Clip(way), id))
		}
	}
	if _, ok := c.Node(c.Start); !ok {
		return errors.Join(append(faults, fmt.Errorf("%s: start %q does not exist", c.Name, c.Start))...)
	}
	follow(c.Start, nil)
	for _, n := range c.Nodes {
		if !reached[n.ID] {
			fault("no walk reaches %q", n.ID)
		}
	}
	return errors.Join(faults...)
}

// next are the ids to which a node leads.
func (n Node) next() (ids []string) {
	for _, a := range n.Answers {
		ids = append(ids, a.To)
	}
	if n.Then != "" {
		ids = append(ids, n.Then)
	}
	return ids
}

// Answers are the answers to questions, by the question's id.
type Answers map[string]string

// Step is a node of a walk, with the answer that was given if it is a question.
type Step struct {
	Node   Node
	Answer string
}

// Path is a walk through a chart.
type Path struct {
	Chart string
	Steps []Step
}

// Walk answers questions until the last leaf. When an answer is missing or is none of the question's, it returns the
// way so far with [ErrNoAnswer] or [ErrAnswer]. Answers to questions that are not met do no harm.
func (c Chart) Walk(answers Answers) (Path, error) {
	p := Path{Chart: c.Name}
	for id := c.Start; id != ""; {
		n, ok := c.Node(id)
		if !ok || len(p.Steps) > len(c.Nodes) {
			return p, c.Validate()
		}
		p.Steps = append(p.Steps, Step{Node: n})
		if n.Leaf() {
			id = n.Then
			continue
		}
		given, ok := answers[n.ID]
		if !ok {
			return p, fmt.Errorf("%s: %q (%s): %w", c.Name, n.ID, n.Text, ErrNoAnswer)
		}
		i := slices.IndexFunc(n.Answers, func(a Answer) bool { return a.Text == given })
		if i < 0 {
			return p, fmt.Errorf("%s: %q (%s): %q is %w", c.Name, n.ID, n.Text, given, ErrAnswer)
		}
		p.Steps[len(p.Steps)-1].Answer = given
		id = n.Answers[i].To
	}
	return p, nil
}

// Leaves are the leaves on the way, in order: in a chart whose leaves end the walk it is one.
func (p Path) Leaves() (leaves []Node) {
	for _, s := range p.Steps {
		if s.Node.Leaf() {
			leaves = append(leaves, s.Node)
		}
	}
	return leaves
}

// Has reports whether the walk passes the leaf with this id.
func (p Path) Has(leaf string) bool {
	return slices.ContainsFunc(p.Leaves(), func(n Node) bool { return n.ID == leaf })
}
