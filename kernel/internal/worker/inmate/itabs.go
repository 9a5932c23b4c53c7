package inmate

import (
	"bytes"
	"fmt"
	"os"
	"plugin"
	"reflect"
	"strings"
	"syscall"
	"unsafe"
)

// An interface table (itab) pairs an interface with a type. Compiled code compares tables by address: v.(T) on an io.Reader,
// a switch over types, and == ask whether the value's table is the one that the compiler made. The runtime makes a table
// itself when a value meets an interface at run time and no module has brought one: fmt.Println(v) with a String method
// does. In a program that cannot happen to a pair that compiled code knows, as all tables are there from the start. Here
// a later cell may bring the table of a pair that the runtime has already made one for: values would then be of a type
// and not of it. So after a plugin has been opened, its references to such a table are turned to the one in use.

// lastmoduledatap is the module loaded last.
//
//go:linkname lastmoduledatap runtime.lastmoduledatap
var lastmoduledatap unsafe.Pointer

// module is the part of runtime.moduledata up to what is read here, as of Go 1.26.
type module struct {
	_          uintptr       // pcHeader
	_          [6][3]uintptr // funcnametab to ftab
	_          uintptr       // findfunctab
	_          [22]uintptr   // minpc to epclntab
	_          []uintptr     // textsectmap
	typelinks  []int32
	itablinks  []*itab
	_          []uintptr // ptab
	pluginpath string
}

// itab is internal/abi.ITab.
type itab struct {
	inter, typ unsafe.Pointer
	hash       uint32
}

// unify turns a freshly opened plugin to the interface tables that are in use.
func unify(p *plugin.Plugin, path string) {
	m := (*module)(lastmoduledatap)
	name := reflect.ValueOf(p).Elem().FieldByName("pluginpath").String()
	if len(m.pluginpath) != len(name) || m.pluginpath != name || len(m.itablinks) > cap(m.itablinks) {
		return // another layout than that of the versions known, or another goroutine has opened a plugin since
	}
	instead := map[uintptr]*itab{}
	for _, t := range m.itablinks {
		if used := inUse(t); used != nil && used != t {
			used.hash = t.hash // the runtime leaves it out: only a switch that compiled code makes reads it
			instead[uintptr(unsafe.Pointer(t))] = used
		}
	}
	if len(instead) > 0 {
		redirect(path, instead)
	}
}

// inUse is the table that a value gets at run time; nil when that cannot be told.
func inUse(t *itab) (used *itab) {
	defer func() {
		if recover() != nil {
			used = nil
		}
	}()
	box := reflect.New(typeAt(t.inter))
	box.Elem().Set(reflect.Zero(typeAt(t.typ)))
	return *(**itab)(box.UnsafePointer())
}

// typeAt is the type that a pointer to its description stands for.
func typeAt(p unsafe.Pointer) reflect.Type {
	var e any = 0
	*(*unsafe.Pointer)(unsafe.Pointer(&e)) = p
	return reflect.TypeOf(e)
}

// redirect replaces addresses in the data of the file mapped at path. None of its code has run yet.
func redirect(path string, instead map[uintptr]*itab) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	page := uintptr(os.Getpagesize())
	for line := range bytes.Lines(maps) {
		var from, to uintptr
		var access string
		f := strings.Fields(string(line))
		if len(f) < 6 || f[5] != path {
			continue
		}
		if n, _ := fmt.Sscanf(string(line), "%x-%x %s", &from, &to, &access); n != 3 || access[0] != 'r' || access[2] == 'x' {
			continue
		}
		start := *(*unsafe.Pointer)(unsafe.Pointer(&from))
		area := unsafe.Slice((*byte)(start), to-from)
		words := unsafe.Slice((*uintptr)(start), (to-from)/unsafe.Sizeof(from))
		for i, w := range words {
			used := instead[w]
			if used == nil {
				continue
			}
			at := uintptr(i) * unsafe.Sizeof(w) / page * page
			if access[1] != 'w' && syscall.Mprotect(area[at:at+page], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
				continue
			}
			words[i] = uintptr(unsafe.Pointer(used))
			if access[1] != 'w' {
				syscall.Mprotect(area[at:at+page], syscall.PROT_READ)
			}
		}
	}
}
