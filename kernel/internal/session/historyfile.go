package session

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// historyFile holds entries as one JSON object a line. Kernels share it: each access opens and locks it
// anew. The line that begins a session has no input; it takes the session's number.
type historyFile struct {
	path string
}

// historySize is how large the file may be when a session begins; if it is larger the older half goes.
const historySize = 4 << 20

// open reads all entries, ordered by session and line, and takes the next session number. When that cannot be written, as on a full or
// read-only disk, what could be read is returned with the error.
func (f *historyFile) open() (past []entry, session int, err error) {
	session = 1
	err = f.locked(func(file *os.File) error {
		content, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		past, session = parseHistory(content)
		if len(content) > historySize {
			content = newerHalf(content)
			if err := rewrite(file, content); err != nil {
				return err
			}
			past, session = parseHistory(content)
		}
		return writeEntries(file, []entry{{Session: session}}, len(content) > 0 && content[len(content)-1] != '\n')
	})
	if err == nil {
		return past, session, nil
	}
	if content, e := os.ReadFile(f.path); e == nil && past == nil {
		past, session = parseHistory(content)
	}
	return past, session, fmt.Errorf("open history: %w", err)
}

// append adds all entries or, as on a full disk, none.
func (f *historyFile) append(entries []entry) error {
	err := f.locked(func(file *os.File) error { return writeEntries(file, entries, false) })
	if err != nil {
		return fmt.Errorf("append to history: %w", err)
	}
	return nil
}

func (f *historyFile) locked(do func(*os.File) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil { // closing unlocks
			err = e
		}
	}()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return do(file)
}

// writeEntries adds entries in one call; newline says that the line before was left unfinished.
func writeEntries(file *os.File, entries []entry, newline bool) error {
	var b bytes.Buffer
	if newline {
		b.WriteByte('\n')
	}
	e := json.NewEncoder(&b)
	for _, entry := range entries {
		if err := e.Encode(entry); err != nil {
			return err
		}
	}
	before, err := file.Stat()
	if err != nil {
		return err
	}
	if _, err := file.Write(b.Bytes()); err != nil {
		return errors.Join(err, file.Truncate(before.Size()))
	}
	return nil
}

// rewrite puts content, which is shorter than what is there, in its place. It takes no room that the file has not, and
// what it does not get to write stays as it was.
func rewrite(file *os.File, content []byte) error {
	from, err := os.OpenFile(file.Name(), os.O_WRONLY, 0) // file appends
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := from.WriteAt(content, 0); err != nil {
		return err
	}
	return from.Truncate(int64(len(content)))
}

// newerHalf drops the older lines.
func newerHalf(content []byte) []byte {
	content = content[len(content)-historySize/2:]
	return content[bytes.IndexByte(content, '\n')+1:]
}

// parseHistory reads the lines of a file, leaving out what it cannot read, and the number of the next session.
func parseHistory(content []byte) (entries []entry, next int) {
	for line := range bytes.Lines(content) {
		var e entry
		if json.Unmarshal(line, &e) != nil || e.Session < 1 {
			continue
		}
		next = max(next, e.Session)
		if e.Line > 0 {
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Session, b.Session), cmp.Compare(a.Line, b.Line))
	})
	return entries, next + 1
}
