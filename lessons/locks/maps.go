package locks

import (
	"context"
	"fmt"
	"sync"
	"time"

	"interleave/lessons/kit/measure"
)

// Map is a kind of map that goroutines may share.
type Map interface {
	Load(key int) (int, bool)
	Store(key, value int)
}

// mutexMap is a plain map with a mutex.
type mutexMap struct {
	mu sync.Mutex
	m  map[int]int
}

func (m *mutexMap) Load(key int) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[key]
	return v, ok
}

func (m *mutexMap) Store(key, value int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[key] = value
}

// rwMap is a plain map with a lock that readers share.
type rwMap struct {
	mu sync.RWMutex
	m  map[int]int
}

func (m *rwMap) Load(key int) (int, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.m[key]
	return v, ok
}

func (m *rwMap) Store(key, value int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[key] = value
}

// syncMap is a sync.Map of integers.
type syncMap struct{ m sync.Map }

func (m *syncMap) Load(key int) (int, bool) {
	v, ok := m.m.Load(key)
	if !ok {
		return 0, false
	}
	return v.(int), true
}

func (m *syncMap) Store(key, value int) { m.m.Store(key, value) }

// mapKinds are the kinds of map, by name.
var mapKinds = []struct {
	name string
	make func() Map
}{
	{"map + Mutex", func() Map { return &mutexMap{m: map[int]int{}} }},
	{"map + RWMutex", func() Map { return &rwMap{m: map[int]int{}} }},
	{"sync.Map", func() Map { return &syncMap{} }},
}

// keys is how many keys the maps have.
const keys = 1024

// Grid is the cost of each kind of map at each share of writes, for a heat map.
type Grid struct {
	Kinds  []string
	Shares []int               // percent of the operations that write
	NS     [][]measure.Summary // by kind, then share: nanoseconds per operation
	Runs   [][][]float64       // the same round by round; values of one round were taken side by side
	Card   measure.Card
}

// Maps measures every kind of map at write shares of 0, 1, 10 and 50 %, all in turn. A zero size stands for
// [DefaultSize].
func Maps(ctx context.Context, size Size) (Grid, error) {
	g := Grid{Shares: []int{0, 1, 10, 50}}
	if size == (Size{}) {
		size = DefaultSize()
	}
	var variants []measure.Variant
	for _, k := range mapKinds {
		g.Kinds = append(g.Kinds, k.name)
		for _, share := range g.Shares {
			m := k.make()
			for key := range keys {
				m.Store(key, key)
			}
			variants = append(variants, measure.Variant{Name: fmt.Sprintf("%s, %d %% writes", k.name, share), Run: func(context.Context) (float64, error) {
				return use(m, share, size), nil
			}})
		}
	}
	r, err := measure.Interleave(ctx, measure.Plan{Rounds: size.Rounds, Unit: "ns/op"}, variants...)
	if err != nil {
		return g, err
	}
	g.Card = r.Card
	for i := range g.Kinds {
		var row []measure.Summary
		var runs [][]float64
		for _, s := range r.Samples[i*len(g.Shares) : (i+1)*len(g.Shares)] {
			summary, err := s.Summary()
			if err != nil {
				return g, err
			}
			row, runs = append(row, summary), append(runs, s.Values)
		}
		g.NS, g.Runs = append(g.NS, row), append(g.Runs, runs)
	}
	return g, nil
}

// use lets goroutines read and write in the given share, over all keys.
func use(m Map, share int, size Size) float64 {
	var wg sync.WaitGroup
	start := time.Now()
	for g := range size.Goroutines {
		wg.Go(func() {
			x := uint32(g + 1)
			for range size.Operations {
				x = x*1664525 + 1013904223
				key := int(x>>16) % keys
				if int(x>>8)%100 < share {
					m.Store(key, key)
				} else {
					m.Load(key)
				}
			}
		})
	}
	wg.Wait()
	return float64(time.Since(start).Nanoseconds()) / float64(size.Goroutines*size.Operations)
}
