package racereport

import (
	"debug/elf"
	"strings"
)

// Globals are the package variables of a program, by address.
type Globals struct{ symbols []elf.Symbol }

// ReadGlobals reads the symbols of a program. A program without readable symbols has none.
func ReadGlobals(file string) Globals {
	f, err := elf.Open(file)
	if err != nil {
		return Globals{}
	}
	defer f.Close()
	if f.Type != elf.ET_EXEC { // addresses would be relative to where it was loaded
		return Globals{}
	}
	symbols, _ := f.Symbols()
	return Globals{symbols}
}

// Name is the name of the package variable that an address lies in, without its package; "" when there is none.
func (g Globals) Name(addr uint64) string {
	for _, s := range g.symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_OBJECT && s.Value <= addr && addr < s.Value+s.Size {
			name := s.Name[strings.LastIndexByte(s.Name, '/')+1:]
			_, name, _ = strings.Cut(name, ".")
			if strings.ContainsAny(name, ".:") { // stmp and other things of the compiler's
				return ""
			}
			return name
		}
	}
	return ""
}
