package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// works are the kinds of work. Each call takes some milliseconds.
var works = []struct {
	name string
	do   func()
}{
	{"unbuffered channel", unbuffered},
	{"buffered channel", buffered},
	{"select", selects},
	{"pipeline", pipeline},
	{"worker pool", pool},
	{"goroutines", goroutines},
	{"mutex alone", func() { locked(1) }},
	{"mutex contended", func() { locked(4) }},
	{"readers and writers", readersWriters},
	{"condition", condition},
	{"timers and contexts", timers},
	{"maps", maps},
	{"sorting", sorting},
	{"formatting", formatting},
	{"text", text},
	{"JSON", jsons},
	{"small allocations", allocations},
	{"appending", appending},
	{"matrices and statistics", numbers},
	{"charts", charts},
}

var sink atomic.Int64

func unbuffered() {
	ch, back := make(chan int), make(chan int)
	go func() {
		for v := range ch {
			back <- v + 1
		}
		close(back)
	}()
	for i := range 20_000 {
		ch <- i
		sink.Add(int64(<-back))
	}
	close(ch)
}

func buffered() {
	ch := make(chan int, 64)
	go func() {
		for i := range 100_000 {
			ch <- i
		}
		close(ch)
	}()
	sum := 0
	for v := range ch {
		sum += v
	}
	sink.Add(int64(sum))
}

func selects() {
	a, b, done := make(chan int), make(chan string, 4), make(chan struct{})
	go func() {
		for i := range 10_000 {
			a <- i
		}
		close(done)
	}()
	go func() {
		for {
			select {
			case b <- "x":
			case <-done:
				return
			}
		}
	}()
	for n := 0; ; n++ {
		select {
		case v := <-a:
			n += v
		case s := <-b:
			n += len(s)
		case <-done:
			sink.Add(int64(n))
			return
		}
	}
}

func pipeline() {
	stage := func(in <-chan int) <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for v := range in {
				out <- v + 1
			}
		}()
		return out
	}
	first := make(chan int)
	go func() {
		defer close(first)
		for i := range 5_000 {
			first <- i
		}
	}()
	for v := range stage(stage(stage(first))) {
		sink.Add(int64(v))
	}
}

func pool() {
	jobs, results := make(chan int, 16), make(chan int, 16)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for j := range jobs {
				sum := 0
				for i := range 200 {
					sum += i * j
				}
				results <- sum
			}
		})
	}
	go func() {
		for i := range 10_000 {
			jobs <- i
		}
		close(jobs)
		wg.Wait()
		close(results)
	}()
	for r := range results {
		sink.Add(int64(r))
	}
}

func goroutines() {
	var wg sync.WaitGroup
	for i := range 5_000 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sink.Add(int64(i))
		}()
	}
	wg.Wait()
}

func locked(by int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	balance := map[string]int{}
	for range by {
		wg.Go(func() {
			for range 100_000 / by {
				mu.Lock()
				balance["x"]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func readersWriters() {
	var mu sync.RWMutex
	var wg sync.WaitGroup
	var shared sync.Map
	n := 0
	for i := range 4 {
		wg.Go(func() {
			for j := range 5_000 {
				if j%10 == i {
					mu.Lock()
					n++
					mu.Unlock()
					shared.Store(j%100, n)
					continue
				}
				mu.RLock()
				_ = n
				mu.RUnlock()
				shared.Load(j % 100)
			}
		})
	}
	wg.Wait()
}

func condition() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	filled := sync.NewCond(&mu)
	var queue []int
	wg.Go(func() {
		for range 5_000 {
			mu.Lock()
			for len(queue) == 0 {
				filled.Wait()
			}
			queue = queue[1:]
			mu.Unlock()
		}
	})
	for i := range 5_000 {
		mu.Lock()
		queue = append(queue, i)
		mu.Unlock()
		filled.Signal()
	}
	wg.Wait()
}

func timers() {
	var wg sync.WaitGroup
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		wg.Go(func() {
			defer cancel()
			select {
			case <-time.After(100 * time.Microsecond):
			case <-ctx.Done():
			}
		})
	}
	wg.Wait()
}

func maps() {
	numbers, words := map[int]int{}, map[string]int{}
	for i := range 20_000 {
		numbers[i*7%1003] += i
		words[names[i%len(names)]]++
	}
	for k, v := range numbers {
		sink.Add(int64(k + v))
	}
	delete(words, names[0])
}

var names = func() (list []string) {
	for i := range 500 {
		list = append(list, "name"+strconv.Itoa(i))
	}
	return list
}()

func sorting() {
	list := make([]int, 5_000)
	for i := range list {
		list[i] = rand.IntN(1_000_000)
	}
	again := slices.Clone(list)
	slices.Sort(list)
	sort.Slice(again, func(i, j int) bool { return again[i] < again[j] })
	people := slices.Clone(names)
	slices.SortFunc(people, func(a, b string) int { return strings.Compare(b, a) })
	sort.Strings(people)
}

func formatting() {
	var b bytes.Buffer
	for i := range 5_000 {
		s := fmt.Sprintf("%d %s", i, "abc")
		fmt.Fprintf(&b, "%6.2f %v %q %x\n", float64(i)/3, i, s, i)
		fmt.Fprintln(&b, "line", i, time.Duration(i))
	}
	sink.Add(int64(b.Len()))
}

func text() {
	var b strings.Builder
	for i := range 2_000 {
		b.WriteString(names[i%len(names)])
		b.WriteByte(' ')
		b.WriteString(strconv.FormatFloat(float64(i)/7, 'g', -1, 64))
		b.WriteByte('\n')
	}
	counts := map[string]int{}
	s := bufio.NewScanner(strings.NewReader(b.String()))
	for s.Scan() {
		for _, f := range strings.Fields(strings.ToUpper(s.Text())) {
			counts[f]++
		}
		before, after, _ := strings.Cut(s.Text(), " ")
		v, _ := strconv.ParseFloat(after, 64)
		counts[before] += int(v)
	}
	sink.Add(int64(len(counts)))
}

func jsons() {
	type run struct {
		Name  string             `json:"name"`
		Times []float64          `json:"times"`
		By    map[string]float64 `json:"by"`
	}
	runs := make([]run, 20)
	for i := range runs {
		runs[i] = run{names[i], []float64{1.5, 2.25, float64(i) / 3}, map[string]float64{"a": 1, "b": float64(i)}}
	}
	data, err := json.Marshal(runs)
	if err != nil {
		panic(err)
	}
	var back []run
	if err := json.Unmarshal(data, &back); err != nil {
		panic(err)
	}
}

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func allocations() {
	if tree(14) == nil {
		sink.Add(1)
	}
}

func appending() {
	var list []int
	var texts []string
	for i := range 50_000 {
		list = append(list, i)
		texts = append(texts, names[i%len(names)])
	}
	sink.Add(int64(len(list) + len(texts)))
}

func numbers() {
	const n = 60
	a, b := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
	sample := make([]float64, n*n)
	for i := range n * n {
		a.Set(i/n, i%n, float64(i))
		b.Set(i/n, i%n, float64(i%7))
		sample[i] = rand.Float64()
	}
	var c mat.Dense
	c.Mul(a, b)
	slices.Sort(sample)
	mean, std := stat.MeanStdDev(sample, nil)
	sink.Add(int64(mean + std + stat.Quantile(0.5, stat.Empirical, sample, nil)))
}

func charts() {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "all runs", "variant", "ms"
	points := make(plotter.XYs, 100)
	for i := range points {
		points[i] = plotter.XY{X: float64(i % 4), Y: rand.Float64()}
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		panic(err)
	}
	line, err := plotter.NewLine(points[:20])
	if err != nil {
		panic(err)
	}
	p.Add(dots, line, plotter.NewGrid())
	for _, format := range []string{"png", "svg"} {
		w, err := p.WriterTo(6*vg.Inch, 4*vg.Inch, format)
		if err != nil {
			panic(err)
		}
		var b bytes.Buffer
		if _, err := w.WriteTo(&b); err != nil {
			panic(err)
		}
	}
}
