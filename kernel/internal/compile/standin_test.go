package compile

import (
	"io"
	"testing"
)

// requiring is a Packages of a module that requires others.
type requiring []string

func (requiring) Export(string) (io.ReadCloser, error) { return nil, io.EOF }
func (requiring) Packages() []Package                  { return nil }
func (r requiring) Requires(module string) bool {
	for _, m := range r {
		if m == module {
			return true
		}
	}
	return false
}

func TestStandIns(t *testing.T) {
	free, own := &Checker{packages: requiring{"example.com/x"}}, &Checker{packages: requiring{gonbPath}}
	for _, tt := range []struct {
		c          *Checker
		path, want string
		refused    bool
	}{
		{free, "fmt", "fmt", false},
		{free, "display", DisplayPath, false},
		{free, "github.com/gopherdata/gophernotes", DisplayPath, false},
		{free, gonbuiPath, DisplayPath + "/gonbui", false},
		{free, gonbuiPath + "/dom", gonbuiPath + "/dom", true},
		{free, gonbPath, gonbPath, true},
		{free, gonbPath + "x/y", gonbPath + "x/y", false},
		{own, gonbuiPath, gonbuiPath, false},
		{own, gonbuiPath + "/dom", gonbuiPath + "/dom", false},
		{own, "display", DisplayPath, false},
	} {
		if got := tt.c.Canonical(tt.path); got != tt.want {
			t.Errorf("%s is imported as %s, want %s", tt.path, got, tt.want)
		}
		if why := tt.c.NoStandIn(tt.path); (why != "") != tt.refused {
			t.Errorf("%s: %q", tt.path, why)
		}
	}
}
