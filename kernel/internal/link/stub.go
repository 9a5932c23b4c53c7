package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Around each unit goes a package main that exports one function, which calls the unit's. Compiling it takes a process
// and 11 ms for eight lines of which nothing changes but two names. So it is compiled once for each base, as a
// template, and a unit's own is made by changing bytes of the object file:
//
//   - the unit's key, wherever it stands: in the template it has the same length;
//   - the reference to the unit's function, by name since the template is compiled with -linkshared: it gets another
//     string, which is put behind the object's last block;
//   - the fingerprint of nb that the stub was compiled against.
//
// There are two templates, because a stub refers to nb's init task only if nb has one.
const (
	stubKey   = "interleavestubtemplate00" // as long as a hash
	stubEntry = "Run_interleavestub"
)

var stubNames = map[bool]string{true: "stub-init.a", false: "stub-plain.a"}

// stubTemplates compiles both templates into the folder of a base under construction.
func (s *site) stubTemplates(ctx context.Context) error {
	for initialises, name := range stubNames {
		if err := s.stubTemplate(ctx, initialises, filepath.Join(s.dir, name)); err != nil {
			return &LinkError{"the stub", err}
		}
	}
	return nil
}

func (s *site) stubTemplate(ctx context.Context, initialises bool, out string) error {
	nb := "package notebook\n\n//go:noinline\nfunc " + stubEntry + "() {}\n"
	if initialises {
		nb = strings.Replace(nb, "\n\n", "\n\nimport _ \"os\"\n\n", 1)
	}
	main := "package main\n\nimport nb \"" + unitPath + "\"\n\nfunc " + pluginSymbol + "() { nb." + stubEntry + "() }\n\nfunc main() {}\n"
	for name, text := range map[string]string{"nb.go": nb, "stub.go": main} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("compile stub: %w", err)
		}
		defer os.Remove(filepath.Join(s.dir, name))
	}
	cfg, err := s.config("compile.cfg.tmp", false)
	if err != nil {
		return err
	}
	nba := filepath.Join(s.dir, "nb.a")
	defer os.Remove(nba)
	flags := []string{"-lang=" + s.w.tool.Lang(), "-complete", "-dwarf=false", "-trimpath", s.dir, "-dynlink", "-linkshared", "-pack"}
	args := slices.Concat([]string{"-o", nba, "-p", unitPath, "-importcfg", cfg}, flags, []string{filepath.Join(s.dir, "nb.go")})
	if err := s.w.run(ctx, "compile", args...); err != nil {
		return err
	}
	f, err := os.OpenFile(cfg, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("compile stub: %w", err)
	}
	_, err = fmt.Fprintf(f, "packagefile %s=%s\n", unitPath, nba)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("compile stub: %w", err)
	}
	args = slices.Concat([]string{"-o", out, "-p", unitPath + "/" + stubKey, "-importcfg", cfg}, flags, []string{filepath.Join(s.dir, "stub.go")})
	if err := s.w.run(ctx, "compile", args...); err != nil {
		return err
	}
	// Try it, so that an object file of another layout is noticed here.
	_, err = makeStub(out, strings.Repeat("0", len(stubKey)), "Run_x", [8]byte{})
	return err
}

// makeStub makes a unit's stub from a template.
func makeStub(template, key, entry string, print [8]byte) ([]byte, error) {
	data, err := os.ReadFile(template)
	if err != nil {
		return nil, fmt.Errorf("make stub: %w", err)
	}
	if len(key) != len(stubKey) {
		return nil, fmt.Errorf("make stub: key %q has another length than the template's", key)
	}
	data = bytes.ReplaceAll(data, []byte(stubKey), []byte(key))
	a, err := readArchive(data)
	if err != nil {
		return nil, fmt.Errorf("make stub: %w", err)
	}
	if len(a.objects) != 1 {
		return nil, fmt.Errorf("make stub: %w", errObject)
	}
	o := object(a.objects[0])
	at := len(data) - len(o) // the object is the archive's last entry
	if len(data)&1 == 1 || &data[at] != &o[0] {
		if at--; at < 0 || &data[at] != &o[0] { // a byte of padding
			return nil, fmt.Errorf("make stub: %w", errObject)
		}
	}
	if err := o.redirect(unitPath+"."+stubEntry, uint32(len(unitPath)+1+len(entry))); err != nil {
		return nil, fmt.Errorf("make stub: %w", err)
	}
	if err := o.setImportPrint(unitPath, print); err != nil {
		return nil, fmt.Errorf("make stub: %w", err)
	}
	body := append(slices.Clone(data[:at+len(o)]), unitPath+"."+entry...)
	return resizeLast(body, data, at), nil
}

// redirect makes the one reference to a symbol name another string, n bytes long, right behind the object.
func (o object) redirect(name string, n uint32) error {
	from, to, err := o.block(blockNonPkgRef)
	if err != nil {
		return err
	}
	found := 0
	for i := from; i+symbolSize <= to; i += symbolSize {
		s, err := o.text(i)
		if err != nil {
			return err
		}
		if s == name {
			binary.LittleEndian.PutUint32(o[i:], n)
			binary.LittleEndian.PutUint32(o[i+4:], uint32(len(o)))
			found++
		}
	}
	if found != 1 {
		return fmt.Errorf("%d references to %s, one is expected: %w", found, name, errObject)
	}
	return nil
}

// setImportPrint sets the fingerprint of a package that the object was compiled against.
func (o object) setImportPrint(path string, print [8]byte) error {
	from, to, err := o.block(blockAutolib)
	if err != nil {
		return err
	}
	for i := from; i+autolibSize <= to; i += autolibSize {
		s, err := o.text(i)
		if err != nil {
			return err
		}
		if s == path {
			copy(o[i+8:i+16], print[:])
			return nil
		}
	}
	return fmt.Errorf("no import of %s: %w", path, errObject)
}

// resizeLast writes the size of the archive's last entry, whose object begins at at in data, after body has grown.
func resizeLast(body, data []byte, at int) []byte {
	head := lastHeader(data, at)
	copy(body[head+48:head+58], fmt.Sprintf("%-10d", len(body)-head-arHeader))
	if len(body)&1 == 1 {
		body = append(body, 0)
	}
	return body
}

// lastHeader is where the header of the entry lies that holds position at.
func lastHeader(data []byte, at int) int {
	for i := len(arMagic); ; {
		var size int
		fmt.Sscanf(string(data[i+48:i+58]), "%d", &size)
		if next := i + arHeader + size + size&1; next > at {
			return i
		} else {
			i = next
		}
	}
}

// initialises tells whether a package has an init task.
func (a *archive) initialises(path string) (yes bool, err error) {
	see := func(n string) { yes = yes || n == path+"..inittask" }
	for _, o := range a.objects {
		for block := blockSymDef; block < blockNonPkgRef; block++ {
			if err := object(o).names(block, symbolSize, see); err != nil {
				return false, fmt.Errorf("read definitions: %w", err)
			}
		}
	}
	return yes, nil
}
