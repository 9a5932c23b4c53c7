package link

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// What is loaded in a newer version than a go.mod asks for is taken in that version, unless the go.mod replaces it; what is loaded in an
// older one, and what is not loaded, is taken as the go.mod says.
func TestHeldVersions(t *testing.T) {
	ours, err := modfile.Parse("go.mod", []byte("module interleave\n\ngo 1.26.0\n\nrequire (\n\texample.com/shared v1.5.0\n\texample.com/ours v1.0.0\n)\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	user, err := modfile.Parse("go.mod", []byte(`module example.com/m

go 1.25

require (
	example.com/shared v1.4.0
	example.com/older v1.0.0
	example.com/newer v1.9.0
	example.com/fixed v1.0.0
)

replace example.com/fixed => ../fixed
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := filepath.Join(t.TempDir(), "go.sum")
	if err := os.WriteFile(sum, []byte("example.com/older v1.2.0 h1:abc=\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	held := holding{versions: map[string]string{"example.com/shared": "v1.5.0", "example.com/older": "v1.2.0", "example.com/newer": "v1.3.0", "example.com/fixed": "v1.7.0"},
		sums: []string{sum}}
	g := &generated{overlay: map[string]string{}}
	lifted, err := g.join(user, ours, t.TempDir(), held)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"example.com/older", "example.com/shared"}; !slices.Equal(lifted.paths(), want) || lifted["example.com/older"] != (raise{"v1.0.0", "v1.2.0"}) {
		t.Errorf("raised %v, want %v", lifted, want)
	}
	user.Cleanup()
	data, err := user.Format()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\texample.com/older v1.2.0", "example.com/older => example.com/older v1.2.0", "\texample.com/shared v1.5.0", "example.com/fixed => ../fixed", "example.com/newer v1.9.0"} {
		if !strings.Contains(string(data), line) {
			t.Errorf("no %q in\n%s", line, data)
		}
	}
	if strings.Contains(string(data), "example.com/newer =>") {
		t.Errorf("a newer version was lowered:\n%s", data)
	}
	if !slices.Contains(g.sum, "example.com/older v1.2.0 h1:abc=") {
		t.Error("the checksum of what is loaded is missing")
	}
}

// The error of a package that cannot be had names modules and versions, in one line; what only rests on those goes without saying.
func TestClashError(t *testing.T) {
	for want, loaded := range map[string][]clash{
		"example.com/a needs example.com/t v1.2.0, and v1.1.0 is loaded; restart the kernel to use it": {
			{"example.com/t/x", "example.com/t", "v1.1.0", "v1.2.0"}, {"example.com/t/y", "example.com/t", "v1.1.0", "v1.2.0"}, {"example.com/u", "example.com/u", "v1.0.0", "v1.0.0"}},
		"example.com/a needs example.com/l, which is loaded in another state; restart the kernel to use it": {{"example.com/l", "", "", ""}},
	} {
		if got := (&ClashError{[]string{"example.com/a"}, loaded}).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
