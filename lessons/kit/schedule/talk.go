package schedule

// RaceTable is the talk's first table: two threads add 1 to a variable without a lock, step by step in turn,
// and one of the two is lost. Of the program's 20 schedules 2 give 2.
func RaceTable() *Run { return talkRun(Race(), "1 2 1 2 1 2") }

// LockTable is the talk's second table: the same with a lock.
func LockTable() *Run { return talkRun(Locked(), "1 1 2 1 1 1 1 1 2 2 2 2 2 2") }

// Race is a counter that two threads add 1 to without a lock.
func Race() *Program {
	return MustParse(`
		var n = 0
		threads 2
		  read n
		  add 1
		  write n
		ensure n == 2`)
}

// Locked is the counter with a lock. Asking for the lock and having it are two steps, and so are giving it
// back and having given it back, as in the talk.
func Locked() *Program {
	return MustParse(`
		var n = 0
		mutex m
		threads 2
		  call lock m
		  lock m
		  read n
		  add 1
		  write n
		  call unlock m
		  unlock m
		ensure n == 2`)
}

// talkRun replays a schedule that the program is known to have.
func talkRun(p *Program, s string) *Run {
	r, err := p.Replay(s)
	if err != nil {
		panic(err)
	}
	return r
}
