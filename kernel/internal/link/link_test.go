package link

import "testing"

// repository is the root of the checkout, which is also where the installation's sources are in these tests.
const repository = "../../.."

// open makes a builder in the shared cache of the user, so that the base is built once for all runs.
func open(t testing.TB, o Options) *Builder {
	t.Helper()
	if o.Dir == "" {
		o.Dir = repository
	}
	if o.Progress == nil && testing.Verbose() {
		last := ""
		o.Progress = func(s Step) {
			if s.What != last || s.Done == s.Total {
				last = s.What
				t.Logf("%s %d/%d", s.What, s.Done, s.Total)
			}
		}
	}
	b, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

var modes = []Mode{Thin, Thick}

func each(t *testing.T, f func(t *testing.T, mode Mode)) {
	for _, m := range modes {
		t.Run(string(m), func(t *testing.T) { f(t, m) })
	}
}
