package inmate

import (
	"errors"
	"fmt"
	"os"
	"plugin"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// An interface table (itab) pairs an interface with a type. Compiled code compares tables by address: v.(T) on an io.Reader,
// a switch over types, and == ask whether the value's table is the one that the compiler made. The runtime makes a table
// itself when a value meets an interface at run time and no module has brought one: fmt.Println(v) with a String method
// does. In a program that cannot happen to a pair that compiled code knows, as all tables are there from the start. Here
// a later cell may bring the table of a pair that the runtime has already made one for: values would then be of a type
// and not of it. So after a plugin has been opened, its references to such a table are turned to the one in use.
//
// Nothing of this is promised by Go. Where the fields of the runtime's module data lie is therefore asked of the runtime's own
// description of the type, and what is read is checked before it is used. What is not as expected is an error: the cell is not
// run, and the self test, which looks up such a table, does not pass.

// lastmoduledatap is the module loaded last.
//
//go:linkname lastmoduledatap runtime.lastmoduledatap
var lastmoduledatap unsafe.Pointer

// itab is internal/abi.ITab.
type itab struct {
	inter, typ unsafe.Pointer
	hash       uint32
	methods    [1]uintptr // as many as the interface has, or one that is 0
}

// typeHash is where internal/abi.Type has its hash.
const typeHash = 16

// layout is where runtime.moduledata has the fields that are read here.
type layout struct {
	pluginpath, next, types, etypes uintptr
	// The tables lie in the section of types (Go 1.27), or a slice lists them (Go 1.26).
	itaboffset, itabsize, itablinks uintptr
	listed                          bool
}

// moduleData is the runtime's description of its module data. runtime.Frame refers to it.
func moduleData() (reflect.Type, error) {
	frame := reflect.TypeFor[runtime.Frame]()
	for _, name := range []string{"funcInfo", "datap"} {
		f, ok := frame.FieldByName(name)
		if !ok {
			return nil, fmt.Errorf("%v has no field %s", frame, name)
		}
		frame = f.Type
	}
	if frame.Kind() != reflect.Pointer || frame.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v does not describe modules", frame)
	}
	return frame.Elem(), nil
}

// layoutOf looks the fields up in the description of runtime.moduledata.
func layoutOf(module reflect.Type) (l layout, err error) {
	find := func(name string, want reflect.Kind) uintptr {
		f, ok := module.FieldByName(name)
		if err == nil && (!ok || f.Type.Kind() != want) {
			err = fmt.Errorf("%v of %s has no field %s of kind %v", module, runtime.Version(), name, want)
		}
		return f.Offset
	}
	l.pluginpath = find("pluginpath", reflect.String)
	l.next = find("next", reflect.Pointer)
	l.types, l.etypes = find("types", reflect.Uintptr), find("etypes", reflect.Uintptr)
	if _, l.listed = module.FieldByName("itablinks"); l.listed {
		l.itablinks = find("itablinks", reflect.Slice)
	} else {
		l.itaboffset, l.itabsize = find("itaboffset", reflect.Uintptr), find("itabsize", reflect.Uintptr)
	}
	return l, err
}

// tables finds the interface tables of plugins. The zero value is not ready.
type tables struct {
	layout layout
	err    error          // why there is no layout
	first  unsafe.Pointer // a module that was loaded before any plugin
	mu     sync.Mutex     // one plugin is changed at a time
	// copies are, for a table in use, those that plugins have brought for the same pair. The dynamic linker binds the references
	// of a plugin to the copy that was loaded first, which may be an earlier plugin's.
	copies map[*itab][]uintptr
}

func newTables() *tables {
	t := &tables{first: atomic.LoadPointer(&lastmoduledatap), copies: map[*itab][]uintptr{}}
	m, err := moduleData()
	if err == nil {
		t.layout, err = layoutOf(m)
	}
	t.err = err
	return t
}

// unify turns a freshly opened plugin to the interface tables that are in use.
func (t *tables) unify(p *plugin.Plugin) error {
	if err := t.turn(p); err != nil {
		return fmt.Errorf("interface tables of the cell's plugin: %w", err)
	}
	return nil
}

func (t *tables) turn(p *plugin.Plugin) error {
	if t.err != nil {
		return t.err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	name := reflect.ValueOf(p).Elem().FieldByName("pluginpath")
	if name.Kind() != reflect.String {
		return errors.New("plugin.Plugin does not tell its path")
	}
	module, err := t.module(name.String())
	if err != nil {
		return err
	}
	all, err := t.of(module)
	if err != nil {
		return err
	}
	instead := map[uintptr]*itab{}
	for _, own := range all {
		used, err := inUse(own)
		if err != nil {
			return err
		}
		if used == nil {
			continue
		}
		if used.hash != own.hash {
			used.hash = own.hash // the runtime leaves it out: only a switch that compiled code makes reads it
		}
		if used != own {
			t.copies[used] = append(t.copies[used], uintptr(unsafe.Pointer(own)))
		}
		for _, c := range t.copies[used] {
			instead[c] = used
		}
	}
	if len(instead) == 0 {
		return nil
	}
	return redirect(*at[uintptr](module, t.layout.types), instead)
}

// at is the field of a module's data at an offset.
func at[T any](module unsafe.Pointer, offset uintptr) *T { return (*T)(unsafe.Add(module, offset)) }

// module is the data of the module with a plugin path. Plugins are appended to the list of modules, whoever opens them.
func (t *tables) module(path string) (unsafe.Pointer, error) {
	for m := t.first; m != nil; m = atomic.LoadPointer(at[unsafe.Pointer](m, t.layout.next)) {
		if *at[string](m, t.layout.pluginpath) == path {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no module of %s is named %s", runtime.Version(), path)
}

// of lists the interface tables of a module.
func (t *tables) of(module unsafe.Pointer) ([]*itab, error) {
	from, to := *at[uintptr](module, t.layout.types), *at[uintptr](module, t.layout.etypes)
	if from == 0 || to < from {
		return nil, fmt.Errorf("the module's types lie from %#x to %#x", from, to)
	}
	if t.layout.listed {
		return *at[[]*itab](module, t.layout.itablinks), nil
	}
	offset, size := *at[uintptr](module, t.layout.itaboffset), *at[uintptr](module, t.layout.itabsize)
	if size == 0 {
		return nil, nil
	}
	if size > to-from || offset > to-from-size || offset%unsafe.Sizeof(from) != 0 {
		return nil, fmt.Errorf("%d bytes of interface tables at %d do not lie among the module's %d bytes of types", size, offset, to-from)
	}
	begin := *at[unsafe.Pointer](module, t.layout.types)
	var all []*itab
	for at := offset; at < offset+size; {
		if offset+size-at < unsafe.Sizeof(itab{}) {
			return nil, fmt.Errorf("%d bytes are left over behind the interface tables", offset+size-at)
		}
		one := (*itab)(unsafe.Add(begin, at))
		if err := one.check(); err != nil {
			return nil, err
		}
		all = append(all, one)
		at += unsafe.Sizeof(itab{})
		if one.methods[0] != 0 {
			at += uintptr(typeAt(one.inter).NumMethod()-1) * unsafe.Sizeof(one.methods)
		}
	}
	return all, nil
}

// check makes sure of a table's fields by what they point at.
func (t *itab) check() error {
	if t.inter == nil || t.typ == nil || typeAt(t.inter).Kind() != reflect.Interface || *at[uint32](t.typ, typeHash) != t.hash {
		return errors.New("what lies where interface tables are expected is none")
	}
	return nil
}

// inUse is the table that a value gets at run time; nil when the type does not have the methods.
func inUse(t *itab) (*itab, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if t.methods[0] == 0 {
		return nil, nil
	}
	box := reflect.New(typeAt(t.inter))
	box.Elem().Set(reflect.Zero(typeAt(t.typ)))
	return *(**itab)(box.UnsafePointer()), nil
}

// typeAt is the type that a pointer to its description stands for.
func typeAt(p unsafe.Pointer) reflect.Type {
	var e any = 0
	*(*unsafe.Pointer)(unsafe.Pointer(&e)) = p
	return reflect.TypeOf(e)
}

// redirect replaces addresses in the data of the file that is mapped at address within. None of its functions has been called yet,
// but initialisers of packages that the file brings have.
func redirect(within uintptr, instead map[uintptr]*itab) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return fmt.Errorf("list what is mapped: %w", err)
	}
	areas := mapped(string(maps), within)
	if len(areas) == 0 {
		return fmt.Errorf("no file is mapped at %#x, where the plugin's types are", within)
	}
	page := uintptr(os.Getpagesize())
	for _, a := range areas {
		start := *(*unsafe.Pointer)(unsafe.Pointer(&a.from))
		area := unsafe.Slice((*byte)(start), a.to-a.from)
		words := unsafe.Slice((*uintptr)(start), (a.to-a.from)/unsafe.Sizeof(a.from))
		for i, w := range words {
			used := instead[w]
			if used == nil {
				continue
			}
			at := uintptr(i) * unsafe.Sizeof(w) / page * page
			if !a.writable {
				if err := syscall.Mprotect(area[at:at+page], syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
					return fmt.Errorf("make data writable: %w", err)
				}
			}
			words[i] = uintptr(unsafe.Pointer(used))
			if !a.writable {
				if err := syscall.Mprotect(area[at:at+page], syscall.PROT_READ); err != nil {
					return fmt.Errorf("make data read-only again: %w", err)
				}
			}
		}
	}
	return nil
}

// area is memory that a file is mapped at.
type area struct {
	from, to uintptr
	writable bool
}

// mapped lists the readable data of the file that is mapped at an address, by /proc/self/maps. The file is known by device and
// inode: its name may hold spaces, be another than that it was opened by, or be gone.
func mapped(maps string, within uintptr) (areas []area) {
	files := map[string][]area{}
	var file string
	for line := range strings.Lines(maps) {
		f := strings.Fields(line) // from-to access offset device inode name
		if len(f) < 5 || f[4] == "0" || len(f[1]) < 3 {
			continue
		}
		first, last, _ := strings.Cut(f[0], "-")
		from, err1 := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(last, 16, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		a := area{uintptr(from), uintptr(to), f[1][1] == 'w'}
		key := f[3] + " " + f[4]
		if a.from <= within && within < a.to {
			file = key
		}
		if f[1][0] == 'r' && f[1][2] != 'x' {
			files[key] = append(files[key], a)
		}
	}
	return files[file]
}
