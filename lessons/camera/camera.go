// Package camera is the capstone of notebook 13: the product of the talk that this workshop re-tells, in miniature.
// Five cameras send frames that have to be analysed, which is work for the CPUs, and beside them a web API answers
// requests, which is mostly waiting. Both share one process and its cores.
//
// [Compare] runs set-ups in turn, such as the API alone, with a goroutine for each frame, or with as many workers as
// CPUs; [Record] gives the timeline of one, workers and handlers. Requests come from a process of their own, at a
// fixed rate whether or not earlier ones have been answered, so a slow answer delays nobody's question.
//
// Cameras, workers and the server are goroutines that end before the functions return. A run may set GOMAXPROCS and
// puts it back, so runs must not overlap. Nothing is printed.
package camera

import (
	"cmp"
	"context"
	_ "embed" // the source of the client
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"interleave/lessons/kit/child"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/pace"
	"interleave/lessons/kit/timeline"
)

// Setup says who analyses the frames. The zero value is the API alone: nobody does.
type Setup struct {
	Name     string
	Workers  int  // goroutines that take frames from a queue of that length; what does not fit is dropped
	PerFrame bool // instead: a goroutine for each frame, as many as there are
	Procs    int  // GOMAXPROCS meanwhile; 0 leaves it as it is
	Nice     int  // 1 to 19: each worker has a thread of its own, of so much lower a priority for the system
	Yield    bool // workers call runtime.Gosched after each scan
}

// Idle is the API alone.
func Idle() Setup { return Setup{Name: "API alone"} }

// PerFrame starts a goroutine for each frame.
func PerFrame() Setup { return Setup{Name: "a goroutine per frame", PerFrame: true} }

// Bounded has as many workers as CPUs.
func Bounded() Setup { return Setup{Name: "workers = CPUs", Workers: runtime.NumCPU()} }

// Polite is Bounded with a P to spare for the handlers, and workers that the system lets run when nobody else wants
// to. The Go scheduler knows no priorities; the system's does.
func Polite() Setup {
	s := Bounded()
	s.Name, s.Procs, s.Nice = "workers = CPUs, low priority, a spare P", runtime.NumCPU()+1, 19
	return s
}

// Size is how much happens.
type Size struct {
	Cameras  int
	FPS      int     // frames a second of each camera
	Load     float64 // what analysing all frames would take, in CPUs, as a multiple of the CPUs there are
	Rate     float64 // requests a second
	Requests int     // in each round of each set-up
	Rounds   int     // kept
}

// DefaultSize is 5 cameras of 10 frames a second that would need 1.2 times the CPUs there are, and 50 requests a second,
// for 6 rounds of 84 requests, 10 s for each set-up; in fast mode 6 rounds of 62 at 600 a second, so that p99 of all
// rounds has an interval there too, and 15 frames a second for each CPU: short ones of 16 ms, so that on every machine
// some are done in a round.
func DefaultSize() Size {
	s := Size{Cameras: 5, FPS: 10, Load: 1.2, Rate: 50, Requests: 84, Rounds: pace.MinRuns}
	if pace.Fast() {
		s.FPS, s.Rate, s.Requests = 15*runtime.NumCPU(), 600, 62
	}
	return s
}

// Round is what happened in one round of a set-up.
type Round struct {
	Latencies []float64 // of the requests in ms, in the order in which they were sent
	Frames    int       // analysed to the end
	Wrong     int       // of these, with a wrong result
	Dropped   int       // that found no place in the queue
	AtOnce    int       // the most frames that were begun and not ended
	Reading   measure.Reading
}

// Run is the rounds of a set-up.
type Run struct {
	Setup  Setup
	Rounds []Round
}

// Latencies are those of all rounds, in ms.
func (r Run) Latencies() (all []float64) {
	for _, x := range r.Rounds {
		all = append(all, x.Latencies...)
	}
	return all
}

// P99s are the 99th percentiles of the rounds, in ms.
func (r Run) P99s() measure.Sample {
	s := measure.Sample{Name: r.Setup.Name, Unit: "ms"}
	for _, x := range r.Rounds {
		s.Values = append(s.Values, x.P99())
	}
	return s
}

// CPUs are the CPUs that each round used, the client's process included.
func (r Run) CPUs() (all []float64) {
	for _, x := range r.Rounds {
		all = append(all, x.Reading.CPUsUsed())
	}
	return all
}

// Total adds up frames, wrong results and drops of all rounds; AtOnce is the largest.
func (r Run) Total() (t Round) {
	for _, x := range r.Rounds {
		t.Frames, t.Wrong, t.Dropped, t.AtOnce = t.Frames+x.Frames, t.Wrong+x.Wrong, t.Dropped+x.Dropped, max(t.AtOnce, x.AtOnce)
	}
	return t
}

// Compare runs the set-ups in turn, round by round, after a short round of each that is dropped. A zero size stands for
// [DefaultSize].
func Compare(ctx context.Context, size Size, setups ...Setup) ([]Run, error) {
	r, err := newRig(ctx, size)
	if err != nil {
		return nil, err
	}
	defer r.close()
	runs := make([]Run, len(setups))
	for i, s := range setups {
		runs[i].Setup = s
	}
	for round := range r.size.Rounds + 1 {
		for i, s := range setups {
			requests := r.size.Requests
			if round == 0 {
				requests = 10
			}
			x, err := r.round(ctx, s, requests)
			if err != nil {
				return runs, err
			}
			if round > 0 {
				runs[i].Rounds = append(runs[i].Rounds, x)
			}
		}
	}
	return runs, nil
}

// Record runs a set-up once and gives a timeline of its middle: first the lanes "CPU worker 1" and so on, then "handler 1"
// and so on, one for each connection. Lanes that only waited are left out, and the handlers numbered without them. More
// than 200 requests a second are not sent: one sees no more by them.
func Record(ctx context.Context, size Size, s Setup, window time.Duration) (*timeline.Timeline, error) {
	r, err := newRig(ctx, size)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.size.Rate = min(r.size.Rate, 200)
	var t *timeline.Timeline
	var fault error
	var wg sync.WaitGroup
	ended := make(chan struct{})
	wg.Go(func() {
		for _, ready := range []<-chan struct{}{after(window), r.server.asked} { // the queue fills, and the client starts
			select {
			case <-ready:
			case <-ended:
			}
		}
		t, fault = timeline.Record(func() { time.Sleep(window) })
	})
	_, err = r.round(ctx, s, max(r.size.Requests, int(3*window.Seconds()*r.size.Rate)))
	close(ended)
	wg.Wait()
	if err = errors.Join(err, fault); err != nil {
		return nil, err
	}
	t.Lanes = slices.DeleteFunc(t.Lanes, func(l timeline.Lane) bool { return l.Total(timeline.Running) == 0 })
	slices.SortFunc(t.Lanes, func(a, b timeline.Lane) int {
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name))*sameKind(a.Name, b.Name), cmp.Compare(a.Name, b.Name))
	})
	handlers := 0
	for i := range t.Lanes {
		if strings.HasPrefix(t.Lanes[i].Name, handlerLane) {
			handlers++
			t.Lanes[i].Name = fmt.Sprint(handlerLane, handlers)
		}
	}
	return t, nil
}

// after gives a channel that is closed when d has passed.
func after(d time.Duration) <-chan struct{} {
	passed := make(chan struct{})
	time.AfterFunc(d, func() { close(passed) })
	return passed
}

// sameKind is 1 if two lanes are of the same kind, so that their numbers are compared, and else 0.
func sameKind(a, b string) int {
	if a[0] == b[0] {
		return 1
	}
	return 0
}

//go:embed client/main.go
var client string

func command(args ...string) child.Command {
	return child.Command{Name: "client", Source: client, Args: args, Timeout: 5 * time.Minute}
}

// rig is the server and what all rounds share.
type rig struct {
	size   Size
	scans  int
	films  [][]Frame // by camera; each is shown again and again, so that frames are no work for the collector
	server *server
}

// reel is how many different frames a camera has.
const reel = 8

func newRig(ctx context.Context, size Size) (*rig, error) {
	if size == (Size{}) {
		size = DefaultSize()
	}
	if size.Cameras < 1 || size.FPS < 1 || size.Rate <= 0 || size.Requests < 1 || size.Rounds < 1 || size.Load < 0 {
		return nil, fmt.Errorf("camera: no run of %+v", size)
	}
	if _, err := child.Build(ctx, command()); err != nil { // so that no round pays for it
		return nil, fmt.Errorf("camera: %w", err)
	}
	frame := time.Duration(size.Load * float64(runtime.NumCPU()) / float64(size.Cameras*size.FPS) * float64(time.Second))
	s, err := listen(ctx, size.Cameras)
	if err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	r := &rig{size: size, scans: Scans(frame), films: make([][]Frame, size.Cameras), server: s}
	for i := range r.films {
		for number := range reel {
			r.films[i] = append(r.films[i], NewFrame(i, number))
		}
	}
	return r, nil
}

func (r *rig) close() { r.server.close() }

// round runs a set-up while the client asks.
func (r *rig) round(ctx context.Context, s Setup, requests int) (Round, error) {
	if s.Procs > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(s.Procs))
	}
	dir, err := os.MkdirTemp("", "interleave-camera-")
	if err != nil {
		return Round{}, fmt.Errorf("camera: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "latencies")
	work, stop := context.WithCancel(ctx)
	defer stop()
	p := &plant{setup: s, size: r.size, scans: r.scans, films: r.films, found: r.server.set}
	// Cameras film as long as requests are sent, and half a second more, in fast mode a fifth, for the client's start: what
	// then waits can be worked off.
	filming, end := context.WithTimeout(work, time.Duration(float64(requests)/r.size.Rate*float64(time.Second))+pace.Pick(time.Second/2, time.Second/5))
	defer end()
	p.start(work, filming)
	meter := measure.StartMeter()
	out, err := child.Run(ctx, command("-url", r.server.url, "-out", file, "-rate", fmt.Sprint(r.size.Rate), "-requests", fmt.Sprint(requests)))
	x := Round{Reading: meter.Stop()}
	stop()
	p.wait()
	if err != nil {
		return x, fmt.Errorf("camera: %w", err)
	}
	if out.Exit != 0 {
		return x, fmt.Errorf("camera: the client: exit status %d: %s", out.Exit, strings.TrimSpace(out.Stderr))
	}
	if err := p.fault(); err != nil {
		return x, fmt.Errorf("camera: %s: %w", s.Name, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return x, fmt.Errorf("camera: the client: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return x, fmt.Errorf("camera: the client: %w", err)
		}
		x.Latencies = append(x.Latencies, float64(ns)/float64(time.Millisecond))
	}
	x.Frames, x.Wrong, x.Dropped, x.AtOnce = int(p.frames.Load()), int(p.wrong.Load()), int(p.dropped.Load()), int(p.most.Load())
	return x, nil
}

// plant is the cameras and those who analyse their frames, during one round.
type plant struct {
	setup Setup
	size  Size
	scans int
	films [][]Frame
	found func(Detection)

	wg                     sync.WaitGroup
	frames, wrong, dropped atomic.Int64
	inWork, most           atomic.Int64
	once                   sync.Once
	err                    error // of lowering a priority; written once, read after wait
}

func (p *plant) start(ctx, filming context.Context) {
	if p.setup.Workers <= 0 && !p.setup.PerFrame {
		return
	}
	queue := make(chan Frame, max(1, p.setup.Workers))
	for i := range p.size.Cameras {
		p.wg.Go(func() { p.film(ctx, filming, i, queue) })
	}
	if p.setup.PerFrame {
		return
	}
	for i := range p.setup.Workers {
		p.wg.Go(func() { p.work(ctx, fmt.Sprint("CPU worker ", i+1), queue) })
	}
}

// film sends the frames of one camera at their times, which the cameras share out among themselves, while it is to film.
func (p *plant) film(ctx, filming context.Context, camera int, queue chan<- Frame) {
	every := time.Second / time.Duration(p.size.FPS)
	next := time.Now().Add(every * time.Duration(camera) / time.Duration(p.size.Cameras))
	for number := 0; ; number++ {
		select {
		case <-time.After(time.Until(next)):
		case <-filming.Done():
			return
		}
		next = next.Add(every)
		f := p.films[camera][number%reel]
		if p.setup.PerFrame {
			p.begin()
			p.wg.Go(func() { p.analyse(ctx, NewAnalyst(), f, fmt.Sprintf("camera %d, frame %d", camera+1, number)) })
			continue
		}
		select {
		case queue <- f:
		default:
			p.dropped.Add(1) // the next one is newer
		}
	}
}

// work is one of a fixed number of workers.
func (p *plant) work(ctx context.Context, name string, queue <-chan Frame) {
	if p.setup.Nice > 0 {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine, and its priority with it
		if err := lower(p.setup.Nice); err != nil {
			p.once.Do(func() { p.err = err })
		}
	}
	analyst := NewAnalyst()
	for {
		select {
		case f := <-queue:
			p.begin()
			p.analyse(ctx, analyst, f, name)
		case <-ctx.Done():
			return
		}
	}
}

// begin counts a frame that is in work.
func (p *plant) begin() {
	n := p.inWork.Add(1)
	for most := p.most.Load(); n > most && !p.most.CompareAndSwap(most, n); most = p.most.Load() {
	}
}

func (p *plant) analyse(ctx context.Context, a *Analyst, f Frame, lane string) {
	defer p.inWork.Add(-1)
	d, done := a.Analyse(f, p.scans, func() bool {
		timeline.Name(lane) // again and again, since a recording may begin in the middle of a frame
		if p.setup.Yield {
			runtime.Gosched()
		}
		return ctx.Err() == nil
	})
	if !done {
		return
	}
	p.frames.Add(1)
	if !d.Right(f) {
		p.wrong.Add(1)
	}
	p.found(d)
}

func (p *plant) wait() { p.wg.Wait() }

func (p *plant) fault() error { return p.err }
