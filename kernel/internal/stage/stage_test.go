package stage

import "testing"

// TestOnShow: of two cells that are measured at the same time, as one that was interrupted and the next, the end of the
// first leaves the second its hook.
func TestOnShow(t *testing.T) {
	var log string
	hook := func(name string) func() {
		return OnShow(func() func() { log += "(" + name; return func() { log += ")" } })
	}
	show := func() { Show(func() { log += " shown " }) }
	stopFirst := hook("first")
	show()
	stopSecond := hook("second")
	stopFirst()
	show()
	stopSecond()
	show()
	if want := "(first shown )(second shown ) shown "; log != want {
		t.Errorf("%q, want %q", log, want)
	}
}
