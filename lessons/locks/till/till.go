package main

import "sync/atomic"

// Till is a stand-in that compiles.
type Till struct{ sold atomic.Int64 }

// NewTill returns a till with nothing sold.
func NewTill() *Till { return &Till{} }

// Sell adds to what is sold.
func (t *Till) Sell(n int) { t.sold.Add(int64(n)) }

// Sold is how much was sold.
func (t *Till) Sold() int { return int(t.sold.Load()) }
