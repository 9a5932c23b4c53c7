// Package kernelspec writes, finds and removes the folder by which Jupyter knows a kernel: kernel.json and
// logos below a data folder's kernels/.
//
// A spec of ours carries a mark in its metadata. Install replaces only a marked one unless it is forced, and
// Remove takes only a marked one away. Folders are those of `jupyter kernelspec install`: see UserDir and
// PrefixDir. The package knows nothing of what the kernel does and starts no goroutine.
package kernelspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// DefaultName is the name gophernotes has always had, so that its notebooks open with this kernel.
const DefaultName = "gophernotes"

// Spec is the content of kernel.json.
type Spec struct {
	Argv            []string          `json:"argv"`
	DisplayName     string            `json:"display_name"`
	Language        string            `json:"language"`
	InterruptMode   string            `json:"interrupt_mode,omitempty"`
	ProtocolVersion string            `json:"kernel_protocol_version,omitempty"`
	Env             map[string]string `json:"env,omitempty"`
	Metadata        map[string]any    `json:"metadata,omitempty"`
}

// mark is the metadata key by which we know our own specs.
const mark = "interleave"

// New is the spec of our kernel, started by the program with the arguments given before the connection file.
func New(program string, args ...string) Spec {
	argv := append([]string{program}, args...)
	return Spec{
		Argv:            append(argv, "serve", "{connection_file}"),
		DisplayName:     "Go",
		Language:        "go",
		InterruptMode:   "message",
		ProtocolVersion: "5.5",
		Metadata:        map[string]any{mark: map[string]any{"kernel": "interleave"}},
	}
}

// Ours reports whether the spec was written by us.
func (s Spec) Ours() bool { _, ok := s.Metadata[mark]; return ok }

// ForeignError refuses to touch a spec that another program wrote.
type ForeignError struct {
	Dir  string
	Argv []string // of its kernel.json, empty when that cannot be read
}

func (e *ForeignError) Error() string {
	by := "another program"
	if len(e.Argv) > 0 {
		by = e.Argv[0]
	}
	return fmt.Sprintf("%s holds a kernel that is not ours (it starts %s); choose another --name, or --force to replace it", e.Dir, by)
}

// ErrNotInstalled is returned by Remove when there is nothing to remove.
var ErrNotInstalled = errors.New("no such kernel is installed")

// UserDir is the kernels folder of the user's own Jupyter data: JUPYTER_DATA_DIR, or Jupyter's default for
// the system.
func UserDir() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return filepath.Join(dir, "kernels"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find Jupyter's data folder: %w; set HOME or JUPYTER_DATA_DIR", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter", "kernels"), nil
	}
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "jupyter", "kernels"), nil
}

// PrefixDir is the kernels folder below an installation prefix, such as a venv's sys.prefix or /usr/local.
func PrefixDir(prefix string) string { return filepath.Join(prefix, "share", "jupyter", "kernels") }

var legalName = regexp.MustCompile(`^[a-z0-9._-]+$`)

// Name returns the name in the form Jupyter uses for folders, or an error when it is not a legal one.
func Name(name string) (string, error) {
	lower := strings.ToLower(name)
	if !legalName.MatchString(lower) || strings.Trim(lower, ".") == "" {
		return "", fmt.Errorf("kernel name %q: only ASCII letters, digits, '-', '_' and '.' are allowed", name)
	}
	return lower, nil
}

// Read returns the spec in a kernels folder; the error is fs.ErrNotExist when there is none.
func Read(kernels, name string) (Spec, error) {
	var s Spec
	text, err := os.ReadFile(filepath.Join(kernels, name, "kernel.json"))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return Spec{}, fmt.Errorf("read %s: %w", filepath.Join(kernels, name, "kernel.json"), err)
	}
	return s, nil
}

// Install writes the spec and its logos as kernels/name and returns that folder. An older spec of ours is
// replaced in one step; anything else there is a *ForeignError unless force is set.
func Install(kernels, name string, s Spec, force bool) (string, error) {
	name, err := Name(name)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(kernels, name)
	if err := Free(kernels, name, force); err != nil {
		return "", err
	}
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return "", fmt.Errorf("install the kernelspec: %w", err)
	}
	fresh, err := os.MkdirTemp(kernels, ".interleave-new-")
	if err != nil {
		return "", fmt.Errorf("install the kernelspec: %w", err)
	}
	defer os.RemoveAll(fresh)
	if err := write(fresh, s); err != nil {
		return "", fmt.Errorf("install the kernelspec: %w", err)
	}
	if err := swap(fresh, dir); err != nil {
		return "", fmt.Errorf("install the kernelspec: %w", err)
	}
	return dir, nil
}

// Remove deletes kernels/name if it is ours.
func Remove(kernels, name string) (string, error) {
	name, err := Name(name)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(kernels, name)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w", dir, ErrNotInstalled)
	}
	if err := mayReplace(kernels, name); err != nil {
		return "", err
	}
	return dir, os.RemoveAll(dir)
}

// Free tells whether Install may put a spec there: a *ForeignError says that it may not.
func Free(kernels, name string, force bool) error {
	name, err := Name(name)
	if err != nil || force {
		return err
	}
	return mayReplace(kernels, name)
}

// Program is the program that a spec in the folder dir starts, with Jupyter's word for that folder replaced by it; "" when it
// names none.
func (s Spec) Program(dir string) string {
	if len(s.Argv) == 0 {
		return ""
	}
	return filepath.Clean(strings.ReplaceAll(s.Argv[0], "{resource_dir}", dir))
}

// mayReplace is nil when there is nothing at kernels/name or what is there is ours.
func mayReplace(kernels, name string) error {
	dir := filepath.Join(kernels, name)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := Read(kernels, name)
	if err != nil || !s.Ours() {
		return &ForeignError{Dir: dir, Argv: s.Argv}
	}
	return nil
}

func write(dir string, s Spec) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	files := map[string][]byte{"kernel.json": append(text, '\n'), "logo-svg.svg": logoSVG()}
	for _, size := range []int{32, 64} {
		png, err := logoPNG(size)
		if err != nil {
			return err
		}
		files[fmt.Sprintf("logo-%dx%d.png", size, size)] = png
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o755) // MkdirTemp makes 0700: other users of a shared prefix must read it
}

// swap puts fresh in the place of dir. Two renames: no file system here exchanges folders portably.
func swap(fresh, dir string) error {
	old := fresh + ".old"
	switch err := os.Rename(dir, old); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		defer os.RemoveAll(old)
	}
	return os.Rename(fresh, dir)
}
