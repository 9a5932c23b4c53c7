// Package wheel writes Python wheels of what is no Python: files that belong below the prefix of an environment, and
// programs for its bin folder. A wheel may hold a module of Python as well, for programs that find it by an entry point. The format is that of PEP 427; RECORD has a hash of every file, by which pip takes
// each of them away again. The same files give the same bytes.
//
// The package knows nothing of kernels. It reads and writes no files but the wheel and starts no goroutine.
package wheel

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Wheel is what is packed.
type Wheel struct {
	Name    string // as pip calls it; letters, digits and _
	Version string
	Tag     string // such as py3-none-manylinux2014_x86_64
	Summary string
	Python  string // which Pythons it is for, such as >=3.10; "" for all
	License string // its text, "" for none
	Entries string // entry_points.txt, "" for none
	Files   []File
}

// File is one file of an environment.
type File struct {
	Path   string // below sys.prefix, with slashes
	Text   []byte
	Script bool // it goes into the folder for programs; Path is its name alone
	Module bool // it goes beside the packages of Python; Path is its name alone
	Mode   fs.FileMode
}

// FileName is the name that the wheel must have.
func (w *Wheel) FileName() string { return fmt.Sprintf("%s-%s-%s.whl", w.Name, w.Version, w.Tag) }

// Write writes the wheel.
func (w *Wheel) Write(to io.Writer) error {
	base := w.Name + "-" + w.Version
	info := base + ".dist-info/"
	files := []File{
		{Path: info + "METADATA", Text: []byte(w.metadata()), Mode: 0o644},
		{Path: info + "WHEEL", Text: fmt.Appendf(nil, "Wheel-Version: 1.0\nGenerator: interleave\nRoot-Is-Purelib: false\nTag: %s\n", w.Tag), Mode: 0o644},
	}
	if w.License != "" {
		files = append(files, File{Path: info + "LICENSE", Text: []byte(w.License), Mode: 0o644})
	}
	if w.Entries != "" {
		files = append(files, File{Path: info + "entry_points.txt", Text: []byte(w.Entries), Mode: 0o644})
	}
	for _, f := range w.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." || (f.Script || f.Module) && strings.Contains(f.Path, "/") {
			return fmt.Errorf("write wheel: %q is no path below a prefix", f.Path)
		}
		if f.Module {
			files = append(files, f)
			continue
		}
		scheme := "data"
		if f.Script {
			scheme = "scripts"
		}
		f.Path = base + ".data/" + scheme + "/" + f.Path
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var record strings.Builder
	list := csv.NewWriter(&record)
	z := zip.NewWriter(to)
	for _, f := range files {
		if err := add(z, f); err != nil {
			return fmt.Errorf("write wheel: %w", err)
		}
		sum := sha256.Sum256(f.Text)
		list.Write([]string{f.Path, "sha256=" + base64.RawURLEncoding.EncodeToString(sum[:]), fmt.Sprint(len(f.Text))})
	}
	list.Write([]string{info + "RECORD", "", ""})
	list.Flush()
	if err := add(z, File{Path: info + "RECORD", Text: []byte(record.String()), Mode: 0o644}); err != nil {
		return fmt.Errorf("write wheel: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write wheel: %w", err)
	}
	return nil
}

func (w *Wheel) metadata() string {
	text := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: %s\n", w.Name, w.Version, w.Summary)
	if w.Python != "" {
		text += "Requires-Python: " + w.Python + "\n"
	}
	return text
}

func add(z *zip.Writer, f File) error {
	h := &zip.FileHeader{Name: f.Path, Method: zip.Deflate}
	h.SetMode(f.Mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = w.Write(f.Text)
	return err
}
