package inmate

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// The runtime describes its module data, whatever the release.
func TestLayout(t *testing.T) {
	m, err := moduleData()
	if err != nil {
		t.Fatal(err)
	}
	l, err := layoutOf(m)
	if err != nil {
		t.Fatal(err)
	}
	tables := newTables()
	if tables.err != nil {
		t.Fatal(tables.err)
	}
	all, err := tables.of(tables.first)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Errorf("this program has %d interface tables by %+v", len(all), l)
	}
	for _, own := range all {
		used, err := inUse(own)
		if err != nil {
			t.Fatal(err)
		}
		if used != nil && used != own {
			t.Errorf("%v as %v: two tables in one program", typeAt(own.typ), typeAt(own.inter))
		}
	}
	if _, err := tables.module("nb/none"); err == nil || !strings.Contains(err.Error(), "nb/none") {
		t.Errorf("a module that is not there: %v", err)
	}
}

// A module with other fields is refused by name.
func TestLayoutChanged(t *testing.T) {
	for want, module := range map[string]any{
		"no field pluginpath": struct{ types, etypes, itaboffset, itabsize uintptr }{},
		"no field itaboffset": struct {
			pluginpath    string
			next          *int
			types, etypes uintptr
		}{},
		"no field next of kind ptr": struct {
			pluginpath                                string
			next, types, etypes, itaboffset, itabsize uintptr
		}{},
	} {
		if _, err := layoutOf(reflect.TypeOf(module)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// types stays where it is, as a stack does not.
var types [64]uintptr

// What the fields hold is checked before it is followed.
func TestTablesChecked(t *testing.T) {
	var x io.Reader = os.Stdin
	good := **(**itab)(unsafe.Pointer(&x))
	module := struct {
		pluginpath                          string
		next                                *int
		types, etypes, itaboffset, itabsize uintptr
	}{}
	l, err := layoutOf(reflect.TypeOf(module))
	if err != nil {
		t.Fatal(err)
	}
	begin := uintptr(unsafe.Pointer(&types))
	for _, c := range []struct {
		offset, size uintptr
		change       func(*itab)
		want         string
	}{
		{64, 32, func(*itab) {}, ""},
		{78, 0, func(*itab) {}, ""},
		{64, 24, func(*itab) {}, "left over"},
		{64, 1 << 20, func(*itab) {}, "do not lie among"},
		{1 << 20, 32, func(*itab) {}, "do not lie among"},
		{60, 32, func(*itab) {}, "do not lie among"},
		{64, 32, func(i *itab) { i.hash++ }, "is none"},
		{64, 32, func(i *itab) { i.inter, i.typ = i.typ, i.inter }, "is none"},
		{64, 32, func(i *itab) { i.typ = nil }, "is none"},
	} {
		module.types, module.etypes, module.itaboffset, module.itabsize = begin, begin+unsafe.Sizeof(types), c.offset, c.size
		table := (*itab)(unsafe.Pointer(&types[8]))
		*table = good
		c.change(table)
		_, err := (&tables{layout: l}).of(unsafe.Pointer(&module))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d bytes at %d: got %v, want %q", c.size, c.offset, err, c.want)
		}
	}
}

// A file is found by where it is mapped, whatever its name.
func TestMapped(t *testing.T) {
	const maps = `1000-2000 r--p 00000000 08:01 77   /home/Jane Doe/.cache/x.so
2000-3000 r-xp 00001000 08:01 77   /home/Jane Doe/.cache/x.so
3000-4000 rw-p 00002000 08:01 77   /home/Jane Doe/.cache/x.so (deleted)
4000-5000 rw-p 00000000 00:00 0
5000-6000 r--p 00000000 08:02 77   /other
`
	want := "[{4096 8192 false} {12288 16384 true}]"
	if got := fmt.Sprint(mapped(maps, 0x1234)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := mapped(maps, 0x4100); len(got) > 0 {
		t.Errorf("memory of no file: %v", got)
	}
}
