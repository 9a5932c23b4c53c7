package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Open makes a Builder for a folder. It builds the base when the cache has none, which takes the better part of a minute
// on a new machine and is told to Options.Progress; otherwise it takes some milliseconds.
func Open(ctx context.Context, o Options) (b *Builder, err error) {
	if err := lostFolder(o.Dir); err != nil {
		return nil, err
	}
	w, mode, why, err := o.choose(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if b == nil {
			w.close()
		}
	}()
	made := &Builder{opts: o, shop: w, mode: mode, why: why, extra: map[string]*Package{}, mentioned: map[string]bool{}, revisions: map[string]string{}, issued: map[string]int{}, overlay: map[string]string{}, toolEnv: w.toolEnv()}
	var stale bool
	if made.base, stale, err = w.openBase(ctx, made.mode); err != nil {
		return nil, err
	}
	if w.module.Scratch { // now it is known what is loaded
		dir, err := filepath.Abs(o.Dir)
		if err == nil {
			w.module, err = findModule(w.tool, dir, o.Sources, w.cache, made.holding())
		}
		if err != nil {
			made.base.close()
			return nil, err
		}
	}
	made.background, made.stop = context.WithCancel(context.WithoutCancel(ctx))
	made.tasks.Go(func() { made.tidy(stale) })
	return made, nil
}

func newWorkshop(ctx context.Context, o Options) (*workshop, error) {
	if err := lostFolder(o.Dir); err != nil {
		return nil, err
	}
	tool, err := o.search().Find(ctx)
	if err != nil {
		return nil, err
	}
	return o.workshop(tool)
}

// workshop is that of a toolchain.
func (o Options) workshop(tool *Toolchain) (*workshop, error) {
	w := &workshop{tool: tool, env: o.Env, progress: o.Progress, log: o.Logger, installed: o.Sources, prepared: beside(o.Sources)}
	if w.env == nil {
		w.env = os.Environ()
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	w.user = w.env
	w.env = w.tool.environment(ownEnvironment(w.env))
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find notebook folder: %w", err)
	}
	if proxy, ok := carried(o.Sources); ok {
		proxies := map[string]string{"GOPROXY": proxy + "," + w.tool.Env["GOPROXY"]}
		w.env, w.user = setenv(w.env, proxies), setenv(w.user, proxies)
	}
	if w.cache, err = openCache(o.Cache, o.Limit); err != nil {
		return nil, err
	}
	if w.module, err = findModule(w.tool, dir, o.Sources, w.cache, holding{}); err != nil {
		return nil, err
	}
	if w.temp, err = w.cache.temp("go"); err != nil {
		return nil, err
	}
	return w, nil
}

// carried are the addresses, as GOPROXY takes them, of the modules that lie beside the sources: an installation that was made for
// machines without a network, or prepared for many users, has them.
func carried(sources string) (proxies string, ok bool) {
	var found []string
	for _, dir := range []string{filepath.Join(filepath.Dir(sources), "modules"), filepath.Join(beside(sources), "modules")} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && filepath.IsAbs(dir) && sources != "" {
			found = append(found, (&url.URL{Scheme: "file", Path: dir}).String())
		}
	}
	return strings.Join(found, ","), len(found) > 0
}

func (w *workshop) close() { os.RemoveAll(w.temp) } // what stays is removed with what dead processes have left

// tempDir is the folder for what tools leave when they are killed. It is there, whoever has cleaned up.
func (w *workshop) tempDir() string {
	_ = os.MkdirAll(w.temp, 0o700) // the tool's own error names it
	return w.temp
}

// goEnv is the environment of go commands that are ours alone. With that of the user they would leave folders in the
// system's /tmp when an interrupt kills them.
func (w *workshop) goEnv() []string {
	dir := w.tempDir()
	return setenv(w.env, map[string]string{"GOTMPDIR": dir, "TMPDIR": dir})
}

// Temp makes a folder for what a cell needs while it runs. The caller removes it; when this process is killed before, another Builder does.
func (b *Builder) Temp(what string) (string, error) { return b.shop.cache.temp(what) }

// tidy runs behind an open builder: it builds the base for next time and trims the cache.
func (b *Builder) tidy(stale bool) {
	if stale {
		quiet := *b.shop
		quiet.progress = nil
		next, err := quiet.makeBase(b.background, b.mode, quiet.wanted())
		if err == nil {
			next.close()
		} else if !errors.Is(err, context.Canceled) {
			b.shop.log.Warn("base for the next start was not built", "error", err)
		}
	}
	if err := b.shop.cache.trim(); err != nil {
		b.shop.log.Warn("cache was not trimmed", "error", err)
	}
}

// Close ends what runs in the background and releases the base. Plugins that are loaded stay.
func (b *Builder) Close() error {
	b.release()
	b.shop.close()
	return nil
}

// release ends what runs in the background and lets the base go.
func (b *Builder) release() {
	b.stop()
	b.tasks.Wait()
	b.base.close()
}

// Worker is the program to start for this builder's plugins.
func (b *Builder) Worker() (path string, args, env []string) {
	return filepath.Join(b.base.dir, workerName), nil, setenv(b.shop.user, map[string]string{"INTERLEAVE_SOURCES": b.shop.module.Sources})
}

// trimEvery is how many bytes of plugins are made between two trims.
const trimEvery = 256 << 20

// grown counts a new plugin and trims the cache now and then.
func (b *Builder) grown(path string) {
	st, err := os.Stat(path)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.new += st.Size(); b.new < trimEvery || b.background.Err() != nil {
		return
	}
	b.new = 0
	b.tasks.Go(func() { b.tidy(false) })
}

// keyed is a lock for each of many keys.
type keyed struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

func (k *keyed) lock(key string) (unlock func()) {
	for {
		k.mu.Lock()
		if k.held == nil {
			k.held = map[string]chan struct{}{}
		}
		wait, taken := k.held[key]
		if !taken {
			mine := make(chan struct{})
			k.held[key] = mine
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				delete(k.held, key)
				k.mu.Unlock()
				close(mine)
			}
		}
		k.mu.Unlock()
		<-wait
	}
}
