package schedule

import "strconv"

// script is a parsed program. It is never changed once made.
type script struct {
	decls   []decl
	threads []routineText
	ensures []*condition
}

func (p *parser) script() *script { return &script{p.decls, p.threads, p.ensures} }

// setup builds a machine: variables first, then locks, then the rest, each in order of appearance.
func (s *script) setup(m *Machine) {
	m.plain = s.plain()
	objects := map[string]object{}
	for _, d := range s.ordered() {
		switch d.sort {
		case variable:
			objects[d.name] = m.Int(d.name, d.value)
		case mutex:
			objects[d.name] = m.Mutex(d.name)
		case sem:
			objects[d.name] = m.Sem(d.name, d.value)
		case channel:
			objects[d.name] = m.Chan(d.name, d.value)
		case cond:
			objects[d.name] = m.Cond(d.name, objects[d.lock].(*Mutex))
		}
	}
	for _, e := range s.ensures {
		m.Ensure(e.text, func() bool {
			return e.holds(func(name string) int { return objects[name].(*Int).value })
		})
	}
	for _, t := range s.threads {
		for range t.copies {
			m.start(t.name, &reader{code: t.code, objects: objects})
		}
	}
}

// plain reports whether the program is as the talk's: one variable, at most one lock and nothing else.
func (s *script) plain() bool {
	count := map[sort]int{}
	for _, d := range s.decls {
		count[d.sort]++
	}
	for _, t := range s.threads {
		for _, in := range t.code {
			switch in.verb {
			case "read", "write", "add", "call lock", "lock", "call unlock", "unlock":
			default:
				return false
			}
		}
	}
	return count[variable] == 1 && count[mutex] <= 1 && len(s.decls) == count[variable]+count[mutex]
}

func (s *script) ordered() []decl {
	var out []decl
	for _, group := range [][]sort{{variable}, {mutex}, {sem, channel, cond}} {
		for _, d := range s.decls {
			for _, g := range group {
				if d.sort == g {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// reader is a thread of a script as a source of operations.
type reader struct {
	code    []instr
	objects map[string]object
	at      int
	started bool
	acc     int
	lets    map[string]int
}

func (r *reader) stop() {}

func (r *reader) advance(result int) (op, bool, string) {
	if r.started {
		if fault := r.finish(&r.code[r.at], result); fault != "" {
			return op{}, false, fault
		}
	}
	r.started = true
	for r.at < len(r.code) && r.code[r.at].verb == "jump" {
		r.at = r.code[r.at].jump
	}
	if r.at >= len(r.code) {
		return op{}, false, ""
	}
	return r.op(&r.code[r.at]), true, ""
}

// finish does what a statement does to its own thread, and moves on.
func (r *reader) finish(in *instr, result int) (fault string) {
	r.at++
	switch in.verb {
	case "read", "recv", "atomic add", "cas":
		r.acc = result
	case "set":
		r.acc = r.get(in.args[0])
	case "add":
		r.acc += r.get(in.args[0])
	case "sub":
		r.acc -= r.get(in.args[0])
	case "let":
		if r.lets == nil {
			r.lets = map[string]int{}
		}
		r.lets[in.args[0]] = r.acc
	case "if", "while", "assert":
		holds := in.cond.holds(func(name string) int {
			if name == in.cond.shared {
				return result
			}
			return r.get(name)
		})
		switch {
		case holds:
		case in.verb == "assert":
			return "line " + strconv.Itoa(in.line) + ": " + in.text + " does not hold"
		default:
			r.at = in.jump
		}
	}
	return ""
}

// op is a statement as an operation, with the operands it has now.
func (r *reader) op(in *instr) op {
	o := op{kind: in.kind, text: in.text, a: r.acc}
	if in.name != "" {
		o.obj = r.objects[in.name]
	}
	switch in.verb {
	case "atomic add", "add":
		o.a = r.get(in.args[0])
	case "cas":
		o.a, o.b = r.get(in.args[0]), r.get(in.args[1])
	}
	return o
}

// get is the value of an operand: a number, acc or a name of let.
func (r *reader) get(name string) int {
	if name == "acc" {
		return r.acc
	}
	if n, err := strconv.Atoi(name); err == nil {
		return n
	}
	return r.lets[name]
}
