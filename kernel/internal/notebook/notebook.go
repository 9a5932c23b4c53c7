package notebook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"interleave/kernel/internal/whole"
)

// Notebook is a parsed notebook. The cells and everything else share memory with the tree that is written.
type Notebook struct {
	Cells []*Cell
	tree  map[string]any
}

// Cell is one cell of a notebook.
type Cell struct {
	tree map[string]any
}

// FormatError says why a file is no notebook that this package reads.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return "not a notebook: " + e.Reason }

// Parse reads a notebook.
func Parse(text []byte) (*Notebook, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // 1e-05 and 2**70 must come out as they went in
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, &FormatError{err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &FormatError{"there is text after the end"}
	}
	if major, _ := tree["nbformat"].(json.Number); major != "4" {
		return nil, &FormatError{fmt.Sprintf("its nbformat is %v; only 4 can be read, which every Jupyter since 2015 writes", tree["nbformat"])}
	}
	list, ok := tree["cells"].([]any)
	if !ok {
		return nil, &FormatError{"it has no list of cells"}
	}
	if _, ok := tree["metadata"].(map[string]any); !ok {
		return nil, &FormatError{"it has no metadata"}
	}
	nb := &Notebook{tree: tree}
	for i, v := range list {
		c, ok := v.(map[string]any)
		if !ok {
			return nil, &FormatError{fmt.Sprintf("cell %d is no object", i+1)}
		}
		if err := check(c); err != nil {
			return nil, &FormatError{fmt.Sprintf("cell %d %v", i+1, err)}
		}
		nb.Cells = append(nb.Cells, &Cell{tree: c})
	}
	nb.rejoin()
	nb.stripTransient()
	return nb, nil
}

// check looks at what the rest of the package relies on.
func check(c map[string]any) error {
	if _, ok := c["cell_type"].(string); !ok {
		return errors.New("has no cell_type")
	}
	if _, ok := c["metadata"].(map[string]any); !ok {
		return errors.New("has no metadata")
	}
	switch source := c["source"].(type) {
	case string:
	case []any:
		if _, ok := joined(source); !ok {
			return errors.New("has a source that is no text")
		}
	default:
		return errors.New("has no source")
	}
	if c["cell_type"] != "code" {
		return nil
	}
	outputs, ok := c["outputs"].([]any)
	if !ok {
		return errors.New("has no list of outputs")
	}
	for _, o := range outputs {
		m, ok := o.(map[string]any)
		if !ok {
			return errors.New("has an output that is no object")
		}
		if _, ok := m["output_type"].(string); !ok {
			return errors.New("has an output without output_type")
		}
	}
	return nil
}

// Read reads the notebook file at path.
func Read(path string) (*Notebook, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	nb, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return nb, nil
}

// Write writes the notebook to path: the whole of it or, when that fails, nothing.
func (nb *Notebook) Write(path string) error {
	text, err := nb.Bytes()
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	return whole.Replace(path, text, mode)
}

// Metadata is the notebook's metadata; changes are written.
func (nb *Notebook) Metadata() map[string]any { return nb.tree["metadata"].(map[string]any) }

// Minor is the minor version of the format.
func (nb *Notebook) Minor() int {
	n, _ := nb.tree["nbformat_minor"].(json.Number)
	minor, _ := strconv.Atoi(string(n))
	return minor
}

// FillIDs gives an id to every cell without one, if the format has ids (4.5). Ids follow from the cell's
// place and text, so that they are the same each time.
func (nb *Notebook) FillIDs() {
	if nb.Minor() < 5 {
		return
	}
	used := map[string]bool{}
	for _, c := range nb.Cells {
		used[c.ID()] = true
	}
	for i, c := range nb.Cells {
		for n := i; c.ID() == ""; n += len(nb.Cells) {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", n, c.Source()))
			if id := hex.EncodeToString(sum[:4]); !used[id] {
				used[id] = true
				c.tree["id"] = id
			}
		}
	}
}

// Type is code, markdown or raw.
func (c *Cell) Type() string { return c.tree["cell_type"].(string) }

// ID is the cell's id, empty before format 4.5.
func (c *Cell) ID() string { id, _ := c.tree["id"].(string); return id }

// Source is the cell's text.
func (c *Cell) Source() string { return c.tree["source"].(string) }

// SetSource replaces the cell's text.
func (c *Cell) SetSource(text string) { c.tree["source"] = text }

// Metadata is the cell's metadata; changes are written.
func (c *Cell) Metadata() map[string]any { return c.tree["metadata"].(map[string]any) }

// Tagged reports whether the cell carries a tag.
func (c *Cell) Tagged(tag string) bool {
	tags, _ := c.Metadata()["tags"].([]any)
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// Count is the cell's execution count, 0 when it was not run.
func (c *Cell) Count() int {
	switch n := c.tree["execution_count"].(type) {
	case json.Number:
		v, _ := strconv.Atoi(string(n))
		return v
	case int:
		return n
	}
	return 0
}

// NewCode is a code cell that was not run, for [Notebook.Cells].
func NewCode(id, source string, tags ...string) *Cell {
	list := make([]any, len(tags))
	for i, tag := range tags {
		list[i] = tag
	}
	return &Cell{tree: map[string]any{
		"cell_type": "code", "id": id, "source": source, "metadata": map[string]any{"tags": list}, "outputs": []any{}, "execution_count": nil,
	}}
}

// Clear makes of a code cell one that was not run.
func (c *Cell) Clear() {
	if c.Type() == "code" {
		c.setRun(0, nil)
	}
}

// setRun records a run: 0 stands for none.
func (c *Cell) setRun(count int, outputs []*Output) {
	c.tree["execution_count"] = nil
	if count > 0 {
		c.tree["execution_count"] = count
	}
	list := make([]any, len(outputs))
	for i, o := range outputs {
		list[i] = o.tree()
	}
	c.tree["outputs"] = list
}

// Outputs are the outputs written in the file, as nbformat describes them, text joined.
func (c *Cell) Outputs() []map[string]any {
	list, _ := c.tree["outputs"].([]any)
	out := make([]map[string]any, len(list))
	for i, v := range list {
		out[i] = v.(map[string]any)
	}
	return out
}

// joined is the text of a list of lines.
func joined(list []any) (string, bool) {
	var b strings.Builder
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return "", false
		}
		b.WriteString(s)
	}
	return b.String(), true
}
