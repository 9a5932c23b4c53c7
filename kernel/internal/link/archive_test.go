package link

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seed gives a fuzz target a whole archive and broken ones.
func seed(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(arMagic))
	f.Add([]byte(arMagic + strings.Repeat(" ", arHeader)))
	f.Add([]byte(arMagic + "__.PKGDEF       0           0     0     644     99999999  `\n"))
	if found, _ := filepath.Glob(filepath.Join("testdata", "*.a")); len(found) > 0 {
		data, err := os.ReadFile(found[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
}

// Whatever the bytes, reading an archive ends with a result or an error.
func FuzzReadArchive(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readArchive(data)
		if err != nil {
			return
		}
		ignore := func(string) {}
		_ = a.references(ignore)
		_ = a.imports(ignore)
		_, _ = a.initialises(unitPath)
		a.exports()
	})
}

// Whatever the bytes, mending ends with a result or an error.
func FuzzMend(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01" + strings.Repeat("\x00", 100)))
	if data, err := os.ReadFile(filepath.Join("testdata", "go.o")); err == nil {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = mend(data, func(string) ([8]byte, bool) { return [8]byte{}, true })
		_, _ = mendProgram(data, func(string) bool { return true })
	})
}

// A stub made from a template reads as one, calls the function it was made for and imports the unit's fingerprint.
func TestStub(t *testing.T) {
	b := open(t, Options{Mode: Thin})
	key, print := strings.Repeat("k", len(stubKey)), [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	for _, entry := range []string{"R", "Run_x", strings.Repeat("Long", 50)} {
		for initialises, name := range stubNames {
			data, err := makeStub(filepath.Join(b.base.dir, name), key, entry, print)
			if err != nil {
				t.Fatal(err)
			}
			a, err := readArchive(data)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]int{}
			if err := a.references(func(n string) { found[n]++ }); err != nil {
				t.Fatal(err)
			}
			if found[unitPath+"."+entry] != 1 || found[unitPath+"."+stubEntry] != 0 || (found[unitPath+"..inittask"] == 1) != initialises {
				t.Errorf("%s, %s: refers to %v", name, entry, found)
			}
		}
	}
	if _, err := makeStub(filepath.Join(b.base.dir, stubNames[true]), "short", "R", print); err == nil {
		t.Error("a key of another length was taken")
	}
}
