// Package chart is the seam between package display and code that can draw charts better than display can on
// its own, because it may import what display may not.
package chart

import "sync"

// Draw draws a chart of a size in points (1/72 inch) and returns it as PNG.
type Draw func(width, height float64) ([]byte, error)

// Matcher returns how to draw v, or nil if v is not a chart it knows.
type Matcher func(v any) Draw

var (
	mu       sync.RWMutex
	matchers []Matcher
)

// Register adds a matcher. It is meant to be called by the initialiser of the package that brings the matcher,
// as image formats are: whether it is linked decides whether it is there.
func Register(m Matcher) {
	mu.Lock()
	defer mu.Unlock()
	matchers = append(matchers, m)
}

// Lookup asks the matchers in turn; it returns nil if none knows v.
func Lookup(v any) Draw {
	mu.RLock()
	defer mu.RUnlock()
	for _, m := range matchers {
		if d := m(v); d != nil {
			return d
		}
	}
	return nil
}
