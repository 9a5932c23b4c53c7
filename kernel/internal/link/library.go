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
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"syscall"

	"interleave/kernel/internal/whole"
)

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

// saveAs writes the library to a file if what is mapped is still as it was made.
func (l *library) saveAs(name string, made whole.Part) bool {
	err := l.safely(func() error {
		if (whole.Part{Size: int64(len(l.data)), Sum: whole.Sum(l.data)}) != made {
			return errCut
		}
		return os.WriteFile(name, l.data, 0o755)
	})
	return err == nil
}

// errCut says that the mapped file has been written to by somebody.
var errCut = errors.New("the base library was changed or cut off while it was in use")

// safely calls what reads the library. The pages of a file that is cut off are there no more, which would otherwise end the process.
func (l *library) safely(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // what the runtime panics with
			err = errCut
		default:
			panic(r)
		}
	}()
	return read()
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
		if s.section != 0 && isType(s.name) {
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
