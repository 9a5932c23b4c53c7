package link

import (
	"debug/elf"
	"encoding/binary"
	"reflect"
	"slices"
)

// cmd/link, linking against a shared library, reads every dynamic symbol and relocation of it: 100,000 for the
// standard library and gonum/plot, 200 to 400 ms. It needs a few hundred: those the unit names, a few that it looks up by
// itself, and with each type descriptor its pointer mask. A view is an ELF file that holds these and nothing else. The linker
// is given the view; the plugin is loaded against the real library.
//
// Of a type that a package variable of the unit has, the linker wants to know where pointers are. For arrays and
// structs it walks elements and fields, by relocations that name their types' symbols; for all else it reads the type's mask
// (abi.Type.GCData). The library was linked with -Bsymbolic and has only relative relocations, which name nothing. So the
// view makes named ones out of them where types are referred to, takes those types in as well, and stores the mask's
// address in place.

// view builds the stand-in for a unit that refers to the given names.
func (l *library) view(names map[string]bool) []byte {
	v := &view{lib: l, number: map[uint32]uint32{}, where: map[uint32]uint64{}}
	for n := range names {
		for _, s := range spellings(n) {
			v.take(l.find(s))
		}
	}
	for _, n := range linkerWants {
		for _, s := range spellings(n) {
			v.take(l.find(s))
		}
	}
	v.take(l.find(l.abihash))
	for i := 0; i < len(v.keep); i++ { // place takes more
		v.place(v.keep[i])
	}
	return v.file()
}

// view is a stand-in under construction.
type view struct {
	lib    *library
	keep   []uint32          // symbols of the library
	number map[uint32]uint32 // their numbers in the view, from 1
	where  map[uint32]uint64 // addresses of those that have data
	data   []byte
	rela   []byte
}

const viewData = 0x10000 // address of the view's only section with data

func (v *view) take(i uint32) {
	if i == 0 || v.number[i] != 0 {
		return
	}
	v.keep = append(v.keep, i)
	v.number[i] = uint32(len(v.keep))
}

// place copies a type descriptor with its mask.
func (v *view) place(i uint32) {
	s := v.lib.symbol(i)
	if s.section == 0 || !isType(s.name) || elf.ST_TYPE(s.info) == elf.STT_FUNC {
		return
	}
	from := v.lib.bytesAt(s.value, s.size)
	if len(from) < typeGCData+8 {
		return
	}
	d := slices.Clone(from)
	pointers := binary.LittleEndian.Uint64(d[typePtrBytes:])
	kind := reflect.Kind(d[typeKind] & kindMask)
	composed := kind == reflect.Array || kind == reflect.Struct
	if pointers != 0 && !composed {
		if mask := v.lib.bytesAt(v.lib.relative(s.value+typeGCData), (pointers/8+7)/8); mask != nil {
			binary.LittleEndian.PutUint64(d[typeGCData:], viewData+uint64(len(v.data)))
			v.add(mask)
		}
	}
	at := viewData + uint64(len(v.data))
	v.where[i] = at
	if pointers != 0 && composed {
		for o := uint64(typeEnd); o+8 <= s.size; o += 8 {
			if t := v.lib.typeAt(v.lib.relative(s.value + o)); t != 0 {
				v.take(t)
				v.rela = le.AppendUint64(v.rela, at+o)
				v.rela = le.AppendUint64(v.rela, uint64(v.number[t])<<32|uint64(elf.R_X86_64_64))
				v.rela = le.AppendUint64(v.rela, 0)
			}
		}
	}
	v.add(d)
}

func (v *view) add(b []byte) {
	v.data = append(v.data, b...)
	v.data = append(v.data, make([]byte, -len(b)&7)...)
}

// file writes the ELF file.
func (v *view) file() []byte {
	le := binary.LittleEndian
	strtab, symtab := []byte{0}, make([]byte, symEntry)
	for _, i := range v.keep {
		s := v.lib.symbol(i)
		at, ok := v.where[i]
		if !ok {
			at = 0x8000000 + 8*uint64(v.number[i]) // any address that no other symbol has
		}
		section := uint16(0)
		if s.section != 0 {
			section = 4
		}
		symtab = le.AppendUint32(symtab, uint32(len(strtab)))
		symtab = append(symtab, s.info, s.other)
		symtab = le.AppendUint16(symtab, section)
		symtab = le.AppendUint64(symtab, at)
		symtab = le.AppendUint64(symtab, s.size)
		strtab = append(append(strtab, s.name...), 0)
	}
	type section struct {
		name       string
		typ        elf.SectionType
		body       []byte
		link, info uint32
		addr, unit uint64
	}
	table := []section{{}, {name: ".note.go", typ: elf.SHT_NOTE, body: v.lib.notes},
		{name: ".dynstr", typ: elf.SHT_STRTAB, body: strtab},
		{name: ".dynsym", typ: elf.SHT_DYNSYM, body: symtab, link: 2, info: 1, unit: symEntry},
		{name: ".data", typ: elf.SHT_PROGBITS, body: v.data, addr: viewData},
		{name: ".rela.dyn", typ: elf.SHT_RELA, body: v.rela, link: 3, unit: relaEntry},
		{name: ".shstrtab", typ: elf.SHT_STRTAB}}
	var names []byte
	for _, s := range table {
		names = append(append(names, s.name...), 0)
	}
	table[6].body = names
	var body, heads []byte
	at := uint32(0)
	for i, s := range table {
		body = append(body, make([]byte, -len(body)&7)...)
		flags, offset := uint64(0), uint64(0)
		if i > 0 {
			flags, offset = uint64(elf.SHF_ALLOC), 64+uint64(len(body))
		}
		heads = le.AppendUint32(heads, at)
		heads = le.AppendUint32(heads, uint32(s.typ))
		for _, x := range []uint64{flags, s.addr, offset, uint64(len(s.body))} {
			heads = le.AppendUint64(heads, x)
		}
		heads = le.AppendUint32(heads, s.link)
		heads = le.AppendUint32(heads, s.info)
		heads = le.AppendUint64(heads, 8)
		heads = le.AppendUint64(heads, s.unit)
		body = append(body, s.body...)
		at += uint32(len(s.name)) + 1
	}
	body = append(body, make([]byte, -len(body)&7)...)
	out := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	out = le.AppendUint16(out, uint16(elf.ET_DYN))
	out = le.AppendUint16(out, uint16(elf.EM_X86_64))
	out = le.AppendUint32(out, 1)
	for _, x := range []uint64{0, 0, 64 + uint64(len(body))} {
		out = le.AppendUint64(out, x)
	}
	out = le.AppendUint32(out, 0)
	for _, x := range []uint16{64, 56, 0, 64, uint16(len(table)), uint16(len(table) - 1)} {
		out = le.AppendUint16(out, x)
	}
	return append(append(out, body...), heads...)
}
