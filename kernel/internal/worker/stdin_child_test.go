package worker

import "testing"

// Children that inherit standard input are asked for like the cell itself, and see its end.
func TestStdinOfChildren(t *testing.T) {
	w, rec := start(t, nil)
	asked := rec.answers("one", "two", "three")
	do(t, w, "ReadBelow")
	if got, want := rec.stream("stdout"), "first one\ntwo\nthree\n"; got != want || asked() != 4 {
		t.Errorf("printed %q after %d questions, want %q after 4", got, asked(), want)
	}
}

// A child that an earlier cell has left reads a file that has ended, and asks for nothing.
func TestStdinOfAChildThatIsLeft(t *testing.T) {
	w, rec := start(t, nil)
	asked := rec.answers()
	do(t, w, "ChildBehind")
	before := asked()
	do(t, w, "SleepLong")
	if n := asked() - before; n != 0 {
		t.Errorf("a later cell, which reads nothing, asked %d questions", n)
	}
}
