package whole

import (
	"io/fs"
	"os"
	"syscall"
)

// Look looks at a file without reading it.
func Look(name string) (Appearance, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return Appearance{}, err
	}
	if !info.Mode().IsRegular() {
		return Appearance{}, &fs.PathError{Op: "look", Path: name, Err: fs.ErrInvalid}
	}
	a := Appearance{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		a.Changed, a.Inode = st.Ctim.Nano(), st.Ino
	}
	return a, nil
}
