//go:build goexperiment.simd && amd64 && !go1.27

package main

import "simd/archsimd"

func load(four *[4]float64) archsimd.Float64x4 { return archsimd.LoadFloat64x4(four) }

func store(v archsimd.Float64x4, four *[4]float64) { v.Store(four) }
