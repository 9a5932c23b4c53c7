package link

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"interleave/kernel/internal/whole"
)

// cache is the folder that everything lies in, "link" below the cache of the program:
//
//	base/KEY/…      what is compiled ahead, one folder per toolchain and set of packages
//	plugin/KEY/…    plugins of units built on that base
//	extra/KEY/…     packages that Require found
//	mod/KEY/…       generated go.mod and go.work files
//	state/…         small files: which base belongs to which module, results of self tests, packages wanted
//	folder/KEY/…    what notebooks of a folder without a go.mod asked for; KEY is made from the folder's path and the language
//	scratch-go1.26/ the one module that all such notebooks had in earlier releases, unused
//	lock/, tmp/
//
// Every entry is made in tmp, handed over to the disk and renamed into place. What a crash of the machine or a cleaner of caches has
// done to it nevertheless is found before it is used (package whole), and what is not whole is made again. Tmp of processes that died
// is removed by the next trim.
type cache struct {
	root  string
	limit int64
}

func openCache(root string, limit int64) (*cache, error) {
	if root == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find cache folder: %w", err)
		}
		root = filepath.Join(dir, own)
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find cache folder: %w", err)
	}
	if limit == 0 {
		limit = DefaultLimit
	}
	c := &cache{root: filepath.Join(root, "link"), limit: limit}
	if err := c.folders(); err != nil {
		return nil, err
	}
	return c, nil
}

// folders makes the folders of the cache that are not there: whoever cleans up may take them away while a kernel runs.
func (c *cache) folders() error {
	if err := makePrivate(filepath.Dir(c.root)); err != nil {
		return fmt.Errorf("make cache folder: %w", err)
	}
	for _, sub := range []string{"base", "plugin", "extra", "mod", "folder", "state", "lock", "tmp"} {
		if err := os.MkdirAll(c.path(sub), 0o755); err != nil {
			return fmt.Errorf("make cache folder: %w", err)
		}
	}
	return nil
}

// makePrivate makes a folder that is the user's alone, or becomes it: plugins hold the text of cells. A folder of somebody else stays as
// it is.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = os.Chmod(dir, 0o700)
	}
	return nil
}

func (c *cache) path(elem ...string) string {
	return filepath.Join(append([]string{c.root}, elem...)...)
}

// again does what failed because a folder of the cache is gone once more, when the folders are there again.
func again[T any](c *cache, do func() (T, error)) (T, error) {
	v, err := do()
	if errors.Is(err, fs.ErrNotExist) && c.folders() == nil {
		v, err = do()
	}
	return v, err
}

// temp makes a folder of this process's own.
func (c *cache) temp(what string) (string, error) {
	dir, err := again(c, func() (string, error) {
		return os.MkdirTemp(c.path("tmp"), fmt.Sprintf("%s-%d-", what, os.Getpid()))
	})
	if err != nil {
		return "", fmt.Errorf("make temporary folder: %w", err)
	}
	return dir, nil
}

// publish gives a finished temporary folder its place, in the stead of one that is not whole.
func (c *cache) publish(tmp, at string) error {
	if err := whole.Publish(tmp, at); err != nil {
		if _, exists := os.Stat(at); exists == nil { // another process was quicker
			return nil
		}
		return fmt.Errorf("publish in cache: %w", err)
	}
	return nil
}

// lock waits for the named lock. The system frees it when the process dies.
func (c *cache) lock(name string) (unlock func(), err error) {
	f, err := again(c, func() (*os.File, error) { return os.OpenFile(c.path("lock", name), os.O_CREATE|os.O_RDWR, 0o644) })
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if err := flock(f, syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return func() { f.Close() }, nil
}

// hold marks an entry as in use by this process, until the returned file is closed.
func (c *cache) hold(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, "used"), os.O_CREATE|os.O_RDWR, 0o644)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		f, err = os.Open(dir) // it belongs to somebody else, who does not trim it by our leave
	}
	if err != nil {
		return nil, fmt.Errorf("hold cache entry: %w", err)
	}
	if err := flock(f, syscall.LOCK_SH); err != nil {
		f.Close()
		return nil, fmt.Errorf("hold cache entry: %w", err)
	}
	touch(f.Name())
	return f, nil
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func touch(name string) {
	now := time.Now()
	_ = os.Chtimes(name, now, now) // a file that is gone or not ours only ages faster
}

// entry is what trim removes at once.
type entry struct {
	path string
	size int64
	used time.Time
	held bool // a folder with a file "used" that a process may hold
}

// trim removes what has not been used for longest until the cache is within its limit. Entries that a process
// holds stay. A date that lies ahead, from when the clock was wrong, counts as the oldest: what is in use then has a later one.
func (c *cache) trim() error {
	c.sweep()
	c.sweepFolders()
	var all []entry
	var sum int64
	ahead := time.Now().Add(time.Hour) // that of a file server may be a little ahead
	add := func(e entry) {
		if e.used.After(ahead) {
			e.used = time.Time{}
		}
		all = append(all, e)
		sum += e.size
	}
	for _, kind := range []string{"base", "extra", "mod"} {
		dirs, _ := os.ReadDir(c.path(kind)) // made by openCache; gone means nothing to trim
		for _, d := range dirs {
			e := measure(c.path(kind, d.Name()))
			e.held = true
			add(e)
		}
	}
	old, _ := filepath.Glob(c.path("scratch*")) // an earlier release that is still installed uses it
	for _, dir := range old {
		e := measure(dir)
		e.held = true
		add(e)
	}
	bases, _ := os.ReadDir(c.path("plugin"))
	for _, d := range bases {
		files, _ := os.ReadDir(c.path("plugin", d.Name()))
		for _, f := range files {
			if i, err := f.Info(); err == nil {
				add(entry{path: c.path("plugin", d.Name(), f.Name()), size: i.Size(), used: i.ModTime()})
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range all {
		if sum <= c.limit {
			return nil
		}
		removed, err := c.remove(e)
		if err != nil {
			return err
		}
		if removed {
			sum -= e.size
		}
	}
	return nil
}

// remove deletes an entry that nobody holds. A folder is renamed first: it is there whole or not at all.
func (c *cache) remove(e entry) (bool, error) {
	if !e.held {
		err := os.Remove(e.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("trim cache: %w", err)
		}
		return true, nil
	}
	if f, err := os.OpenFile(filepath.Join(e.path, "used"), os.O_RDWR, 0); err == nil {
		defer f.Close()
		if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			return false, nil
		}
	}
	tmp, err := c.temp("trim")
	if err != nil {
		return false, err
	}
	if err := os.Rename(e.path, filepath.Join(tmp, "gone")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("trim cache: %w", err)
	}
	if err := os.RemoveAll(tmp); err != nil {
		return false, fmt.Errorf("trim cache: %w", err)
	}
	return true, nil
}

// sweep removes temporary folders whose process is gone.
func (c *cache) sweep() {
	dirs, _ := os.ReadDir(c.path("tmp"))
	for _, d := range dirs {
		var pid int
		name := d.Name()
		i := slices.Index([]byte(name), '-')
		if i < 0 {
			continue
		}
		if _, err := fmt.Sscanf(name[i+1:], "%d-", &pid); err != nil || pid == os.Getpid() {
			continue
		}
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(c.path("tmp", name)) // what stays is tried again
		}
	}
}

// How long what a folder's notebooks asked for is kept without use, when the folder is there and when it is not.
const (
	keptFolder = 180 * 24 * time.Hour
	goneFolder = 7 * 24 * time.Hour
)

// sweepFolders forgets what was asked for in folders that are gone, or that nobody has used for long. A folder that only cannot be reached
// for some days, on a disk that is elsewhere, loses nothing.
func (c *cache) sweepFolders() {
	dirs, _ := os.ReadDir(c.path("folder"))
	for _, d := range dirs {
		at := c.path("folder", d.Name())
		info, err := os.Stat(filepath.Join(at, "go.mod"))
		if err != nil {
			continue
		}
		r, ok := c.readRequests(at)
		unused := time.Since(info.ModTime())
		if ok && r.Folder != "" {
			if _, err := os.Stat(r.Folder); err == nil && unused < keptFolder {
				continue
			}
		}
		if unused < goneFolder {
			continue
		}
		for _, name := range c.requestNotes(at) {
			_ = os.Remove(name) // what stays is tried again
		}
		_ = os.RemoveAll(at)
	}
}

func measure(dir string) entry {
	e := entry{path: dir}
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // vanished meanwhile
		}
		if i, err := d.Info(); err == nil {
			if !d.IsDir() {
				e.size += i.Size()
			}
			if i.ModTime().After(e.used) {
				e.used = i.ModTime()
			}
		}
		return nil
	})
	return e
}

// hash names things by content.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// writeFile writes a file that is whole or not there.
func writeFile(name string, data []byte) error { return whole.Write(name, data, 0o644) }

// copyFile makes dst from src, as a hard link where both lie on one file system: files of the go command's cache are
// named by content and never written again.
func copyFile(dst, src string) error {
	if os.Link(src, dst) == nil {
		return nil
	}
	in, err := os.Open(src)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", src, err)
	}
	return nil
}
