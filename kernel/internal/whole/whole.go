// Package whole tells files that are as they were written from files that are not: cut off by a crash of the machine or a full quota,
// changed by a faulty disk, removed by a cleaner of caches. It guards against accidents, not against somebody who may write to the
// folder. There are three kinds:
//
//   - a note is a small file whose first line is the checksum of the rest;
//   - a sealed file is a program or a library with its size and checksum appended, which loaders do not read;
//   - a folder has a list of its files with their sizes and checksums.
//
// It knows nothing of what the files are for, and starts no goroutine that outlives a call.
package whole

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// castagnoli is the checksum that processors compute: 60 MB take 10 ms.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum is the checksum of data.
func Sum(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

// Write is Replace, and makes the folder if there is none.
func Write(name string, data []byte, perm fs.FileMode) error {
	err := Replace(name, data, perm)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = Replace(name, data, perm)
		}
	}
	return err
}

// Replace writes a file that is as it was or holds all of data, for other processes at any moment and also when the
// machine loses its power.
func Replace(name string, data []byte, perm fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-") // only its owner may read it
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	Sync(filepath.Dir(name))
	return nil
}

// Sync hands a file or a folder over to the disk. A file system that cannot is no error: what is short is found when it is read.
func Sync(name string) {
	if f, err := os.Open(name); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// WriteNote writes a note.
func WriteNote(name string, data []byte) error {
	return Write(name, fmt.Appendf(nil, "%08x\n%s", Sum(data), data), 0o644)
}

// ReadNote reads a note; ok is false when it is not there or not as it was written.
func ReadNote(name string) (data []byte, ok bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	head, data, found := bytes.Cut(text, []byte("\n"))
	return data, found && string(head) == fmt.Sprintf("%08x", Sum(data))
}

// A seal is a word, the size of what is before it, and its checksum.
const (
	sealWord = "\x00interleave whole"
	sealSize = len(sealWord) + 8 + 4
)

// Seal appends a seal to a file.
func Seal(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	seal := binary.LittleEndian.AppendUint64([]byte(sealWord), uint64(len(data)))
	_, err = f.Write(binary.LittleEndian.AppendUint32(seal, Sum(data)))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// Sealed tells whether a file is there, sealed, and as it was then.
func Sealed(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() < int64(sealSize) {
		return false
	}
	n := info.Size() - int64(sealSize)
	seal := make([]byte, sealSize)
	if _, err := f.ReadAt(seal, n); err != nil || !bytes.HasPrefix(seal, []byte(sealWord)) || binary.LittleEndian.Uint64(seal[len(sealWord):]) != uint64(n) {
		return false
	}
	sum, err := sumOf(io.LimitReader(f, n))
	return err == nil && sum == binary.LittleEndian.Uint32(seal[len(sealWord)+8:])
}

func sumOf(r io.Reader) (uint32, error) {
	h := crc32.New(castagnoli)
	_, err := io.CopyBuffer(struct{ io.Writer }{h}, r, make([]byte, 256<<10))
	return h.Sum32(), err
}
