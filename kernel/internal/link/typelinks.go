package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Each module has a list of types. It serves two readers. reflect looks there for a type that it is about to make:
// SliceOf, FuncOf, MapOf. And the runtime, each time a plugin is opened, enters the whole list of each module into a
// map, to find types that a plugin has a copy of. Packages compiled with -dynlink list all of their types, 58,000 in
// the base library: 11 ms for each cell. Half of them are there for neither reader, and are taken off the list:
//
//   - a type with a name, unless it is an instance of a generic one, lives in its own package and nowhere else, and
//     reflect makes none;
//   - a pointer type whose element names it (Type.PtrToThis) is found from there, and a plugin's copy of it is
//     out of use: the dynamic linker binds the plugin to the library's. The compiler lets every element name its
//     pointer type, unless the element is itself a pointer.
//
// What form the list has depends on the release: offsets in a section of their own (Go 1.26), or the first part of
// the type descriptors themselves, which the linker puts in front (Go 1.27). In both the linker lists the symbols
// that the compiler has marked. So the mark is what is removed, in a copy of the object files, and the linker does the rest.

// unlist removes the mark from the types that nobody looks for, in the archive's own memory, and counts them.
func (a *archive) unlist() (n int, err error) {
	defer func() {
		if r := recover(); r != nil { // an index out of an object with another layout
			n, err = 0, fmt.Errorf("mark types: unexpected layout: %v", r)
		}
	}()
	for _, o := range a.objects {
		m, err := object(o).unlist()
		if err != nil {
			return 0, fmt.Errorf("mark types: %w", err)
		}
		n += m
	}
	return n, nil
}

func (o object) unlist() (n int, err error) {
	pointers := map[string]bool{}
	err = o.types(func(name string, _, t []byte) {
		if isPointer(t) {
			pointers[name] = true
		}
	})
	if err != nil {
		return 0, err
	}
	return n, o.types(func(name string, entry, t []byte) {
		if entry[symbolFlag]&flagTypelink != 0 && !wanted(name, t, pointers[strings.TrimPrefix(name, "*")]) {
			entry[symbolFlag] &^= flagTypelink
			n++
		}
	})
}

// types calls see with the name, the symbol's entry and the descriptor of each type that the object defines.
func (o object) types(see func(name string, entry, t []byte)) error {
	index, _, err := o.block(blockDataIndex)
	if err != nil {
		return err
	}
	data, _, err := o.block(blockData)
	if err != nil {
		return err
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint32(o[index+4*i:])) }
	symbol := 0
	for block := blockSymDef; block <= blockNonPkgDef; block++ {
		from, to, err := o.block(block)
		if err != nil {
			return err
		}
		for at := from; at+symbolSize <= to; at += symbolSize {
			i := symbol
			symbol++
			name, err := o.text(at)
			if err != nil {
				return err
			}
			entry, t := o[at:at+symbolSize], o[data+word(i):data+word(i+1)]
			if !isType(name) {
				if entry[symbolFlag]&flagTypelink != 0 {
					return fmt.Errorf("%s is marked as a type: %w", name, errObject)
				}
				continue
			}
			if len(t) < typeEnd {
				return fmt.Errorf("%s is too short for a type: %w", name, errObject)
			}
			see(strings.TrimPrefix(name, "type:"), entry, t)
		}
	}
	return nil
}

// isType tells whether a symbol is a type descriptor. type:.eq.T and the like are functions.
func isType(symbol string) bool {
	return strings.HasPrefix(symbol, "type:") && !strings.HasPrefix(symbol, "type:.")
}

func isPointer(t []byte) bool { return reflect.Kind(t[typeKind]&kindMask) == reflect.Pointer }

// wanted reports whether a type must stay on the list. t is its descriptor. A type with a name and the pointer to it come
// from one package, so that whether its element is a pointer can be told there.
func wanted(name string, t []byte, toPointer bool) bool {
	switch {
	case strings.Contains(name, "["):
		return true
	case t[typeFlag]&flagNamed != 0:
		return false
	}
	return !isPointer(t) || toPointer || strings.HasPrefix(name, "**")
}

// checkTypes makes sure, in the linked library, of what the list was shortened by: the fields of a type descriptor,
// and that pointer types that are not listed are found from their elements.
func (l *library) checkTypes() error {
	base, err := l.knownTypes()
	if err != nil {
		return err
	}
	for i, at := range l.types {
		t := l.bytesAt(at, typeEnd+8)
		if t == nil || !isPointer(t) {
			continue
		}
		name, elem := l.typeString(base, t), l.bytesAt(l.relative(at+typeEnd), typeEnd)
		if elem != nil && wanted(name, t, isPointer(elem)) || t[typeFlag]&flagNamed != 0 {
			continue
		}
		if elem == nil || base+uint64(le.Uint32(elem[typePtrToThis:])) != at {
			return fmt.Errorf("%s (%s) is not found from its element", l.symbol(l.typeSym[i]).name, name)
		}
	}
	return nil
}

// typeString is the text of a type descriptor's name: a byte of flags, a length, and the letters, behind a star that does not
// count if the descriptor says so.
func (l *library) typeString(base uint64, t []byte) string {
	at := base + uint64(le.Uint32(t[typeName:]))
	head := l.bytesAt(at, 4)
	if head == nil {
		return ""
	}
	n, size := binary.Uvarint(head[1:])
	if size <= 0 {
		return ""
	}
	s := string(l.bytesAt(at+1+uint64(size), n))
	if t[typeFlag]&flagExtraStar != 0 {
		return strings.TrimPrefix(s, "*")
	}
	return s
}

// knownTypes makes sure of the fields by types that every library has, and returns what offsets in descriptors count from.
func (l *library) knownTypes() (base uint64, err error) {
	i, p := l.lookup("type:int"), l.lookup("type:*int")
	t := l.bytesAt(i.value, typeEnd)
	if i.section == 0 || p.section == 0 || t == nil {
		return 0, errors.New("the library lacks the types int and *int")
	}
	base = p.value - uint64(le.Uint32(t[typePtrToThis:]))
	if l.relative(p.value+typeEnd) != i.value {
		return 0, errors.New("type:*int does not name its element")
	}
	for _, want := range []struct {
		name  string
		kind  reflect.Kind
		named bool
	}{
		{"int", reflect.Int, true},
		{"error", reflect.Interface, true},
		{"[]string", reflect.Slice, false},
		{"*int", reflect.Pointer, false},
		{"func()", reflect.Func, false},
	} {
		s := l.lookup("type:" + want.name)
		t := l.bytesAt(s.value, typeEnd)
		if s.section == 0 || t == nil {
			return 0, fmt.Errorf("the library lacks the type %s", want.name)
		}
		name, named := l.typeString(base, t), t[typeFlag]&flagNamed != 0
		if kind := reflect.Kind(t[typeKind] & kindMask); kind != want.kind || named != want.named || name != want.name {
			return 0, fmt.Errorf("type:%s is not as expected: kind %v, named %v, %q", want.name, kind, named, name)
		}
	}
	return base, nil
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
