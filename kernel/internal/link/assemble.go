package link

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/whole"
)

// assemble makes the folder of a base. What is whole of one that is there already is taken over; and of the library that loaded, which
// may be nil, has mapped.
func (w *workshop) assemble(ctx context.Context, mode Mode, key string, all []*listed, worker *listed, loaded *base) error {
	tmp, err := w.cache.temp("base")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	final := w.cache.path("base", key)
	for _, name := range []string{"pkg", "obj"} {
		if err := os.Mkdir(filepath.Join(tmp, name), 0o755); err != nil {
			return fmt.Errorf("make base: %w", err)
		}
	}
	s := &site{w: w, mode: mode, dir: tmp, lib: tmp, have: salvage(final, tmp, loaded)}
	if err := s.packages(all); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	if mode == Thin {
		if err := s.library(ctx); err != nil {
			return err
		}
	}
	if !s.have[stubNames[true]] || !s.have[stubNames[false]] {
		if err := s.stubTemplates(ctx); err != nil {
			return err
		}
	}
	if !s.have[workerName] {
		w.step(Step{What: "link worker"})
		var files []string
		for _, f := range worker.GoFiles {
			files = append(files, filepath.Join(worker.Dir, f))
		}
		if err := s.program(ctx, workerName, files); err != nil {
			return err
		}
	}
	for _, name := range []string{"compile.cfg.tmp", "link.cfg.tmp"} {
		_ = os.Remove(filepath.Join(tmp, name)) // what they name lies in the go command's cache, or goes as well
	}
	if err := os.RemoveAll(filepath.Join(tmp, "obj")); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	if _, err := whole.Make(tmp); err != nil {
		return fmt.Errorf("make base: %w", err)
	}
	return w.cache.publish(tmp, final)
}

// workerName is the worker's program in the folder of a base.
const workerName = "worker"

// salvage takes over what is whole of a base into dir, and names it. All that is made of the same packages by the same tools is the same
// byte for byte, so new parts go with old ones.
func salvage(from, dir string, loaded *base) map[string]bool {
	have := map[string]bool{}
	files, _ := whole.Read(from)
	for name := range files {
		if files.Is(from, name) && os.Link(filepath.Join(from, name), filepath.Join(dir, name)) == nil {
			have[name] = true
		}
	}
	if !have[libraryName] && loaded != nil && loaded.lib != nil {
		have[libraryName] = loaded.lib.saveAs(filepath.Join(dir, libraryName), loaded.files[libraryName])
	}
	return have
}

// packages writes the export data of all packages and what lists them.
func (s *site) packages(all []*listed) error {
	var index strings.Builder
	for i, p := range all {
		data, err := os.ReadFile(p.Export)
		if err != nil {
			return err
		}
		a, err := readArchive(data)
		if err != nil {
			return fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		name := filepath.Join("pkg", strconv.Itoa(i))
		switch {
		case s.have[name]:
		case s.mode == Thin:
			err = os.WriteFile(filepath.Join(s.dir, name), a.exports(), 0o644)
		default:
			err = copyFile(filepath.Join(s.dir, name), p.Export)
		}
		if err != nil {
			return err
		}
		linked := p.Export
		if s.mode == Thin && !s.have[libraryName] {
			if linked, err = unlisted(a, p.Export, filepath.Join(s.dir, "obj", strconv.Itoa(i))); err != nil {
				return fmt.Errorf("%s: %w", p.ImportPath, err)
			}
		}
		print := a.print()
		fmt.Fprintf(&index, "%s\t%s\t%t\t%t\t%s\t%s\n", p.ImportPath, p.Name, p.Standard, a.host && !p.Standard, name, hex.EncodeToString(print[:]))
		s.add(p.ImportPath, linked)
	}
	return s.replace("index", []byte(index.String()))
}

// replace writes a file, which may be a link to one of another folder.
func (s *site) replace(name string, data []byte) error {
	at := filepath.Join(s.dir, name)
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(at, data, 0o644)
}

// unlisted is an archive of which nobody's types are marked for the library's list: export, if that is so already, or a copy.
func unlisted(a *archive, export, copied string) (string, error) {
	n, err := a.unlist()
	if err != nil {
		return "", &LinkError{"the base library", err}
	}
	if n == 0 {
		return export, nil
	}
	return copied, os.WriteFile(copied, a.data, 0o644)
}

// site is where programs and the library are linked.
type site struct {
	w       *workshop
	mode    Mode
	dir     string          // where the results go
	lib     string          // folder of the base library
	files   []string        // "path=file" of whole archives, or of export data where the library has the code
	members []string        // import paths
	have    map[string]bool // what is in dir already
}

func (s *site) add(path, file string) {
	s.members = append(s.members, path)
	s.files = append(s.files, path+"="+file)
}

// config writes an importcfg. The compiler does not take the lines for libraries.
func (s *site) config(name string, shared bool) (string, error) {
	var text strings.Builder
	for i, f := range s.files {
		fmt.Fprintf(&text, "packagefile %s\n", f)
		if shared {
			fmt.Fprintf(&text, "packageshlib %s=%s\n", s.members[i], filepath.Join(s.lib, libraryName))
		}
	}
	at := filepath.Join(s.dir, name)
	if err := os.WriteFile(at, []byte(text.String()), 0o644); err != nil {
		return "", fmt.Errorf("write importcfg: %w", err)
	}
	return at, nil
}

// libraryName is part of the symbol that ties plugins to the library.
const libraryName = "libbase.so"

// library links all packages into one shared library. With -Bsymbolic the code reaches the library's own variables
// without a detour.
func (s *site) library(ctx context.Context) error {
	at := filepath.Join(s.dir, libraryName)
	if !s.have[libraryName] {
		if err := s.linkLibrary(ctx, at); err != nil {
			return err
		}
	}
	if s.have[libraryName] && s.have["types"] {
		return nil
	}
	l, err := openLibrary(at, libraryName)
	if err != nil {
		return &LinkError{"the base library", err}
	}
	defer l.close()
	if err := l.check(); err != nil {
		return &LinkError{"the base library", err}
	}
	if err := l.checkTypes(); err != nil {
		return &LinkError{"type list of the base library", err}
	}
	if err := s.replace("types", l.typeTable()); err != nil {
		return fmt.Errorf("link the base library: %w", err)
	}
	return nil
}

func (s *site) linkLibrary(ctx context.Context, at string) error {
	s.w.step(Step{What: "link base library"})
	cfg, err := s.config("compile.cfg.tmp", false)
	if err != nil {
		return err
	}
	args := []string{"-buildmode=shared", "-linkshared", "-w", "-s", "-o", at, "-importcfg", cfg,
		"-installsuffix", "dynlink", "-extld=" + strings.Join(s.w.tool.CC, " "), "-extldflags=-Wl,-Bsymbolic"}
	if err := s.w.run(ctx, "link", append(args, s.files...)...); err != nil {
		return &LinkError{"the base library", err}
	}
	return nil
}

// program compiles files as package main and links them the way plugins are linked.
func (s *site) program(ctx context.Context, name string, files []string) error {
	cfg, err := s.config("compile.cfg.tmp", false)
	if err != nil {
		return err
	}
	linkcfg, err := s.config("link.cfg.tmp", s.mode == Thin)
	if err != nil {
		return err
	}
	obj := filepath.Join(s.dir, name+".a")
	defer os.Remove(obj)
	args := slices.Concat([]string{"-o", obj, "-p", "main", "-lang=" + s.w.tool.Lang(), "-complete", "-pack", "-importcfg", cfg}, compileFlags(s.mode), files)
	if err := s.w.run(ctx, "compile", args...); err != nil {
		return &LinkError{"the program " + name, err}
	}
	link := []string{"-w", "-o", filepath.Join(s.dir, name), "-importcfg", linkcfg}
	if s.mode == Thin {
		err = s.thinProgram(ctx, append(link, "-buildmode=exe", "-linkshared", "-installsuffix", "dynlink"), obj)
	} else {
		// The packages are compiled -dynlink: in a plain exe they crash.
		err = s.w.run(ctx, "link", append(link, "-buildmode=pie", "-extld="+strings.Join(s.w.tool.CC, " "), obj)...)
	}
	if err != nil {
		return &LinkError{"the program " + name, err}
	}
	return nil
}

// thinProgram links a program against the base library, and mends it before the C compiler joins it.
func (s *site) thinProgram(ctx context.Context, link []string, obj string) error {
	extld, err := s.w.recorder()
	if err != nil {
		return err
	}
	tmp, err := s.w.cache.temp("program")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	rpath := "$ORIGIN"
	if s.lib != s.dir {
		rpath = s.lib
	}
	if err := s.w.run(ctx, "link", append(link, "-r", rpath, "-tmpdir", tmp, "-extld="+extld, obj)...); err != nil {
		return err
	}
	args, err := readArgs(filepath.Join(tmp, "args"))
	if err != nil {
		return err
	}
	lib, err := openLibrary(filepath.Join(s.lib, libraryName), libraryName)
	if err != nil {
		return err
	}
	defer lib.close()
	goo := filepath.Join(tmp, "go.o")
	data, err := os.ReadFile(goo)
	if err != nil {
		return fmt.Errorf("mend program: %w", err)
	}
	if data, err = mendProgram(data, func(n string) bool { return lib.find(n) != 0 }); err != nil {
		return err
	}
	if err := os.WriteFile(goo, data, 0o644); err != nil {
		return fmt.Errorf("mend program: %w", err)
	}
	cmd := exec.CommandContext(ctx, s.w.tool.CC[0], append(slices.Clone(s.w.tool.CC[1:]), args...)...)
	cmd.Env = s.w.toolEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %s", filepath.Base(s.w.tool.CC[0]), words(string(out), err))
	}
	return nil
}

// compileFlags are the compiler's flags for code that plugins share.
func compileFlags(mode Mode) []string {
	if mode == Thin {
		return []string{"-dynlink", "-linkshared"}
	}
	return []string{"-dynlink"}
}

// LinkError is a failure of the technique on this toolchain, not of the user's code.
type LinkError struct {
	What string
	Err  error
}

func (e *LinkError) Error() string { return "link " + e.What + ": " + e.Err.Error() }
func (e *LinkError) Unwrap() error { return e.Err }

// run runs a tool of the toolchain: compile or link.
func (w *workshop) run(ctx context.Context, tool string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(w.tool.Tools, tool), args...)
	cmd.Env = w.toolEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %s", tool, words(string(out), err))
	}
	return nil
}

// toolEnv is the environment in which compile and link make what the go command makes.
func (w *workshop) toolEnv() []string {
	// The tools end before collecting pays: without it a small unit compiles in two thirds of the time.
	set := map[string]string{"LC_ALL": "C", "GOGC": "off", "GOMEMLIMIT": "1GiB", "TMPDIR": w.temp}
	for _, name := range []string{"GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOROOT", "GOFIPS140"} {
		if v := w.tool.Env[name]; v != "" {
			set[name] = v
		}
	}
	return setenv(w.env, set)
}
