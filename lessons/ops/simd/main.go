//go:build goexperiment.simd && amd64

// Command simd measures a 64x64 matrix product that is written with Go's experimental SIMD (package simd/archsimd, Go
// 1.26 or newer with GOEXPERIMENT=simd), on one core, and prints the microseconds of one product. Where it cannot run, it
// prints why and ends with status 3.
package main

import (
	"math"
	"os"
	"simd/archsimd"
	"strconv"
	"time"
)

const side = 64

// rows is a matrix, and fours the same with each row cut into vectors of four.
type (
	rows  [side][side]float64
	fours [side][side / 4][4]float64
)

// multiply sets c = a·x. Eight vectors of four sums stay in registers: four rows of c by eight columns, to each of which
// every step of k adds a number of a times four of x. gonum's kernel reads and writes a row of c for each number of a.
func multiply(c *fours, a *rows, x *fours) {
	for i := 0; i < side; i += 4 {
		a0, a1, a2, a3 := &a[i], &a[i+1], &a[i+2], &a[i+3]
		for j := 0; j < side/4; j += 2 {
			var s00, s01, s10, s11, s20, s21, s30, s31 archsimd.Float64x4
			for k := range side {
				x0, x1 := load(&x[k][j]), load(&x[k][j+1])
				s00 = archsimd.BroadcastFloat64x4(a0[k]).MulAdd(x0, s00)
				s01 = archsimd.BroadcastFloat64x4(a0[k]).MulAdd(x1, s01)
				s10 = archsimd.BroadcastFloat64x4(a1[k]).MulAdd(x0, s10)
				s11 = archsimd.BroadcastFloat64x4(a1[k]).MulAdd(x1, s11)
				s20 = archsimd.BroadcastFloat64x4(a2[k]).MulAdd(x0, s20)
				s21 = archsimd.BroadcastFloat64x4(a2[k]).MulAdd(x1, s21)
				s30 = archsimd.BroadcastFloat64x4(a3[k]).MulAdd(x0, s30)
				s31 = archsimd.BroadcastFloat64x4(a3[k]).MulAdd(x1, s31)
			}
			store(s00, &c[i][j])
			store(s01, &c[i][j+1])
			store(s10, &c[i+1][j])
			store(s11, &c[i+1][j+1])
			store(s20, &c[i+2][j])
			store(s21, &c[i+2][j+1])
			store(s30, &c[i+3][j])
			store(s31, &c[i+3][j+1])
		}
	}
}

func main() {
	if !archsimd.X86.FMA() || !archsimd.X86.AVX2() {
		absent("this processor has no AVX2 and FMA")
	}
	times, err := strconv.Atoi(os.Args[1])
	if err != nil || times < 1 {
		absent("want the number of products as argument")
	}
	var a rows
	var x, c fours
	for i := range side {
		for j := range side {
			a[i][j], x[i][j/4][j%4] = float64((i+j)%7)/7, float64((i*j)%11)/11
		}
	}
	multiply(&c, &a, &x)
	verify(&c, &a, &x)
	start := time.Now()
	for range times {
		multiply(&c, &a, &x)
	}
	took := time.Since(start)
	os.Stdout.WriteString(strconv.FormatFloat(float64(took.Nanoseconds())/1000/float64(times), 'g', -1, 64) + "\n")
}

// verify compares with plain loops.
func verify(c *fours, a *rows, x *fours) {
	for i := range side {
		for j := range side {
			want := 0.0
			for k := range side {
				want += a[i][k] * x[k][j/4][j%4]
			}
			if math.Abs(c[i][j/4][j%4]-want) > 1e-9 {
				os.Stderr.WriteString("the product is wrong\n")
				os.Exit(1)
			}
		}
	}
}

func absent(why string) {
	os.Stdout.WriteString(why + "\n")
	os.Exit(3)
}
