package link

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestTypeList: the base library's list holds what reflect may make and generic instances, and nothing else.
func TestTypeList(t *testing.T) {
	b := open(t, Options{Mode: Thin})
	l, err := openLibrary(filepath.Join(b.base.dir, libraryName), libraryName)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.index()
	base, err := l.knownTypes()
	if err != nil {
		t.Fatal(err)
	}
	listed, err := l.listed(base)
	if err != nil {
		t.Fatal(err)
	}
	held := map[uint64]bool{}
	for _, at := range listed {
		held[at] = true
		d := l.bytesAt(at, typeEnd+8)
		elem := l.bytesAt(l.relative(at+typeEnd), typeEnd)
		if name := l.typeString(base, d); !wanted(name, d, isPointer(d) && isPointer(elem)) {
			t.Errorf("%s is on the list", name)
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

// listed are the addresses of the types on the library's list.
func (l *library) listed(base uint64) ([]uint64, error) {
	module := l.lookup("runtime.firstmoduledata").value
	word := func(field string, i uint64) (uint64, error) {
		off, err := l.moduleField(field)
		if err != nil {
			return 0, err
		}
		at := module + off + 8*i
		if a := l.relative(at); a != 0 {
			return a, nil
		}
		b := l.bytesAt(at, 8)
		if b == nil {
			return 0, fmt.Errorf("%s is not in the file", field)
		}
		return le.Uint64(b), nil
	}
	types, err := word("types", 0)
	if err != nil {
		return nil, err
	}
	if types != base {
		return nil, fmt.Errorf("types begin at %#x, not %#x", types, base)
	}
	var listed []uint64
	if size, err := word("typedesclen", 0); err == nil { // Go 1.27
		for _, at := range l.types {
			if base <= at && at < base+size {
				listed = append(listed, at)
			}
		}
		return listed, nil
	}
	list, err := word("typelinks", 0)
	if err != nil {
		return nil, err
	}
	n, err := word("typelinks", 1)
	if err != nil {
		return nil, err
	}
	data := l.bytesAt(list, 4*n)
	for i := 0; i < len(data); i += 4 {
		listed = append(listed, base+uint64(le.Uint32(data[i:])))
	}
	return listed, nil
}

// moduleField is where a field of runtime.moduledata lies, by the description of the type in the library.
func (l *library) moduleField(name string) (uint64, error) {
	t := l.lookup("type:runtime.moduledata").value
	fields, head := l.relative(t+typeEnd+8), l.bytesAt(t+typeEnd+16, 8)
	if fields == 0 || head == nil {
		return 0, fmt.Errorf("runtime.moduledata is not described")
	}
	for i := range le.Uint64(head) {
		at := fields + 24*i
		n := l.relative(at)
		if b := l.bytesAt(n, uint64(2+len(name))); b != nil && int(b[1]) == len(name) && string(b[2:]) == name {
			return le.Uint64(l.bytesAt(at+16, 8)), nil
		}
	}
	return 0, fmt.Errorf("runtime.moduledata has no field %s", name)
}
