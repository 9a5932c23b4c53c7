package schedule

import (
	"fmt"
	"strings"
)

// Words are a table's language.
type Words struct {
	Thread    string // heading of a thread without a name, before its number
	Value     string // heading of the only variable
	LockState string // heading of the only lock

	ReadOnly, WriteOnly        string // reading and writing the only variable
	Read, Write, Add           string // formats: the variable's name, the number
	CallLock, Lock             string // the only lock
	CallUnlock, Unlock         string
	Unlocked, Locked, LockedBy string // LockedBy is a format: who
	Waiting, Closed, Broken    string // Broken is a format: what does not hold
	Steps, End, Hidden         string
	Outcome, Count, Example    string
}

// English is the default.
func English() Words {
	return Words{
		Thread: "Thread", Value: "Integer value", LockState: "Lock state",
		ReadOnly: "read value", WriteOnly: "write back",
		Read: "read %s", Write: "write %s", Add: "add %d",
		CallLock: "acquire lock", Lock: "lock acquired", CallUnlock: "release lock", Unlock: "lock released",
		Unlocked: "unlocked", Locked: "locked", LockedBy: "locked by %s",
		Waiting: "waiting:", Closed: "closed", Broken: "%s does not hold",
		Steps: "Schedule", End: "end", Hidden: "?",
		Outcome: "Outcome", Count: "Schedules", Example: "For example",
	}
}

// Indonesian is the language of the talk that this project re-tells. Locks keep their English terms, as there.
func Indonesian() Words {
	w := English()
	w.Value = "Nilai integer"
	w.ReadOnly, w.WriteOnly = "baca nilai", "tulis kembali"
	w.Read, w.Write, w.Add = "baca %s", "tulis %s", "tambahkan %d"
	w.Waiting, w.Closed, w.Broken = "menunggu:", "ditutup", "%s tidak berlaku"
	w.Steps, w.End = "Jadwal", "akhir"
	w.Outcome, w.Count, w.Example = "Hasil", "Jumlah jadwal", "Contoh"
	return w
}

func (w Words) threadName(n int) string { return fmt.Sprintf("%s %d", w.Thread, n) }

// heading is a column's title.
func (m *Machine) heading(c column, w Words) string {
	if m.plain {
		if _, ok := c.(*Mutex); ok {
			return w.LockState
		}
		return w.Value
	}
	return c.title()
}

// label is a thread's next step in a reader's words.
func (m *Machine) label(t *thread, w Words) string {
	o := t.next
	if t.relock != nil {
		o = op{kind: opLock, obj: t.relock}
	}
	var name string
	if c, ok := o.obj.(column); ok {
		name = c.title()
	}
	if m.plain {
		if s := m.talk(o.kind, w); s != "" {
			return s
		}
	}
	switch {
	case o.kind == opRead:
		return fmt.Sprintf(w.Read, name)
	case o.kind == opWrite:
		return fmt.Sprintf(w.Write, name)
	case o.kind == opAdd && strings.HasPrefix(o.text, "add"):
		return fmt.Sprintf(w.Add, o.a)
	case o.text != "":
		return o.text
	case o.kind == opAtomicAdd:
		return fmt.Sprintf("%s %s %d", names[o.kind], name, o.a)
	case o.kind == opCAS:
		return fmt.Sprintf("%s %s %d %d", names[o.kind], name, o.a, o.b)
	case o.kind == opSend:
		return fmt.Sprintf("%s %s %d", names[o.kind], name, o.a)
	}
	return names[o.kind] + " " + name
}

// talk is a step in the talk's words; "" if it has none.
func (m *Machine) talk(k kind, w Words) string {
	return map[kind]string{opRead: w.ReadOnly, opWrite: w.WriteOnly, opCallLock: w.CallLock, opLock: w.Lock,
		opCallUnlock: w.CallUnlock, opUnlock: w.Unlock}[k]
}
