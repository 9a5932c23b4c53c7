package link

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"syscall"
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

// library is the base library, mapped, with what is needed to find symbols and relocations in it. It is safe
// for concurrent use.
type library struct {
	data    []byte
	file    *elf.File
	dynsym  []byte
	dynstr  []byte
	gnuhash []byte
	rel     []byte // the relative relocations, by offset
	loads   []*elf.Section
	notes   []byte
	abihash string
	types   []uint64 // addresses of type descriptors, ascending
	typeSym []uint32 // their indexes in dynsym
}

const (
	symEntry  = 24
	relaEntry = 24
)

// linkerWants are symbols that cmd/link looks up whatever the unit refers to.
var linkerWants = []string{
	"runtime.addmoduledata", "runtime.mapinitnoop", "runtime.unreachableMethod", "runtime.zeroVal", "runtime.memequal",
	"runtime.buildVersion", "runtime.lastmoduledatap", "runtime.firstmoduledata", "type:runtime.moduledata",
}

// openLibrary maps a base library. name is what the symbol go:link.abihash ends with: libbase.so.
func openLibrary(path, name string) (*library, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open base library: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open base library: %w", err)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map base library: %w", err)
	}
	l := &library{data: data, abihash: "go:link.abihash." + name}
	if err := l.read(); err != nil {
		l.close()
		return nil, fmt.Errorf("read base library: %w", err)
	}
	return l, nil
}

func (l *library) close() error {
	if l.data == nil {
		return nil
	}
	err := syscall.Munmap(l.data)
	l.data = nil
	return err
}

func (l *library) read() (err error) {
	if l.file, err = elf.NewFile(bytes.NewReader(l.data)); err != nil {
		return err
	}
	for _, s := range l.file.Sections {
		if s.Type == elf.SHT_NOBITS || s.Type == elf.SHT_NULL {
			continue
		}
		if s.Offset+s.FileSize > uint64(len(l.data)) {
			return fmt.Errorf("section %s is cut off", s.Name)
		}
		b := l.data[s.Offset : s.Offset+s.FileSize]
		switch {
		case s.Type == elf.SHT_DYNSYM:
			l.dynsym = b
		case s.Name == ".dynstr":
			l.dynstr = b
		case s.Type == elf.SHT_GNU_HASH:
			l.gnuhash = b
		case s.Type == elf.SHT_RELA && s.Name == ".rela.dyn":
			l.rel = b
		case strings.HasPrefix(s.Name, ".note.go"):
			l.notes = append(l.notes, b...)
			l.notes = append(l.notes, make([]byte, -len(b)&3)...)
		}
		if s.Type == elf.SHT_PROGBITS {
			l.loads = append(l.loads, s)
		}
	}
	if l.dynsym == nil || l.dynstr == nil || l.gnuhash == nil || l.rel == nil || l.notes == nil {
		return errors.New("a section is missing (.dynsym, .dynstr, .gnu.hash, .rela.dyn, .note.go)")
	}
	// Relative relocations come first; that they are sorted, check says once, when the library was linked.
	l.rel = l.rel[:relaEntry*sort.Search(len(l.rel)/relaEntry, func(i int) bool {
		return elf.R_X86_64(uint32(binary.LittleEndian.Uint64(l.rel[relaEntry*i+8:]))) != elf.R_X86_64_RELATIVE
	})]
	return nil
}

// check makes sure of what the lookups rely on and lists the type descriptors.
func (l *library) check() error {
	var last uint64
	for i := 0; i < len(l.rel); i += relaEntry {
		at := binary.LittleEndian.Uint64(l.rel[i:])
		if at < last || elf.R_X86_64(uint32(binary.LittleEndian.Uint64(l.rel[i+8:]))) != elf.R_X86_64_RELATIVE {
			return errors.New("relative relocations of the base library are not sorted")
		}
		last = at
	}
	if len(l.rel) == 0 {
		return errors.New("the base library has no relative relocations")
	}
	for _, n := range linkerWants {
		if !slices.ContainsFunc(spellings(n), func(s string) bool { return l.find(s) != 0 }) {
			return fmt.Errorf("the base library lacks the symbol %s", n)
		}
	}
	l.index()
	return nil
}

// index lists the type descriptors by address.
func (l *library) index() {
	type pair struct {
		at  uint64
		sym uint32
	}
	var all []pair
	for i := 1; i < len(l.dynsym)/symEntry; i++ {
		s := l.symbol(uint32(i))
		if s.section != 0 && strings.HasPrefix(s.name, "type:") && !strings.HasPrefix(s.name, "type:.") {
			all = append(all, pair{s.value, uint32(i)})
		}
	}
	slices.SortFunc(all, func(a, b pair) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	l.types, l.typeSym = make([]uint64, len(all)), make([]uint32, len(all))
	for i, p := range all {
		l.types[i], l.typeSym[i] = p.at, p.sym
	}
}

// symbol is an entry of a dynamic symbol table.
type symbol struct {
	name        string
	info, other byte
	section     uint16
	value, size uint64
}

func (l *library) symbol(i uint32) symbol {
	e := l.dynsym[symEntry*int(i):]
	name := l.dynstr[binary.LittleEndian.Uint32(e):]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	return symbol{string(name), e[4], e[5], binary.LittleEndian.Uint16(e[6:]),
		binary.LittleEndian.Uint64(e[8:]), binary.LittleEndian.Uint64(e[16:])}
}

// find looks a defined symbol up by the library's own hash table, as the dynamic linker does. 0 means none.
func (l *library) find(name string) uint32 {
	h := uint32(5381)
	for i := range len(name) {
		h = h*33 + uint32(name[i])
	}
	g := l.gnuhash
	word := func(at int) uint32 {
		if at < 0 || at+4 > len(g) {
			return 0
		}
		return binary.LittleEndian.Uint32(g[at:])
	}
	buckets, first, bloom := word(0), word(4), word(8)
	if buckets == 0 {
		return 0
	}
	table := 16 + 8*int(bloom)
	i := word(table + 4*int(h%buckets))
	if i < first {
		return 0
	}
	chain := table + 4*int(buckets)
	for ; ; i++ {
		c := word(chain + 4*int(i-first))
		if c|1 == h|1 && l.named(i, name) {
			return i
		}
		if c&1 == 1 || symEntry*int(i+1) >= len(l.dynsym) {
			return 0
		}
	}
}

func (l *library) named(i uint32, name string) bool {
	at := int(binary.LittleEndian.Uint32(l.dynsym[symEntry*int(i):]))
	return at+len(name) < len(l.dynstr) && string(l.dynstr[at:at+len(name)]) == name && l.dynstr[at+len(name)] == 0
}

// relative is the address that the relocation at an address puts there, or 0.
func (l *library) relative(at uint64) uint64 {
	n := len(l.rel) / relaEntry
	i := sort.Search(n, func(i int) bool { return binary.LittleEndian.Uint64(l.rel[relaEntry*i:]) >= at })
	if i == n || binary.LittleEndian.Uint64(l.rel[relaEntry*i:]) != at {
		return 0
	}
	return binary.LittleEndian.Uint64(l.rel[relaEntry*i+16:])
}

// bytesAt is what lies at an address of the loaded library, or nil.
func (l *library) bytesAt(at, n uint64) []byte {
	for _, s := range l.loads {
		if s.Addr <= at && at+n <= s.Addr+s.FileSize {
			return l.data[s.Offset+at-s.Addr : s.Offset+at-s.Addr+n]
		}
	}
	return nil
}

// typeAt is the type descriptor at an address, or 0.
func (l *library) typeAt(at uint64) uint32 {
	if i, ok := slices.BinarySearch(l.types, at); ok {
		return l.typeSym[i]
	}
	return 0
}

// spellings are the names that a symbol of a Go object may have in the library: mangleABIName and mangleTypeSym of
// cmd/link.
func spellings(name string) []string {
	if strings.HasPrefix(name, "type:") {
		return []string{mangled(name), name, mangled(name) + ".abiinternal", name + ".abiinternal"}
	}
	return []string{name + ".abiinternal", name, name + ".abi0"}
}

func mangled(name string) string {
	if strings.HasPrefix(name, "type:runtime.") || len(name) <= 14 {
		return name
	}
	d := sha256.Sum256([]byte(name[5:]))
	d[0] ^= 0xff
	prefix := "type:"
	if name[5] == '.' {
		prefix = "type:."
	}
	return prefix + base64.StdEncoding.EncodeToString(d[:6])
}

// Fields of internal/abi.Type.
const (
	typePtrBytes = 8
	typeKind     = 23
	typeGCData   = 32
	typeEnd      = 48
	kindMask     = 1<<5 - 1
)

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
	if s.section == 0 || !strings.HasPrefix(s.name, "type:") || strings.HasPrefix(s.name, "type:.") || elf.ST_TYPE(s.info) == elf.STT_FUNC {
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

// typeTable is the list of type descriptors as it is stored beside the library.
func (l *library) typeTable() []byte {
	var b []byte
	for i, at := range l.types {
		b = le.AppendUint64(b, at)
		b = le.AppendUint32(b, l.typeSym[i])
	}
	return b
}

func (l *library) readTypes(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read types of base library: %w", err)
	}
	n := len(b) / 12
	l.types, l.typeSym = make([]uint64, n), make([]uint32, n)
	for i := range n {
		l.types[i], l.typeSym[i] = le.Uint64(b[12*i:]), le.Uint32(b[12*i+8:])
	}
	return nil
}
