package link

import (
	gover "go/version"
	"strings"
)

// Everything in this package that depends on a release of Go beyond the documented flags of its tools is here, with the
// file below GOROOT/src that defines it. TestRelease compares each with the toolchain that the test is run with. DESIGN.md says what to
// do when a new release comes.

// tried are the releases whose layouts these are: they are the same in all of them. Nothing asks for the release before it
// looks: what a newer one has changed is refused where it is read, and by the self test.
var tried = []string{"go1.26", "go1.27"}

// Go objects: cmd/internal/goobj/objfile.go. Another magic means another layout.
const (
	objectMagic = "\x00go120ld"

	blockAutolib     = 0
	blockSymDef      = 3 // then hashed64, hashed and other definitions
	blockHashed64Def = 4
	blockHashedDef   = 5
	blockNonPkgDef   = 6
	blockNonPkgRef   = 7
	blockRelocIndex  = 11
	blockDataIndex   = 13
	blockReloc       = 14
	blockData        = 16
	blocks           = 19

	autolibSize  = 16 // importedPkgSize
	symbolSize   = 21
	symbolFlag   = 11 // where in a symbol's entry its first byte of flags is
	flagTypelink = 1 << 2
	relocSize    = 23
	noPackage    = 1<<31 - 1 // the package index of symbols known by name
)

// Type descriptors: internal/abi/type.go, the fields and flags of Type.
const (
	typePtrBytes  = 8
	typeFlag      = 20
	typeKind      = 23
	typeGCData    = 32
	typeName      = 40
	typePtrToThis = 44
	typeEnd       = 48

	flagExtraStar = 1 << 1
	flagNamed     = 1 << 2
	kindMask      = 1<<5 - 1
)

// Module data: runtime/symtab.go, type moduledata. What the worker reads of it, the runtime describes: see worker/inmate.
const hasmainOffset = 24 // of hasmain from modulehashes

// Linking: cmd/link/internal/ld/ld.go reserves room for the function by which a module makes itself known.
const addmoduledataSize = 32

// linkerWants are symbols that cmd/link looks up whatever the unit refers to: cmd/link/internal/ld/{symtab,lib,data,deadcode}.go.
var linkerWants = []string{
	"runtime.addmoduledata", "runtime.mapinitnoop", "runtime.unreachableMethod", "runtime.zeroVal", "runtime.memequal",
	"runtime.buildVersion", "runtime.lastmoduledatap", "runtime.firstmoduledata", "type:runtime.moduledata",
}

// Lang is the newest language version that the toolchain compiles.
func (t *Toolchain) Lang() string { return language(t.Version) }

// language is the language version of a toolchain, "go1.27" of "go1.27.4", "go1.27-custom" and "devel go1.27-1234567".
func language(version string) string {
	for word := range strings.FieldsSeq(version) {
		word, _, _ = strings.Cut(word, "-")
		if lang := gover.Lang(word); lang != "" {
			return lang
		}
	}
	return Oldest
}
