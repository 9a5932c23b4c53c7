// Package talk holds the 81 recorded runs of the talk that this workshop re-tells: "Choosing Concurrency and
// Parallelism for Your Python Projects", Muhammad Shalahuddin Yahya Sunarko, PyCon ID, 21 November 2019.
//
// Each of nine programs was run nine times with IPython's %%timeit -r 3 -n 3 on the author's machine (Python 3.6.8,
// number of cores not stated), as recorded in the notebook of github.com/MuhammadSYahyaS/python-concurrency at
// commit e8e6800. Only the measured numbers are kept here; they are facts. The package has no state and starts
// no goroutine.
package talk

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Workload is the kind of job that a program did.
type Workload string

const (
	CPU Workload = "cpu" // 64x64 matrix products for 1 s; 6 workers unless sequential; more is better
	IO  Workload = "io"  // 9 requests to a server on the same machine; less is better
)

// Model is the way in which a program was made concurrent, as the talk names it.
type Model string

const (
	Sequential           Model = "sequential"
	ThreadingClass       Model = "threading-class"
	ThreadingCallable    Model = "threading-callable"
	MultiprocessingClass Model = "multiprocessing-class"
	MultiprocessingPool  Model = "multiprocessing-pool"
	Threading            Model = "threading"
	Asyncio              Model = "asyncio"
)

// Unit of the values of a workload: "k ops/s" for CPU, "ms" for IO.
func (w Workload) Unit() string {
	if w == CPU {
		return "k ops/s"
	}
	return "ms"
}

// MoreIsBetter tells whether a larger value is the better one.
func (w Workload) MoreIsBetter() bool { return w == CPU }

// Program is one of the nine programs.
type Program struct {
	Workload Workload
	Model    Model
}

// String writes the program as "cpu sequential".
func (p Program) String() string { return string(p.Workload) + " " + string(p.Model) }

// Run is one recorded run.
type Run struct {
	Program
	Number int     // 1 to 9, in the order recorded
	Value  float64 // in Workload.Unit()
}

//go:embed talk2019.csv
var recorded string

// programs lists the programs in the order of the talk, with the number printed on the slide.
var programs = [9]struct {
	Program
	deck Deck
}{
	{Program{CPU, Sequential}, Deck{9.854, 19, true}},
	{Program{CPU, ThreadingClass}, Deck{8.912, 19, true}},
	{Program{CPU, ThreadingCallable}, Deck{8.604, 19, true}},
	{Program{CPU, MultiprocessingClass}, Deck{36.810, 33, true}},
	{Program{CPU, MultiprocessingPool}, Deck{36.863, 33, false}},
	{Program{IO, Sequential}, Deck{588.41, 21, true}},
	{Program{IO, Threading}, Deck{856.66, 21, true}},
	{Program{IO, Asyncio}, Deck{578.92, 27, true}},
	{Program{IO, MultiprocessingPool}, Deck{955.55, 34, true}},
}

// Deck is the number that a slide prints for a program.
type Deck struct {
	Value    float64 // in Workload.Unit()
	Slide    int
	Recorded bool // it is one of the nine runs; the pool's CPU number is of a separate one
}

// Programs returns the nine programs in the order of the talk.
func Programs() []Program {
	list := make([]Program, len(programs))
	for i, p := range programs {
		list[i] = p.Program
	}
	return list
}

// ByWorkload returns the programs of one workload, in the order of the talk; none for an unknown one.
func ByWorkload(w Workload) []Program {
	return slices.DeleteFunc(Programs(), func(p Program) bool { return p.Workload != w })
}

// Printed returns the number that the deck prints for p.
func Printed(p Program) (Deck, bool) {
	for _, q := range programs {
		if q.Program == p {
			return q.deck, true
		}
	}
	return Deck{}, false
}

// Runs returns all 81 runs, in the order of the file. The caller owns the slice.
func Runs() []Run {
	runs, err := parse(recorded)
	if err != nil {
		panic(err) // the data are compiled in, and a test reads them
	}
	return runs
}

// Values returns the nine values of p in the order recorded, or nil for a program that the talk did not run.
func Values(p Program) []float64 {
	var values []float64
	for _, r := range Runs() {
		if r.Program == p {
			values = append(values, r.Value)
		}
	}
	return values
}

// CSV returns the data as they are kept: workload,model,run,value,unit.
func CSV() string { return recorded }

func parse(text string) ([]Run, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("talk data: %w", err)
	}
	var runs []Run
	for i, row := range rows {
		if i == 0 {
			continue
		}
		if len(row) != 5 {
			return nil, fmt.Errorf("talk data: line %d: %d columns", i+1, len(row))
		}
		number, err := strconv.Atoi(row[2])
		if err != nil {
			return nil, fmt.Errorf("talk data: line %d: %w", i+1, err)
		}
		value, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			return nil, fmt.Errorf("talk data: line %d: %w", i+1, err)
		}
		p := Program{Workload(row[0]), Model(row[1])}
		if row[4] != p.Workload.Unit() {
			return nil, fmt.Errorf("talk data: line %d: unit %q for %s", i+1, row[4], p)
		}
		runs = append(runs, Run{Program: p, Number: number, Value: value})
	}
	return runs, nil
}
