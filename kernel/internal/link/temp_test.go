package link

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKilledCommandsLeaveNothing interrupts a go command that compiles, as an interrupt of a cell does, and looks at the folders in
// which it would have left its own.
func TestKilledCommandsLeaveNothing(t *testing.T) {
	system := t.TempDir()
	t.Setenv("TMPDIR", system)
	root := t.TempDir()
	w, err := newWorkshop(t.Context(), Options{Dir: ".", Cache: root, Env: append(os.Environ(), "GOCACHE="+t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := w.list(ctx, nil, "-export", "-deps", "--", "net/http") // with an empty GOCACHE it takes a while
		ended <- err
	}()
	for seen := false; !seen; {
		select {
		case err := <-ended:
			t.Fatalf("the go command has ended before it was killed: %v", err)
		default:
			left, _ := filepath.Glob(filepath.Join(w.temp, "go-build*", "b*"))
			seen = len(left) > 0
		}
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("%v", err)
	}
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(10 * time.Millisecond) { // compilers of the killed command may still write
		if w.close(); !exists(w.temp) {
			break
		}
	}
	for _, dir := range []string{system, filepath.Join(root, "link", "tmp")} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("in %s: %v, %v", dir, left, err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
