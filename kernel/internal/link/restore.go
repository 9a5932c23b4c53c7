package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"interleave/kernel/internal/whole"
)

// A kernel may run for days, and somebody who needs room may remove the whole cache meanwhile. The worker has the base library mapped,
// and its values need not be lost: what is missing is made again as it was. That it is the same, its checksums say.

// LostError says that a base is gone that a worker uses, and that it cannot be made again as it was.
type LostError struct {
	Why string
}

func (e *LostError) Error() string {
	return "files of the kernel's cache were removed or damaged while it ran, and cannot be made again as they were: " + e.Why +
		". Restart the kernel, which loses the variables"
}

// Restored is how often files of the cache that were removed or damaged were made again.
func (b *Builder) Restored() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.restored
}

// Intact makes sure that the worker's program is there.
func (b *Builder) Intact(ctx context.Context) error { return b.intact(ctx, nil) }

// intact makes sure that the files are there which a unit with these imports is built of. It looks at a dozen of them and reads none.
func (b *Builder) intact(ctx context.Context, imports []string) error {
	names := []string{stubNames[true], stubNames[false], workerName}
	if b.mode == Thin {
		names = append(names, libraryName)
	}
	var extra []*Package
	for _, path := range imports {
		switch p := b.find(path); {
		case p == nil:
		case b.base.packages[path] == p:
			rel, _ := filepath.Rel(b.base.dir, p.export) // it lies there
			names = append(names, filepath.ToSlash(rel))
		default:
			extra = append(extra, p)
		}
	}
	for _, name := range names {
		if !b.looksWhole(name) {
			if err := b.restore(ctx); err != nil {
				return err
			}
			break
		}
	}
	if len(extra) == 0 {
		return nil
	}
	if extra, err := b.reach(imports); err == nil {
		for _, p := range extra {
			if _, err := os.Stat(p.export); err != nil {
				return b.reacquire(ctx, extra)
			}
		}
	}
	return nil
}

// looksWhole tells whether a file of the base looks as it did when it was found whole, or is still whole.
func (b *Builder) looksWhole(name string) bool {
	now, err := whole.Look(filepath.Join(b.base.dir, filepath.FromSlash(name)))
	if err != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now == b.base.looks[name] {
		return true
	}
	if !b.base.files.Is(b.base.dir, name) {
		return false
	}
	b.base.looks[name] = now
	return true
}

// restoreBroken makes the base again if one of its files is broken, and tells whether it has.
func (b *Builder) restoreBroken(ctx context.Context) bool {
	if bad, _ := b.base.files.Broken(b.base.dir, ""); len(bad) == 0 {
		return false
	}
	return b.restore(ctx) == nil
}

// restore makes what is missing of the base again.
func (b *Builder) restore(ctx context.Context) error {
	b.restoring.Lock()
	defer b.restoring.Unlock()
	if bad, _ := b.base.files.Broken(b.base.dir, ""); len(bad) == 0 {
		return nil // another cell was quicker
	}
	if b.base.held == nil {
		return &LostError{"they belong to the installation, which was removed or replaced"}
	}
	if err := b.shop.cache.folders(); err != nil {
		return err
	}
	w, err := b.governing()
	if err != nil {
		return err
	}
	if len(b.base.Granted) == 0 {
		if w, err = w.shared(b.mode); err != nil {
			return err
		}
	}
	quiet := *w
	quiet.progress = nil
	unlock, err := quiet.cache.lock("base-" + quiet.stateKey(b.mode))
	if err != nil {
		return err
	}
	defer unlock()
	p, err := quiet.compileBase(ctx, b.mode, b.base.Granted)
	if err != nil {
		return err
	}
	if k := quiet.knownOf(b.mode, p); k.Base != b.base.key {
		return &LostError{"sources, versions of modules or the Go toolchain are others by now"}
	}
	again, err := quiet.finish(ctx, b.mode, p, b.base)
	if err != nil {
		return err
	}
	for name, part := range b.base.files {
		if again.files[name] != part {
			again.close()
			return &LostError{fmt.Sprintf("the toolchain has made another %s of the same packages", name)}
		}
	}
	if again.lib != nil {
		_ = again.lib.close() // that in use has the same content; unmapping does not fail
	}
	b.mu.Lock()
	old := b.base.held
	b.base.held, b.base.looks = again.held, again.looks
	b.restored++
	b.mu.Unlock()
	_ = old.Close()
	b.shop.log.Warn("files of the cache were removed or damaged while the kernel ran, and were made again", "base", b.base.dir)
	again.Wanted = b.base.Wanted
	return quiet.remember(quiet.stateKey(b.mode), again.known)
}

// reacquire finds packages outside of the base again whose files are gone.
func (b *Builder) reacquire(ctx context.Context, extra []*Package) error {
	b.requiring.Lock()
	defer b.requiring.Unlock()
	var paths []string
	b.mu.Lock()
	for _, p := range extra {
		paths = append(paths, p.ImportPath)
		delete(b.extra, p.ImportPath)
	}
	b.mu.Unlock()
	err := b.require(ctx, paths)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range extra {
		switch now := b.extra[p.ImportPath]; {
		case now == nil:
			b.extra[p.ImportPath] = p // it stays what is loaded
		case now.print != p.print:
			b.extra[p.ImportPath] = p
			err = errors.Join(err, &LostError{p.ImportPath + " has changed on disk"})
		}
	}
	b.restored++
	return err
}
