package ops

import (
	"context"
	"math"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/measure"
	"interleave/lessons/kit/scaling"
	"interleave/lessons/talk"
)

// Recorded are runs of the talk's own programs (sequential, and six processes in a pool) on another machine, sorted,
// in k ops/s: two cores of an AMD EPYC in a virtual machine, Python 3.11, made for this workshop on 22 November
// 2026. Five runs each carry no 95 % interval.
func Recorded() (sequential, pool measure.Sample) {
	return measure.Sample{Name: "sequential", Unit: "k ops/s", Values: []float64{11.4, 13.1, 13.4, 13.8, 13.9}},
		measure.Sample{Name: "pool", Unit: "k ops/s", Values: []float64{23.9, 24.2, 25.6, 26.3, 26.6}}
}

// Prediction is an answer to [Predict].
type Prediction struct {
	Share  float64 // Amdahl's s
	AtFour float64 // speed-up with four workers
	Limit  float64 // speed-up that no number of workers exceeds
}

// The checks of [Predict].
const (
	FromMedians = "s is fitted to the medians"
	FourWorkers = "four workers"
	NoMore      = "the limit"
)

// Predict is the exercise to fit Amdahl's law to two medians of the talk, one worker and six processes in a pool, and
// to use it.
func Predict() check.Exercise[Prediction] {
	fit, err := TalkFit()
	if err != nil {
		panic(err) // the talk's numbers are part of the program
	}
	near := func(got, want, tolerance float64, miss func() error) error {
		if math.Abs(got-want) <= tolerance {
			return nil
		}
		return miss()
	}
	return check.Exercise[Prediction]{
		Name: "predict",
		Task: "Fit s to the medians of the talk's sequential and pool runs; predict four workers, and the limit.",
		Checks: []check.Check[Prediction]{
			{Name: FromMedians, Kind: check.Value, Try: func(_ context.Context, p Prediction) error {
				return near(p.Share, fit.A, 0.0005, func() error {
					six := fit.Points[1].Speedup
					return check.Show(nil, "with s = %.4f six workers would give %.3f; the medians give %.3f",
						p.Share, 1/(p.Share+(1-p.Share)/TalkWorkers), six)
				})
			}},
			{Name: FourWorkers, Kind: check.Value, Try: func(_ context.Context, p Prediction) error {
				return near(p.AtFour, fit.At(4), 0.01, func() error {
					return check.Show(nil, "%.3f: put N = 4 into 1/(s + (1-s)/N)", p.AtFour)
				})
			}},
			{Name: NoMore, Kind: check.Value, Try: func(_ context.Context, p Prediction) error {
				return near(p.Limit, 1/fit.A, 0.05, func() error {
					return check.Show(nil, "%.2f: what is left of 1/(s + (1-s)/N) when N grows without end?", p.Limit)
				})
			}},
		},
	}
}

// TalkFit is Amdahl's law for the talk's medians: one worker, and six processes in a pool.
func TalkFit() (scaling.Fit, error) {
	one, err := talk.Sample(talk.Program{Workload: talk.CPU, Model: talk.Sequential}).Summary()
	if err != nil {
		return scaling.Fit{}, err
	}
	six, err := talk.Sample(talk.Program{Workload: talk.CPU, Model: talk.MultiprocessingPool}).Summary()
	if err != nil {
		return scaling.Fit{}, err
	}
	return scaling.Amdahl(scaling.Point{N: 1, Speedup: 1}, scaling.Point{N: TalkWorkers, Speedup: six.Median / one.Median})
}
