package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// mend prepares the object that cmd/link hands to the external linker for a plugin linked with -linkshared, a
// combination the Go project does not test. Two things are wrong with it, in Go 1.26 and 1.27 alike:
//
//  1. cmd/link reserves 32 bytes of .text for runtime.addmoduledata, as if the runtime were in the plugin, points
//     the end of the module's text at it and calls into it, but leaves the bytes empty. They are filled with a jump to the real
//     function, and the symbol is defined there, hidden, so that no other plugin's copy takes its place.
//  2. The link-time hash of every package that comes from a shared library is zero, so the runtime would refuse the
//     plugin. The real fingerprint is written there: the runtime's check of versions then works as usual.
//
// print gives the fingerprint of a package of the base. obj is changed in place and may grow.
func mend(obj []byte, print func(importPath string) ([8]byte, bool)) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // an index out of an object with another layout
			out, err = nil, fmt.Errorf("mend object: unexpected layout: %v", r)
		}
	}()
	o, err := readObject(obj)
	if err != nil {
		return nil, fmt.Errorf("mend object: %w", err)
	}
	if err := o.defineAddmoduledata(); err != nil {
		return nil, fmt.Errorf("mend object: %w", err)
	}
	if err := o.writePrints(print); err != nil {
		return nil, fmt.Errorf("mend object: %w", err)
	}
	return o.b, nil
}

// mendProgram prepares the object of a program linked with -linkshared against the base library.
//
// Two modules of one process may both hold a copy of a type without a name, []byte say. Between library and plugins the
// dynamic linker makes one of them, the library's, count. A program's own copy would count for the program alone: it would take a
// []byte that a cell made for another type. So every descriptor and method table that the library has too becomes a
// reference to the library's.
//
// And the program does not say that it holds main (moduledata.hasmain): the runtime would list it before the library,
// and match the types of each plugin it opens with the library's 58,000 by a slow path, 20 ms instead of 6.
func mendProgram(obj []byte, defined func(name string) bool) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("mend program: unexpected layout: %v", r)
		}
	}()
	o, err := readObject(obj)
	if err != nil {
		return nil, fmt.Errorf("mend program: %w", err)
	}
	hashes := -1
	for i := range o.symbols() {
		name, e := o.name(i), o.entry(i)
		if name == "go:link.abihashes" {
			hashes = i
		}
		shared := strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:itab.")
		if shared && o.sectionOf(i) != 0 && elf.ST_BIND(e[4]) == elf.STB_GLOBAL && defined(name) {
			clear(e[6:24])
			e[4] = elf.ST_INFO(elf.STB_GLOBAL, elf.STT_NOTYPE)
		}
	}
	if err := o.clearHasmain(hashes); err != nil {
		return nil, fmt.Errorf("mend program: %w", err)
	}
	return o.b, nil
}

// clearHasmain clears the field behind the slice of library hashes, which the symbol numbered hashes begins.
func (o *relocatable) clearHasmain(hashes int) error {
	module, rela := o.section(".go.module"), o.section(".rela.go.module")
	if hashes < 0 || module < 0 || rela < 0 {
		return errors.New("module data is not where it is expected")
	}
	s := o.sections[rela]
	for at := s.Off; at < s.Off+s.Size; at += relaEntry {
		if int(le.Uint64(o.b[at+8:])>>32) != hashes {
			continue
		}
		flag := o.sections[module].Off + le.Uint64(o.b[at:]) + hasmainOffset
		if o.b[flag] != 1 {
			return errors.New("moduledata.hasmain is not where it is expected")
		}
		o.b[flag] = 0
		return nil
	}
	return errors.New("module data refers to no library")
}

// relocatable is an ELF object of the 64-bit x86 kind, as bytes that can be changed.
type relocatable struct {
	b        []byte
	shoff    uint64
	sections []elf.Section64
	names    []string
	symtab   elf.Section64
	strings  uint64
}

var le = binary.LittleEndian

func readObject(b []byte) (*relocatable, error) {
	if len(b) < 64 || !bytes.HasPrefix(b, []byte("\x7fELF\x02\x01")) || elf.Machine(le.Uint16(b[18:])) != elf.EM_X86_64 {
		return nil, errors.New("not a 64-bit x86 ELF object")
	}
	o := &relocatable{b: b, shoff: le.Uint64(b[0x28:])}
	n, names := int(le.Uint16(b[0x3c:])), int(le.Uint16(b[0x3e:]))
	o.sections = make([]elf.Section64, n)
	if err := binary.Read(bytes.NewReader(b[o.shoff:]), le, o.sections); err != nil {
		return nil, fmt.Errorf("section table: %w", err)
	}
	for _, s := range o.sections {
		o.names = append(o.names, o.text(o.sections[names].Off+uint64(s.Name)))
	}
	i := o.section(".symtab")
	if i < 0 {
		return nil, errors.New("no symbol table")
	}
	o.symtab = o.sections[i]
	o.strings = o.sections[o.symtab.Link].Off
	return o, nil
}

func (o *relocatable) section(name string) int {
	for i, n := range o.names {
		if n == name {
			return i
		}
	}
	return -1
}

func (o *relocatable) text(at uint64) string {
	return string(o.b[at : at+uint64(bytes.IndexByte(o.b[at:], 0))])
}

func (o *relocatable) symbols() int           { return int(o.symtab.Size / symEntry) }
func (o *relocatable) entry(i int) []byte     { return o.b[o.symtab.Off+symEntry*uint64(i):] }
func (o *relocatable) name(i int) string      { return o.text(o.strings + uint64(le.Uint32(o.entry(i)))) }
func (o *relocatable) sectionOf(i int) uint16 { return le.Uint16(o.entry(i)[6:]) }
func (o *relocatable) value(i int) (at, n uint64) {
	return le.Uint64(o.entry(i)[8:]), le.Uint64(o.entry(i)[16:])
}

// defineAddmoduledata mends fault 1.
func (o *relocatable) defineAddmoduledata() error {
	var undefined []int
	for i := range o.symbols() {
		if o.sectionOf(i) == 0 && strings.HasPrefix(o.name(i), "runtime.addmoduledata") {
			undefined = append(undefined, i)
		}
	}
	used := map[int]bool{}
	for i, s := range o.sections {
		if strings.HasPrefix(o.names[i], ".rela") {
			for at := s.Off; at < s.Off+s.Size; at += relaEntry {
				used[int(le.Uint64(o.b[at+8:])>>32)] = true
			}
		}
	}
	stub, real := -1, -1
	for _, i := range undefined {
		if used[i] && stub < 0 {
			stub = i // the module data refers to it
		} else {
			real = i
		}
	}
	text, rela := o.section(".text"), o.section(".rela.text")
	if stub < 0 || real < 0 || text < 0 || rela < 0 {
		return errors.New("runtime.addmoduledata is not where it is expected")
	}
	e := o.entry(stub)
	at := le.Uint64(e[8:])
	le.PutUint32(e, le.Uint32(e)+uint32(len("runtime."))) // another name: the rest of this one
	e[5] = byte(elf.STV_HIDDEN)
	le.PutUint16(e[6:], uint16(text))
	le.PutUint64(e[16:], addmoduledataSize)
	if at+addmoduledataSize > o.sections[text].Size {
		return errors.New("runtime.addmoduledata has no room")
	}
	copy(o.b[o.sections[text].Off+at:], "\xe9\x00\x00\x00\x00") // jmp

	s := &o.sections[rela]
	moved := append([]byte(nil), o.b[s.Off:s.Off+s.Size]...)
	moved = le.AppendUint64(moved, at+1)
	moved = le.AppendUint64(moved, uint64(real)<<32|uint64(elf.R_X86_64_PLT32))
	moved = le.AppendUint64(moved, ^uint64(3)) // -4
	o.b = append(o.b, make([]byte, -len(o.b)&7)...)
	s.Off, s.Size = uint64(len(o.b)), uint64(len(moved))
	o.b = append(o.b, moved...)
	head := o.b[o.shoff+64*uint64(rela):]
	le.PutUint64(head[24:], s.Off)
	le.PutUint64(head[32:], s.Size)
	return nil
}

// writePrints mends fault 2.
func (o *relocatable) writePrints(print func(string) ([8]byte, bool)) error {
	const pkgname, pkghash = "go:link.pkgname.", "go:link.pkglinkhash."
	type span struct{ at, n uint64 }
	names, hashes := map[string]span{}, map[string]span{}
	for i := range o.symbols() {
		name := o.name(i)
		v, n := o.value(i)
		at := span{o.sections[min(int(o.sectionOf(i)), len(o.sections)-1)].Off + v, n}
		if k, ok := strings.CutPrefix(name, pkgname); ok {
			names[k] = at
		} else if k, ok := strings.CutPrefix(name, pkghash); ok {
			hashes[k] = at
		}
	}
	if len(names) == 0 {
		return errors.New("no package names")
	}
	for k, n := range names {
		h, ok := hashes[k]
		if !ok || h.n < 8 {
			return errors.New("a package without a hash")
		}
		if p, ok := print(string(o.b[n.at : n.at+n.n])); ok {
			copy(o.b[h.at:h.at+8], p[:])
		}
	}
	return nil
}
