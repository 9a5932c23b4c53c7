package link

import (
	"path/filepath"
	"testing"
)

// TestTrimmedTypes: the base library's list holds what reflect may make and generic instances, and nothing else.
func TestTrimmedTypes(t *testing.T) {
	b := open(t, Options{Mode: Thin})
	l, err := openLibrary(filepath.Join(b.base.dir, libraryName), libraryName)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.index()
	list, err := l.typelinks()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.knownLayout(list.base); err != nil {
		t.Fatal(err)
	}
	held := map[uint64]bool{}
	for off := range list.offsets() {
		held[list.base+uint64(off)] = true
		if !l.wanted(list.base, off) {
			t.Errorf("%s is on the list", l.typeString(list.base, l.bytesAt(list.base+uint64(off), typeEnd)))
		}
	}
	t.Logf("%d of %d types", len(held), len(l.types))
	if n := len(l.types); len(held) < n/4 || len(held) > 2*n/3 {
		t.Errorf("%d of %d types are on the list", len(held), n)
	}
	for name, want := range map[string]bool{"type:func()": true, "type:[]string": true, "type:[]int": true, "type:int": false, "type:*int": false, "type:error": false} {
		if got := held[l.lookup(name).value]; got != want {
			t.Errorf("%s on the list: %v, want %v", name, got, want)
		}
	}
}
