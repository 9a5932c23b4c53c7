package link

import (
	"os"
	"path/filepath"
	"strings"
)

// place is what the go command finds for a folder: the files that govern it, "" for one that there is not.
type place struct {
	gomod, gowork string
}

// locate finds what governs a folder by the rules of the go command. It takes a few system calls, where the go command takes tens of
// milliseconds, so a go.mod or go.work that comes or goes while a notebook is open is seen at its next import.
func (t *Toolchain) locate(dir string) place {
	var p place
	p.gomod = above(dir, "go.mod", "")
	if p.gomod != "" && sameFolder(filepath.Dir(p.gomod), os.TempDir()) { // the go command takes no notice of one there
		p.gomod = ""
	}
	switch t.work {
	case "off":
	case "", "auto":
		p.gowork = above(dir, "go.work", t.Root)
	default:
		p.gowork = t.work
	}
	return p
}

// above finds a file in a folder or in the nearest one above it; it does not leave the folder border for the one above that.
func above(dir, name, border string) string {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		at := filepath.Join(dir, name)
		if info, err := os.Stat(at); err == nil && !info.IsDir() {
			return at
		}
		if up := filepath.Dir(dir); up == dir || up == border {
			return ""
		}
	}
}

func sameFolder(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// namedWork is GOWORK as the user has set it, in the environment or by go env -w in the file that GOENV names: what go env says is what
// it found.
func namedWork(env []string, goenv string) string {
	if v := getenv(env, "GOWORK"); v != "" {
		return v
	}
	data, err := os.ReadFile(goenv) // "off", and a file that is not there, set nothing
	if err != nil {
		return ""
	}
	work := ""
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "GOWORK="); ok {
			work = v
		}
	}
	return work
}
