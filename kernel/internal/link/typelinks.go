package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
)

// The list of a module's types (moduledata.typelinks) serves two readers. reflect looks there for a type that it is
// about to make: SliceOf, FuncOf, MapOf. And the runtime, each time a plugin is opened, enters the whole list of
// each module into a map, to find types that a plugin has a copy of. Packages compiled with -dynlink list all of
// their types, 58,000 in the base library: 11 ms for each cell. Half of them are there for neither reader, and are
// taken off the list:
//
//   - a type with a name, unless it is an instance of a generic one, lives in its own package and nowhere else, and
//     reflect makes none;
//   - a pointer type whose element names it (Type.PtrToThis) is found from there, and a plugin's copy of it is
//     out of use: the dynamic linker binds the plugin to the library's.

// trimTypes takes off the list what nobody looks for, in the file at path, which l was read from.
func (l *library) trimTypes(path string) error {
	list, err := l.typelinks()
	if err != nil {
		return fmt.Errorf("type list of the base library: %w", err)
	}
	if err := l.knownLayout(list.base); err != nil {
		return fmt.Errorf("type list of the base library: %w", err)
	}
	var kept []byte
	for off := range list.offsets() {
		if l.wanted(list.base, off) {
			kept = le.AppendUint32(kept, off)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("trim type list: %w", err)
	}
	length := le.AppendUint64(nil, uint64(len(kept)/4))
	_, err1 := f.WriteAt(kept, int64(list.fileOffset))
	_, err2 := f.WriteAt(append(length, length...), int64(list.lengthOffset))
	if err := errors.Join(err1, err2, f.Close()); err != nil {
		return fmt.Errorf("trim type list: %w", err)
	}
	return nil
}

// typelinks is the list of a module's types: offsets from base.
type typelinks struct {
	data         []byte
	base         uint64 // address of moduledata.types
	fileOffset   uint64 // of data
	lengthOffset uint64 // of the slice's length and capacity
}

func (t *typelinks) offsets() func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		for i := 0; i < len(t.data); i += 4 {
			if !yield(le.Uint32(t.data[i:])) {
				return
			}
		}
	}
}

// typelinks finds the list without knowing the fields of moduledata: it is the slice there whose elements, added to
// one of the addresses there, are all type descriptors.
func (l *library) typelinks() (*typelinks, error) {
	section := l.file.Section(".go.module")
	if section == nil {
		return nil, errors.New("no section .go.module")
	}
	module := l.data[section.Offset : section.Offset+section.FileSize]
	var addresses []uint64
	for i := 0; i+8 <= len(module); i += 8 {
		if a := l.relative(section.Addr + uint64(i)); a != 0 {
			addresses = append(addresses, a)
		}
	}
	for i := 0; i+24 <= len(module); i += 8 {
		at, n := l.relative(section.Addr+uint64(i)), le.Uint64(module[i+8:])
		if at == 0 || n == 0 || n > 1<<24 || n != le.Uint64(module[i+16:]) {
			continue
		}
		data := l.bytesAt(at, 4*n)
		if data == nil {
			continue
		}
		for _, base := range addresses {
			t := &typelinks{data, base, l.fileOffset(at), section.Offset + uint64(i) + 8}
			all := true
			for off := range t.offsets() {
				if all = l.typeAt(base+uint64(off)) != 0; !all {
					break
				}
			}
			if all {
				return t, nil
			}
		}
	}
	return nil, errors.New("not found in the module data")
}

// wanted reports whether a type must stay on the list.
func (l *library) wanted(base uint64, off uint32) bool {
	t := l.bytesAt(base+uint64(off), typeEnd)
	if t == nil || bytes.IndexByte(l.typeString(base, t), '[') >= 0 {
		return true
	}
	if t[typeFlag]&flagNamed != 0 {
		return false
	}
	if reflect.Kind(t[typeKind]&kindMask) != reflect.Pointer {
		return true
	}
	elem := l.bytesAt(l.relative(base+uint64(off)+typeEnd), typeEnd)
	return elem == nil || le.Uint32(elem[typePtrToThis:]) != off
}

// typeString is the text of a type descriptor's name: a byte of flags, a length, and the letters.
func (l *library) typeString(base uint64, t []byte) []byte {
	at := base + uint64(le.Uint32(t[typeName:]))
	head := l.bytesAt(at, 4)
	if head == nil {
		return nil
	}
	n, size := binary.Uvarint(head[1:])
	if size <= 0 {
		return nil
	}
	return l.bytesAt(at+1+uint64(size), n)
}

// knownLayout makes sure of the fields by types that every library has.
func (l *library) knownLayout(base uint64) error {
	for _, want := range []struct {
		symbol, name string
		kind         reflect.Kind
		named        bool
	}{
		{"type:int", "*int", reflect.Int, true},
		{"type:error", "*error", reflect.Interface, true},
		{"type:[]string", "*[]string", reflect.Slice, false},
		{"type:*int", "*int", reflect.Pointer, false},
		{"type:func()", "*func()", reflect.Func, false},
	} {
		s := l.lookup(want.symbol)
		if s.section == 0 {
			return fmt.Errorf("the library lacks %s", want.symbol)
		}
		t := l.bytesAt(s.value, typeEnd)
		if t == nil {
			return fmt.Errorf("%s is not in the file", want.symbol)
		}
		name, named := string(l.typeString(base, t)), t[typeFlag]&flagNamed != 0
		if kind := reflect.Kind(t[typeKind] & kindMask); kind != want.kind || named != want.named || name != want.name && "*"+name != want.name {
			return fmt.Errorf("%s is not as expected: kind %v, named %v, %q", want.symbol, kind, named, name)
		}
	}
	i, p := l.lookup("type:int"), l.lookup("type:*int")
	if off := le.Uint32(l.bytesAt(i.value, typeEnd)[typePtrToThis:]); base+uint64(off) != p.value || l.relative(p.value+typeEnd) != i.value {
		return errors.New("type:int does not name its pointer type")
	}
	return nil
}

// lookup is the library's symbol of a Go object's name, or the zero symbol.
func (l *library) lookup(name string) symbol {
	for _, s := range spellings(name) {
		if i := l.find(s); i != 0 {
			return l.symbol(i)
		}
	}
	return symbol{}
}

// fileOffset is where in the file lies what the loaded library has at an address.
func (l *library) fileOffset(at uint64) uint64 {
	for _, s := range l.loads {
		if s.Addr <= at && at < s.Addr+s.FileSize {
			return s.Offset + at - s.Addr
		}
	}
	return 0
}
