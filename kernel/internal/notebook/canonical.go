package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Bytes is the notebook in canonical form.
func (nb *Notebook) Bytes() ([]byte, error) {
	nb.stripTransient()
	cells := make([]any, len(nb.Cells))
	for i, c := range nb.Cells {
		cells[i] = c.split()
	}
	tree := maps.Clone(nb.tree)
	tree["cells"] = cells
	w := &pythonJSON{}
	w.value(tree, 0)
	if w.err != nil {
		return nil, fmt.Errorf("write notebook: %w", w.err)
	}
	w.WriteByte('\n')
	return w.Bytes(), nil
}

// split is the cell's tree with its text as lists of lines; the cell itself is not changed.
func (c *Cell) split() map[string]any {
	tree := maps.Clone(c.tree)
	tree["source"] = splitLines(c.Source())
	if attachments, ok := tree["attachments"].(map[string]any); ok {
		split := map[string]any{}
		for name, a := range attachments {
			split[name] = splitBundle(a)
		}
		tree["attachments"] = split
	}
	if c.Type() != "code" {
		return tree
	}
	outputs := []any{}
	for _, o := range c.Outputs() {
		o = maps.Clone(o)
		text, isText := o["text"].(string)
		switch o["output_type"] {
		case "execute_result", "display_data":
			o["data"] = splitBundle(o["data"])
		case "stream":
			if isText {
				o["text"] = splitLines(text)
			}
		}
		outputs = append(outputs, o)
	}
	tree["outputs"] = outputs
	return tree
}

func splitBundle(v any) any {
	bundle, ok := v.(map[string]any)
	if !ok {
		return v
	}
	split := maps.Clone(bundle)
	for mime, v := range bundle {
		if s, ok := v.(string); ok && splitMIME(mime) {
			split[mime] = splitLines(s)
		}
	}
	return split
}

// pythonJSON writes what json.dumps(v, indent=1, sort_keys=True, ensure_ascii=False) does.
type pythonJSON struct {
	bytes.Buffer
	err error
}

func (w *pythonJSON) value(v any, depth int) {
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case string:
		w.text(v)
	case int:
		w.WriteString(strconv.Itoa(v))
	case json.Number:
		w.number(string(v))
	case float64:
		w.number(strconv.FormatFloat(v, 'e', -1, 64))
	case []any:
		w.list(len(v), "[]", depth, func(i int) { w.value(v[i], depth+1) })
	case []string:
		w.list(len(v), "[]", depth, func(i int) { w.text(v[i]) })
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		w.list(len(keys), "{}", depth, func(i int) {
			w.text(keys[i])
			w.WriteString(": ")
			w.value(v[keys[i]], depth+1)
		})
	default:
		w.err = fmt.Errorf("a %T has no JSON form", v)
	}
}

func (w *pythonJSON) list(n int, brackets string, depth int, element func(int)) {
	w.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		w.newline(depth + 1)
		element(i)
	}
	if n > 0 {
		w.newline(depth)
	}
	w.WriteByte(brackets[1])
}

func (w *pythonJSON) newline(depth int) {
	w.WriteByte('\n')
	for range depth {
		w.WriteByte(' ')
	}
}

func (w *pythonJSON) text(s string) {
	w.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch r {
		case '"':
			w.WriteString(`\"`)
		case '\\':
			w.WriteString(`\\`)
		case '\n':
			w.WriteString(`\n`)
		case '\r':
			w.WriteString(`\r`)
		case '\t':
			w.WriteString(`\t`)
		case '\f':
			w.WriteString(`\f`)
		case '\b':
			w.WriteString(`\b`)
		default:
			if r < 0x20 {
				fmt.Fprintf(w, `\u%04x`, r)
			} else {
				w.WriteRune(r)
			}
		}
	}
	w.WriteByte('"')
}

// number writes a JSON number as Python does after reading it: integers as they are, anything else as
// repr(float) does.
func (w *pythonJSON) number(s string) {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			s = "0"
		}
		w.WriteString(s)
		return
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case math.IsInf(f, 0): // too large for a float: Python reads infinity
		w.WriteString(strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+"))
		w.err = fmt.Errorf("the number %s is too large", s)
		return
	case err != nil:
		w.err = fmt.Errorf("the number %q: %w", s, err)
		return
	}
	w.WriteString(pythonFloat(f))
}

// pythonFloat is repr(f): shortest digits, an exponent below 1e-4 and from 1e16 on.
func pythonFloat(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
