package revision

import (
	"testing"

	"golang.org/x/mod/module"
)

func TestPath(t *testing.T) {
	for n, want := range map[int]string{1: "example.com/m/p", 2: "example.com/m/p/revision+2", 12: "example.com/m/p/revision+12"} {
		got := Path("example.com/m/p", n)
		if got != want {
			t.Errorf("revision %d is %s, want %s", n, got, want)
		}
		if err := module.CheckImportPath(got); err != nil {
			t.Errorf("the go command refuses revision %d: %v", n, err)
		}
		if Is(got) != (n > 1) || Plain(got) != "example.com/m/p" {
			t.Errorf("revision %d: Is says %t, Plain %s", n, Is(got), Plain(got))
		}
	}
	if got := Plain("m/p/revision+2.F calls m/q/revision+31/q.go:3, a/+b and 1 /+ 2"); got != "m/p.F calls m/q/q.go:3, a/+b and 1 /+ 2" {
		t.Errorf("Plain: %s", got)
	}
}
