package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SyntaxError is a mistake in the step language. Its text names the line and the cure.
type SyntaxError struct {
	Line int    // from 1
	Text string // the line as written
	Cure string // what is wrong and what to write
}

func (e *SyntaxError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Cure)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Text, e.Cure)
}

// Parse reads a program in the step language, see [Syntax]. Lines hold one statement, or several separated by
// semicolons; # and // begin a comment. The error is a *[SyntaxError].
func Parse(src string) (*Program, error) {
	p := &parser{sorts: map[string]sort{}}
	for i, text := range strings.Split(src, "\n") {
		if i == maxLines {
			return nil, &SyntaxError{i + 1, "", fmt.Sprintf("a program has at most %d lines", maxLines)}
		}
		text, _, _ = strings.Cut(text, "#")
		text, _, _ = strings.Cut(text, "//")
		p.line = i + 1
		for statement := range strings.SplitSeq(text, ";") {
			words := strings.Fields(statement)
			if len(words) == 0 {
				continue
			}
			p.text = strings.Join(words, " ")
			if err := p.statement(words); err != nil {
				return nil, &SyntaxError{p.line, p.text, err.Error()}
			}
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return Define(p.script().setup), nil
}

// MustParse is Parse for programs written in the source; it panics on a mistake.
func MustParse(src string) *Program {
	p, err := Parse(src)
	if err != nil {
		panic("schedule: " + err.Error())
	}
	return p
}

// parser collects declarations and threads line by line.
type parser struct {
	line    int
	text    string
	sorts   map[string]sort
	decls   []decl
	threads []routineText
	ensures []*condition
	open    []int           // instructions of if, else and while whose end has not come
	lets    map[string]bool // names of let in this thread
}

// decl is a shared thing.
type decl struct {
	sort  sort
	name  string
	value int
	lock  string // of a condition variable
}

// routineText is what one or more threads do.
type routineText struct {
	name   string
	copies int
	code   []instr
}

func (p *parser) statement(words []string) error {
	switch words[0] {
	case "var", "mutex", "sem", "chan", "cond":
		return p.declare(words)
	case "thread", "threads":
		return p.heading(words)
	case "ensure":
		return p.ensure(words[1:])
	}
	if len(p.threads) == 0 {
		return fmt.Errorf("belongs to no thread: write a line %q above it", "thread")
	}
	return p.step(words)
}

func (p *parser) declare(words []string) error {
	d := decl{sort: map[string]sort{"var": variable, "mutex": mutex, "sem": sem, "chan": channel, "cond": cond}[words[0]]}
	usage := map[sort]string{variable: "var n = 0", mutex: "mutex m", sem: "sem s = 1", channel: "chan c = 2", cond: "cond cv m"}[d.sort]
	rest := words[1:]
	switch {
	case len(rest) == 0 || !isName(rest[0]):
		return fmt.Errorf("needs a name: write %s", usage)
	case len(rest) == 1 && d.sort != cond && d.sort != sem:
	case len(rest) == 2 && d.sort == cond && isName(rest[1]):
		d.lock = rest[1]
		if err := p.use(d.lock, mutex); err != nil {
			return err
		}
	case len(rest) == 3 && rest[1] == "=" && d.sort != cond && d.sort != mutex:
		n, err := strconv.Atoi(rest[2])
		if err != nil || d.sort != variable && (n < 0 || n > 1000) {
			return fmt.Errorf("%s is not a number that fits here: write %s", rest[2], usage)
		}
		d.value = n
	default:
		return fmt.Errorf("write %s", usage)
	}
	d.name = rest[0]
	if _, ok := p.sorts[d.name]; ok || d.name == "acc" {
		return fmt.Errorf("%s is declared or used above: declare it once, before its first use", d.name)
	}
	p.sorts[d.name] = d.sort
	p.decls = append(p.decls, d)
	return nil
}

// use makes sure that a name is of a sort, and declares it when it is new and needs no details.
func (p *parser) use(name string, want sort) error {
	if !isName(name) {
		return fmt.Errorf("%q is not a name of a %s: names are letters and digits", name, want)
	}
	if name == "acc" {
		return fmt.Errorf("acc is the thread's own value, not a %s: choose another name", want)
	}
	have, ok := p.sorts[name]
	switch {
	case p.lets[name]:
		return fmt.Errorf("%s is a name of let in this thread, not a %s: use another name", name, want)
	case ok && have == want:
		return nil
	case ok:
		return fmt.Errorf("%s is a %s, not a %s: use another name", name, have, want)
	case want == sem:
		return fmt.Errorf("semaphore %s has no first value: write sem %s = 1 above the threads", name, name)
	case want == cond:
		return fmt.Errorf("%s belongs to no lock: write cond %s m above the threads", name, name)
	}
	p.sorts[name] = want
	p.decls = append(p.decls, decl{sort: want, name: name})
	return nil
}

func (p *parser) heading(words []string) error {
	if err := p.endThread(); err != nil {
		return err
	}
	t := routineText{copies: 1}
	if words[0] == "threads" {
		n := 0
		if len(words) == 2 {
			n, _ = strconv.Atoi(words[1])
		}
		if n < 1 || n > maxThreads {
			return fmt.Errorf("write threads 2 (1 to %d)", maxThreads)
		}
		t.copies = n
	} else {
		t.name = strings.TrimSuffix(strings.Join(words[1:], " "), ":")
	}
	p.threads = append(p.threads, t)
	p.lets = map[string]bool{}
	total := 0
	for _, t := range p.threads {
		total += t.copies
	}
	if total > maxThreads {
		return fmt.Errorf("this makes %d threads: at most %d", total, maxThreads)
	}
	return nil
}

func (p *parser) ensure(words []string) error {
	c, err := parseCondition(words)
	if err != nil {
		return err
	}
	for _, t := range slices.Concat(c.left, c.right) {
		if t.name == "" {
			continue
		}
		if err := p.use(t.name, variable); err != nil {
			return err
		}
	}
	p.ensures = append(p.ensures, c)
	return nil
}

func (p *parser) endThread() error {
	if len(p.open) > 0 {
		t := p.threads[len(p.threads)-1]
		return fmt.Errorf("%q of the thread above has no end: write end", t.code[p.open[len(p.open)-1]].text)
	}
	return nil
}

func (p *parser) finish() error {
	if err := p.endThread(); err != nil {
		return &SyntaxError{p.line, "", err.Error()}
	}
	if len(p.threads) == 0 {
		return &SyntaxError{1, "", "no thread: write a line \"thread\" and its steps below it"}
	}
	return nil
}
