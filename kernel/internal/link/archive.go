package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// archive is a compiled Go package as the compiler writes it: export data, Go objects, host objects of cgo.
type archive struct {
	data    []byte   // all of it; the rest shares its memory
	def     []byte   // the export data entry, header included
	objects [][]byte // the Go objects from their magic on
	host    bool     // holds objects of a C compiler
}

const (
	arMagic  = "!<arch>\n"
	arHeader = 60
)

var errObject = errors.New("not a Go object file of the known layout")

// readArchive reads an archive. The result shares data's memory.
func readArchive(data []byte) (*archive, error) {
	if !bytes.HasPrefix(data, []byte(arMagic)) {
		return nil, fmt.Errorf("read package archive: %w", errObject)
	}
	a := &archive{data: data}
	for at := len(arMagic); at < len(data); {
		if at+arHeader > len(data) {
			return nil, fmt.Errorf("read package archive: short header: %w", errObject)
		}
		h := data[at : at+arHeader]
		size, err := strconv.Atoi(strings.TrimSpace(string(h[48:58])))
		if err != nil || size < 0 || size > len(data)-at-arHeader {
			return nil, fmt.Errorf("read package archive: bad size: %w", errObject)
		}
		body := data[at+arHeader : at+arHeader+size]
		switch name := strings.TrimSpace(string(h[:16])); {
		case name == "__.PKGDEF":
			a.def = data[at : at+arHeader+size]
		case bytes.HasPrefix(body, []byte("go object ")):
			i := bytes.Index(body, []byte("\n!\n"))
			if i < 0 || !bytes.HasPrefix(body[i+3:], []byte(objectMagic)) {
				return nil, fmt.Errorf("read package archive: %s: %w", name, errObject)
			}
			a.objects = append(a.objects, body[i+3:])
		default:
			a.host = true
		}
		at += arHeader + size + size&1
	}
	if a.def == nil || len(a.objects) == 0 {
		return nil, fmt.Errorf("read package archive: incomplete: %w", errObject)
	}
	return a, nil
}

// exports is an archive with the export data alone, which is all that compiler and type checker read.
func (a *archive) exports() []byte {
	out := append([]byte(arMagic), a.def...)
	if len(a.def)&1 == 1 {
		out = append(out, 0)
	}
	return out
}

// print is the fingerprint that the runtime compares when a plugin is opened.
func (a *archive) print() (p [8]byte) {
	copy(p[:], a.objects[0][len(objectMagic):])
	return p
}

// Where a Go object's table of blocks begins and ends: behind the magic, the fingerprint and a word of flags.
const (
	objectOffsets   = len(objectMagic) + 8 + 4
	objectHeaderEnd = objectOffsets + 4*blocks
)

// object reads one Go object.
type object []byte

func (o object) block(first int) (from, to int, err error) {
	if len(o) < objectHeaderEnd {
		return 0, 0, errObject
	}
	from = int(binary.LittleEndian.Uint32(o[objectOffsets+4*first:]))
	to = int(binary.LittleEndian.Uint32(o[objectOffsets+4*(first+1):]))
	if from < objectHeaderEnd || to < from || to > len(o) {
		return 0, 0, errObject
	}
	return from, to, nil
}

// text reads the string that a length and an offset at i describe.
func (o object) text(i int) (string, error) {
	n := uint64(binary.LittleEndian.Uint32(o[i:]))
	at := uint64(binary.LittleEndian.Uint32(o[i+4:]))
	if at+n > uint64(len(o)) {
		return "", errObject
	}
	return string(o[at : at+n]), nil
}

// names reads a block of entries that begin with a string.
func (o object) names(block, size int, add func(string)) error {
	from, to, err := o.block(block)
	if err != nil {
		return err
	}
	for i := from; i+size <= to; i += size {
		s, err := o.text(i)
		if err != nil {
			return err
		}
		add(s)
	}
	return nil
}

// references calls add with the name of every symbol that the archive's objects use and another package defines.
// With -linkshared the compiler refers to all of them by name.
func (a *archive) references(add func(string)) error {
	for _, o := range a.objects {
		if err := object(o).names(blockNonPkgRef, symbolSize, add); err != nil {
			return fmt.Errorf("read references: %w", err)
		}
	}
	return nil
}

// imports calls add with the packages that the archive was compiled against.
func (a *archive) imports(add func(string)) error {
	for _, o := range a.objects {
		if err := object(o).names(blockAutolib, autolibSize, add); err != nil {
			return fmt.Errorf("read imports: %w", err)
		}
	}
	return nil
}
