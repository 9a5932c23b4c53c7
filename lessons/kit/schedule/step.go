package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"interleave/plots/spell"
)

// instr is one statement, ready to run.
type instr struct {
	verb string // "read", "set", "while"; "jump" for what else and end leave behind
	kind kind
	name string   // of the shared thing
	args []string // numbers, acc, names of let
	cond *condition
	jump int // where to go when cond does not hold, or always for "jump"
	text string
	line int
}

// step reads a statement of a thread.
func (p *parser) step(words []string) error {
	t := &p.threads[len(p.threads)-1]
	switch words[0] {
	case "if", "while", "assert":
		return p.test(t, words)
	case "else", "end":
		return p.close(t, words)
	case "let":
		if len(words) != 2 || !isName(words[1]) || words[1] == "acc" {
			return fmt.Errorf("write let old, which keeps acc under the name old")
		}
		if _, shared := p.sorts[words[1]]; shared {
			return fmt.Errorf("%s is shared: choose another name", words[1])
		}
		p.lets[words[1]] = true
		p.emit(t, instr{verb: "let", args: words[1:]})
		return nil
	}
	verb, rest := words[0], words[1:]
	if (verb == "atomic" || verb == "call") && len(rest) > 0 {
		verb, rest = verb+" "+rest[0], rest[1:]
	}
	f, ok := forms[verb]
	if !ok {
		return fmt.Errorf("%q is not a step%s", verb, near(verb))
	}
	in := instr{verb: verb, kind: f.kind}
	want := f.more
	if f.obj != nothing {
		want++
	}
	if len(rest) != want {
		return fmt.Errorf("%s takes %s", verb, usageOf(verb))
	}
	if f.obj != nothing {
		if err := p.use(rest[0], f.obj); err != nil {
			return err
		}
		in.name, rest = rest[0], rest[1:]
	}
	for _, a := range rest {
		if err := p.operand(a); err != nil {
			return err
		}
	}
	in.args = rest
	p.emit(t, in)
	return nil
}

func (p *parser) operand(a string) error {
	if _, err := strconv.Atoi(a); err == nil || a == "acc" || p.lets[a] {
		return nil
	}
	if _, shared := p.sorts[a]; shared {
		return fmt.Errorf("%s is shared, and a step touches one shared thing: read it first, keep it with let", a)
	}
	return fmt.Errorf("%q is neither a number nor acc nor a name of let", a)
}

func (p *parser) test(t *routineText, words []string) error {
	c, err := parseCondition(words[1:])
	if err != nil {
		return err
	}
	for _, x := range slices.Concat(c.left, c.right) {
		switch {
		case x.name == "" || x.name == "acc" || p.lets[x.name] || x.name == c.shared:
		case c.shared != "":
			return fmt.Errorf("reads both %s and %s, and a step touches one shared thing: read one first, keep it with let", c.shared, x.name)
		default:
			if err := p.use(x.name, variable); err != nil {
				return err
			}
			c.shared = x.name
		}
	}
	if words[0] != "assert" {
		p.open = append(p.open, len(t.code))
	}
	p.emit(t, instr{verb: words[0], kind: opTest, name: c.shared, cond: c})
	return nil
}

// close ends the innermost if, else or while.
func (p *parser) close(t *routineText, words []string) error {
	if len(words) != 1 {
		return fmt.Errorf("%s stands alone on its line", words[0])
	}
	if len(p.open) == 0 {
		return fmt.Errorf("has no if or while above it in this thread: remove it")
	}
	at := p.open[len(p.open)-1]
	opener := t.code[at].verb
	p.open = p.open[:len(p.open)-1]
	switch {
	case words[0] == "else" && opener == "if":
		p.open = append(p.open, len(t.code))
		p.emit(t, instr{verb: "jump"})
	case words[0] == "else":
		return fmt.Errorf("belongs to no if")
	case opener == "while":
		p.emit(t, instr{verb: "jump", jump: at})
	}
	t.code[at].jump = len(t.code)
	return nil
}

func (p *parser) emit(t *routineText, in instr) {
	in.text, in.line = p.text, p.line
	t.code = append(t.code, in)
}

// near suggests the verb that a typing error meant.
func near(verb string) string {
	known := []string{"let", "if", "while", "assert", "else", "end"}
	for v := range forms {
		known = append(known, v)
	}
	slices.Sort(known)
	for _, v := range known {
		if spell.Distance(v, verb) <= 1+len(v)/5 {
			return fmt.Sprintf(": did you mean %q?", v)
		}
	}
	return "; the steps are " + strings.Join(known, ", ")
}

// usageOf is how a verb is written, for its error.
func usageOf(verb string) string {
	f := forms[verb]
	var words []string
	if f.obj != nothing {
		words = append(words, "the name of a "+string(f.obj))
	}
	if f.more > 0 {
		words = append(words, fmt.Sprintf("%d of: a number, acc, a name of let", f.more))
	}
	return strings.Join(words, " and ")
}
