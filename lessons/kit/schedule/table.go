package schedule

import "fmt"

// Table is a run as a reader sees it: a column a thread, then one a shared thing; a row a step. It holds text
// only. Its zero value is empty.
type Table struct {
	Header  []string
	Rows    [][]string // the first is the start
	Caption string     // the schedule and how it ended
	Failing bool       // the run shows a bug
	Threads int        // how many columns are threads
	Who     []int      // the thread of each row, from 1; 0 for the start and for who waits at the end

	words Words
}

// Table lays the run out. Without words it is in English.
func (r *Run) Table(words ...Words) *Table {
	w := English()
	if len(words) > 0 {
		w = words[0]
	}
	m := r.program.boot()
	defer m.close()
	t := &Table{Threads: len(m.threads), words: w, Failing: r.End.Failing()}
	for _, th := range m.threads {
		t.Header = append(t.Header, nameOr(th, w))
	}
	for _, c := range m.columns {
		t.Header = append(t.Header, m.heading(c, w))
	}
	t.add(m, 0, "")
	for _, n := range r.Schedule {
		th := m.threads[n-1]
		label := m.label(th, w)
		m.step(n)
		if th.parked { // the step was to go to sleep
			label += " …"
		}
		t.add(m, n, label)
	}
	if r.End == Deadlock {
		t.addWaiting(m)
	}
	t.Caption = w.Steps + " " + r.Schedule.String() + ": " + r.summary(w)
	return t
}

func (t *Table) add(m *Machine, who int, label string) {
	row := make([]string, len(t.Header))
	if who > 0 {
		row[who-1] = label
	}
	for i, c := range m.columns {
		row[t.Threads+i] = arrows[c.arrow()] + c.cell(t.words)
	}
	t.Rows, t.Who = append(t.Rows, row), append(t.Who, who)
}

// addWaiting shows what each thread waits for when none can go on.
func (t *Table) addWaiting(m *Machine) {
	row := make([]string, len(t.Header))
	for _, th := range m.unfinished() {
		row[th.number-1] = t.words.Waiting + " " + m.label(th, t.words)
	}
	t.Rows, t.Who = append(t.Rows, row), append(t.Who, 0)
}

// summary is how a run ended, in a few words.
func (r *Run) summary(w Words) string {
	switch {
	case r.broken != "":
		return fmt.Sprintf(w.Broken, r.broken) + ": " + r.Outcome
	case r.End == Deadlock:
		return "deadlock"
	case r.Reason != "":
		return r.Reason
	case r.End == Finished && r.Outcome != "":
		return r.Outcome
	case r.Outcome == "":
		return string(r.End)
	}
	return string(r.End) + ", " + r.Outcome
}
