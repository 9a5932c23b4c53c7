package link

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfile has the go command read the profile as it does for a base, and looks for what the profile is for.
func TestProfile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "edges")
	cmd := exec.Command("go", "tool", "preprofile", "-i", "base.pgo", "-o", out)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go tool preprofile: %v\n%s", err, said)
	}
	edges, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range []string{
		"runtime.chansend1\nruntime.chansend\n",
		"runtime.chanrecv1\nruntime.chanrecv\n",
		"runtime.schedule\nruntime.findRunnable\n",
		"sync.(*Mutex).Lock\ninternal/sync.(*Mutex).Lock\n",
		"fmt.Sprintf\nfmt.(*pp).doPrintf\n",
		"runtime.newobject\nruntime.mallocgc\n",
	} {
		if !bytes.Contains(edges, []byte(pair)) {
			t.Errorf("the profile lacks the call %s", strings.Join(strings.Fields(pair), " → "))
		}
	}
}
