package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// Open makes a Builder for a folder. It builds the base when the cache has none, which takes the better part of a minute
// on a new machine and is told to Options.Progress; otherwise it takes some milliseconds.
func Open(ctx context.Context, o Options) (*Builder, error) {
	w, err := newWorkshop(ctx, o)
	if err != nil {
		return nil, err
	}
	mode, forced := o.Mode, "the caller's choice"
	if mode == Auto {
		mode, forced = Mode(getenv(w.env, "INTERLEAVE_LINK")), "INTERLEAVE_LINK says so"
	}
	b := &Builder{opts: o, shop: w, extra: map[string]*Package{}, toolEnv: w.toolEnv()}
	switch mode {
	case Thin, Thick:
		b.mode, b.why = mode, forced
	case Auto:
		if b.mode, b.why, err = w.choose(ctx); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("INTERLEAVE_LINK=%s: it is thin or thick", mode)
	}
	var stale bool
	if b.base, stale, err = w.openBase(ctx, b.mode); err != nil {
		return nil, err
	}
	b.background, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	b.tasks.Go(func() { b.tidy(stale) })
	return b, nil
}

func newWorkshop(ctx context.Context, o Options) (*workshop, error) {
	w := &workshop{env: o.Env, progress: o.Progress, log: o.Logger}
	if w.env == nil {
		w.env = os.Environ()
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find notebook folder: %w", err)
	}
	if w.tool, err = FindToolchain(ctx, dir, w.env); err != nil {
		return nil, err
	}
	if w.cache, err = openCache(o.Cache, o.Limit); err != nil {
		return nil, err
	}
	if w.module, err = findModule(w.tool, dir, o.Sources, w.cache); err != nil {
		return nil, err
	}
	return w, nil
}

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
	b.stop()
	b.tasks.Wait()
	b.base.close()
	return nil
}

// Worker is the program to start for this builder's plugins.
func (b *Builder) Worker() (path string, args, env []string) {
	return filepath.Join(b.base.dir, "worker"), nil, b.shop.env
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
