package stage

import (
	"os"
	"testing"
)

// TestDescribe is about a setting that describes pipes, and settings that describe none of this process.
func TestDescribe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	setting, err := Describe(int(r.Fd()), r, int(w.Fd()), w)
	if err != nil {
		t.Fatal(err)
	}
	setting = setting[len(environment+"="):]
	if openPipes(setting) == nil {
		t.Errorf("%q: no sink", setting)
	}
	other, _ := Describe(int(w.Fd()), r, int(w.Fd())+1000, w)
	for _, s := range []string{"", "3", "a b c d", "-1 pipe:[1] -1 pipe:[1]", "0 pipe:[0] 1 pipe:[0]", other[len(environment+"="):]} {
		if openPipes(s) != nil {
			t.Errorf("%q: a sink", s)
		}
	}
}
