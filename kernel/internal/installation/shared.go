package installation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Shared is the folder that holds the versions installed below a prefix, for everybody who can read it. A wheel's files lie
// in the folder itself.
func Shared(prefix string) string { return filepath.Join(prefix, "share", "interleave") }

// Of is the installation that a program belongs to.
func Of(program string) (*Installation, bool) {
	i := at(filepath.Dir(filepath.Dir(program)))
	return i, i.Program == program && isModule(i.Sources)
}

// prepared is the folder in an installation for what all its users need and would otherwise make each for themselves.
const prepared = "prepared"

// Prepared is the folder for what all users of the installation share. It need not be there.
func (i *Installation) Prepared() string { return filepath.Join(i.Dir, prepared) }

// Writable tells whether files can be made below dir, which need not be there yet. The error is a sentence that says what to
// do.
func Writable(dir string) error {
	at := dir
	info, err := os.Stat(at)
	for errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	switch {
	case errors.Is(err, syscall.ENOTDIR) || err == nil && !info.IsDir():
		return fmt.Errorf("%s cannot be a folder, as a file is in its way: choose another place", dir)
	case err != nil:
		return fmt.Errorf("cannot write below %s: %w: choose another place", at, err)
	}
	err = unix.Access(at, unix.W_OK|unix.X_OK)
	switch {
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("cannot write into %s: its file system is mounted read-only: choose another place, or mount it writable", at)
	case err != nil:
		return fmt.Errorf("cannot write into %s, which belongs to %s: run this as that user (root: with sudo), or choose another place", at, owner(info))
	}
	return nil
}

// owner is the name of a file's user, or the number when it has no name.
func owner(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "another user"
	}
	id := strconv.FormatUint(uint64(st.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}

// Closed is the first folder on the way to path that only its owner, or its owner's group, can enter; "" when there is none.
func Closed(path string) string {
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && info.Mode().Perm()&0o001 == 0 {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// Share lets everybody read what lies below dir, whatever the umask was when it was made. Files of other users stay as they are.
func Share(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := info.Mode().Perm()&0o755 | 0o444
		if want&0o100 != 0 {
			want |= 0o111
		}
		if want == info.Mode().Perm() {
			return nil
		}
		if err := os.Chmod(path, want); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		return nil
	})
}

// RemoveEmpty removes a folder when nothing is in it.
func RemoveEmpty(dir string) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 {
		_ = os.Remove(dir) // an empty folder more harms nobody
	}
}
