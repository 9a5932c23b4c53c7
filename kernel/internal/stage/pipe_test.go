package stage

import (
	"fmt"
	"os"
	"runtime"
	"strings"
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

// FuzzSetting: whatever a setting says, the descriptors that are taken from it are those of the pipes that it names. R and W stand
// for how a setting describes the two ends of a pipe of this process.
func FuzzSetting(f *testing.F) {
	r, w, err := os.Pipe()
	if err != nil {
		f.Fatal(err)
	}
	describe := func(file *os.File) string {
		name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
		if err != nil {
			f.Fatal(err)
		}
		return fmt.Sprintf("%d %s", file.Fd(), name)
	}
	pieces := strings.NewReplacer("R", describe(r), "W", describe(w))
	for _, s := range []string{"R W", "W R", "R R", " R\tW\n", "R", "R W R", "R -W", "0R W", "R W]", "99999999999999999999 pipe:[1] W", "../fd/R W", "R \x00 W"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, template string) {
		defer runtime.KeepAlive([]*os.File{r, w}) // the collector would close them
		setting := pieces.Replace(template)
		fds, ok := readSetting(setting)
		if !ok {
			if template == "R W" {
				t.Fatalf("%q was refused", setting)
			}
			return
		}
		words := strings.Fields(setting)
		for i, fd := range fds {
			if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err != nil || name != words[2*i+1] {
				t.Fatalf("%q gives descriptor %d, which is %s, %v", setting, fd, name, err)
			}
		}
	})
}
