package whole

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// listName is the file of a folder that lists the others.
const listName = "manifest"

// List says how the files of a folder were when it was made, by their slash-separated names.
type List map[string]Part

// Part is a file of a folder.
type Part struct {
	Size int64
	Sum  uint32
}

// Make lists the files of a folder and writes the list into it.
func Make(dir string) (List, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != listName {
			rel, _ := filepath.Rel(dir, path) // path is below dir
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	parts, errs := make([]Part, len(names)), make([]error, len(names))
	each(len(names), func(i int) { parts[i], errs[i] = partOf(filepath.Join(dir, names[i])) })
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	l := List{}
	for i, n := range names {
		l[n] = parts[i]
	}
	return l, WriteNote(filepath.Join(dir, listName), l.text())
}

func (l List) text() []byte {
	var b bytes.Buffer
	for _, n := range l.names() {
		fmt.Fprintf(&b, "%s\t%d\t%08x\n", n, l[n].Size, l[n].Sum)
	}
	return b.Bytes()
}

func (l List) names() []string {
	names := make([]string, 0, len(l))
	for n := range l {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Read reads the list of a folder; ok is false when it is not there or not as it was written.
func Read(dir string) (l List, ok bool) {
	text, ok := ReadNote(filepath.Join(dir, listName))
	if !ok {
		return nil, false
	}
	l = List{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 3 {
			return nil, false
		}
		size, err1 := strconv.ParseInt(f[1], 10, 64)
		sum, err2 := strconv.ParseUint(f[2], 16, 32)
		if err1 != nil || err2 != nil || !filepath.IsLocal(f[0]) {
			return nil, false
		}
		l[f[0]] = Part{size, uint32(sum)}
	}
	return l, true
}

// Is tells whether a file is there and as it was listed.
func (l List) Is(dir, name string) bool {
	want, listed := l[name]
	path := filepath.Join(dir, filepath.FromSlash(name))
	if info, err := os.Lstat(path); !listed || err != nil || info.Size() != want.Size {
		return false
	}
	got, err := partOf(path)
	return err == nil && got == want
}

// Broken names the files of a folder that are not as they were listed, and tells how all look now. note is a file in which it remembers
// that when it has read all of them: while sizes, times and places on the disk stay as they were, and the machine has not started again,
// it does not read them once more.
func (l List) Broken(dir, note string) (bad []string, looks map[string]Appearance) {
	names := l.names()
	lines := make([]string, len(names))
	looks = map[string]Appearance{}
	newest := int64(0)
	for i, n := range names {
		look, err := Look(filepath.Join(dir, filepath.FromSlash(n)))
		if err != nil || look.Size != l[n].Size {
			bad = append(bad, n)
			continue
		}
		newest = max(newest, look.Changed)
		looks[n], lines[i] = look, look.on(n)
	}
	if len(bad) > 0 {
		return bad, looks
	}
	now := fmt.Appendf(nil, "%s %x\n", boot(), sha256.Sum256([]byte(dir+"\n"+strings.Join(lines, "\n")+string(l.text()))))
	if before, ok := ReadNote(note); ok && bytes.Equal(before, now) {
		return nil, looks
	}
	var mu sync.Mutex
	each(len(names), func(i int) {
		if !l.Is(dir, names[i]) {
			mu.Lock()
			defer mu.Unlock()
			bad = append(bad, names[i])
		}
	})
	if len(bad) == 0 && time.Since(time.Unix(0, newest)) > settled {
		_ = WriteNote(note, now) // without it the files are read again
	}
	slices.Sort(bad)
	return bad, looks
}

// settled is how old a change must be before times can tell it from the next: clocks of file systems are coarse.
const settled = 2 * time.Second

// boot names this run of the machine: what it had not written when it stopped is lost, though the files look as before.
func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(id))
}

func partOf(path string) (Part, error) {
	f, err := os.Open(path)
	if err != nil {
		return Part{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Part{}, err
	}
	sum, err := sumOf(f)
	return Part{info.Size(), sum}, err
}

// Publish gives a finished folder its place, in which there is nothing or a folder that is not whole. All of it is on the disk before
// it is there.
func Publish(tmp, at string) error {
	var names []string
	err := filepath.WalkDir(tmp, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		return fmt.Errorf("publish %s: %w", at, err)
	}
	each(len(names), func(i int) { Sync(names[i]) })
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return fmt.Errorf("publish %s: %w", at, err)
	}
	old := tmp + ".old"
	defer os.RemoveAll(old)
	if err := os.Rename(at, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("publish %s: %w", at, err)
	}
	if err := os.Rename(tmp, at); err != nil {
		return fmt.Errorf("publish %s: %w", at, err)
	}
	Sync(filepath.Dir(at))
	return nil
}

// each calls f for 0 to n-1 on all processors, and more for what waits for the disk.
func each(n int, f func(int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, max(4, runtime.GOMAXPROCS(0))) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}

// on is what a file looks like, on a line.
func (a Appearance) on(name string) string {
	line := append([]byte(name), '\t')
	for _, n := range []int64{a.Size, a.Modified, a.Changed, int64(a.Inode)} {
		line = append(strconv.AppendInt(line, n, 16), ' ')
	}
	return string(line)
}

// Appearance is what the file system says of a file without reading it.
type Appearance struct {
	Size              int64
	Modified, Changed int64 // nanoseconds as in time.Time.UnixNano
	Inode             uint64
}
