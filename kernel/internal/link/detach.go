package link

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// detach frees type descriptors of a unit from methods that only the library has.
//
// The compiler writes the descriptor of an instantiated type, check.Exercise[string] say, into every package that
// needs it, but a method's wrapper only where no imported package has it. A descriptor holds offsets of its methods from
// the start of its own module, which cmd/link cannot make of a function in a library. They need not be made: the library's
// copy of the descriptor is the one that counts (see mendProgram). So the offset is set to the value that says
// "unreachable" and the relocation to nothing. defined tells which symbols the library has. changed is false when
// there was nothing to do.
func (a *archive) detach(defined func(name string) bool) (changed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			changed, err = false, fmt.Errorf("detach types: unexpected layout: %v", r)
		}
	}()
	for _, o := range a.objects {
		c, err := object(o).detach(defined)
		if err != nil {
			return false, fmt.Errorf("detach types: %w", err)
		}
		changed = changed || c
	}
	return changed, nil
}

func (o object) detach(defined func(name string) bool) (changed bool, err error) {
	var at [blockData + 1][2]int // from and to of the blocks
	for _, b := range []int{blockSymDef, blockHashed64Def, blockHashedDef, blockNonPkgDef, blockNonPkgRef, blockRelocIndex, blockDataIndex, blockReloc, blockData} {
		if at[b][0], at[b][1], err = o.block(b); err != nil {
			return false, err
		}
	}
	number := func(b int) int { return (at[b][1] - at[b][0]) / symbolSize }
	before := number(blockSymDef) + number(blockHashed64Def) + number(blockHashedDef)
	word := func(block, i int) int { return int(binary.LittleEndian.Uint32(o[at[block][0]+4*i:])) }
	for i := range number(blockNonPkgDef) {
		name, err := o.text(at[blockNonPkgDef][0] + i*symbolSize)
		if err != nil {
			return false, err
		}
		if !isType(name) {
			continue
		}
		symbol := before + i
		for r := word(blockRelocIndex, symbol); r < word(blockRelocIndex, symbol+1); r++ {
			entry := o[at[blockReloc][0]+r*relocSize:][:relocSize]
			ref := int(binary.LittleEndian.Uint32(entry[19:])) - number(blockNonPkgDef)
			if entry[4] != 4 || binary.LittleEndian.Uint32(entry[15:]) != noPackage || ref < 0 {
				continue
			}
			target, err := o.text(at[blockNonPkgRef][0] + ref*symbolSize)
			if err != nil {
				return false, err
			}
			if strings.HasPrefix(target, "type:") || !defined(target) || !defined(name) {
				continue
			}
			offset := at[blockData][0] + word(blockDataIndex, symbol) + int(binary.LittleEndian.Uint32(entry))
			binary.LittleEndian.PutUint32(o[offset:], 1<<32-1)
			entry[4] = 0
			changed = true
		}
	}
	return changed, nil
}
