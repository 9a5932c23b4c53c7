package bound

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"time"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/pace"
)

// Box is a job whose inside the learner does not see at first.
type Box struct {
	Name   string
	Inside string // what it does, after "it"; for after the answer
	Kind   Kind
	run    func(ctx context.Context, name string) (Lanes, error)
}

// Observe runs the box and gives the evidence.
func (b Box) Observe(ctx context.Context) (Lanes, error) { return b.run(ctx, b.Name) }

// Boxes are five of them. Two look like I/O and are not.
func Boxes() []Box {
	d := pace.Pick(20*time.Millisecond, 6*time.Millisecond)
	plain := func(f func() error) func(context.Context, string) (Lanes, error) {
		return func(_ context.Context, name string) (Lanes, error) { return Observe(name, f) }
	}
	return []Box{
		{"box 1", "reads megabytes and hashes them; they come from memory, so reading costs no waiting", CPU, plain(func() error {
			_, err := io.Copy(sha256.New(), bytes.NewReader(make([]byte, 8<<20)))
			return err
		})},
		{"box 2", "asks a server that takes its time", IO, Job{4, 100 * time.Microsecond, d}.Run},
		{"box 3", "sorts a million numbers", CPU, plain(func() error {
			x := make([]uint64, 1_000_000)
			for i := range x {
				x[i] = uint64(i) * 6364136223846793005
			}
			slices.Sort(x)
			return nil
		})},
		{"box 4", "looks every now and then whether it is time", IO, plain(func() error {
			for range 10 {
				time.Sleep(d / 4)
			}
			return nil
		})},
		{"box 5", "asks a server that answers at once, and computes on each answer", CPU, func(ctx context.Context, name string) (Lanes, error) {
			return Job{4, 4 * d, 0}.Run(ctx, name)
		}},
	}
}

// Classify is the exercise to say of each box what it is bound by. A wrong answer is shown the lanes of the box, and a
// right one what is inside.
func Classify() check.Exercise[[]Kind] {
	e := check.Exercise[[]Kind]{
		Name: "five boxes",
		Task: "Observe the five boxes and say of each whether it is bound by \"cpu\" or by \"io\".",
	}
	for i, b := range Boxes() {
		e.Checks = append(e.Checks, check.Check[[]Kind]{Name: b.Name, Kind: check.Value, Try: func(ctx context.Context, answer []Kind) error {
			if len(answer) != len(Boxes()) {
				return fmt.Errorf("give %d answers, each %q or %q, not %d", len(Boxes()), CPU, IO, len(answer))
			}
			if answer[i] == b.Kind {
				return check.Passing(nil, "it %s", b.Inside)
			}
			l, err := b.Observe(ctx)
			if err != nil {
				return err
			}
			return check.Show(fmt.Sprintf("wall %v, computing %v, waiting %v", l.Wall, l.Computing, l.Waiting),
				"you said %q; observed once more:", answer[i])
		}})
	}
	return e
}

// Knob is the exercise to make [IOJob] CPU-bound by changing one of its fields.
func Knob() check.Exercise[Job] {
	return check.Exercise[Job]{
		Name: "one knob",
		Task: "Change one field of IOJob() so that the job is bound by the CPU.",
		Checks: []check.Check[Job]{
			{Name: "one knob is turned", Kind: check.Value, Try: func(_ context.Context, j Job) error {
				was, turned := IOJob(), 0
				for _, changed := range []bool{j.Rounds != was.Rounds, j.Compute != was.Compute, j.Wait != was.Wait} {
					if changed {
						turned++
					}
				}
				if turned != 1 {
					return fmt.Errorf("%d fields differ from IOJob(), want one", turned)
				}
				return nil
			}},
			{Name: "it computes more than it waits", Kind: check.Value, Try: func(_ context.Context, j Job) error {
				if j.Rounds < 1 || j.Compute <= j.Wait {
					return check.Show(fmt.Sprintf("%+v", j), "each round computes for %v and waits for %v:", j.Compute, j.Wait)
				}
				return nil
			}},
			{Name: "the lanes agree", Kind: check.Value, Try: lanesAgree},
		},
	}
}

// lanesAgree observes the job. A busy machine makes its arithmetic longer and so can only help.
func lanesAgree(ctx context.Context, j Job) error {
	if j.Rounds < 1 || j.Rounds > 100 || j.Compute > time.Second || j.Wait > time.Second {
		return fmt.Errorf("this would take too long, or nothing: 1 to 100 rounds of at most 1 s")
	}
	l, err := j.Run(ctx, "job")
	if err != nil {
		return err
	}
	if l.Computing <= l.Waiting && j.Compute <= 2*j.Wait {
		return check.Show(fmt.Sprintf("computing %v, waiting %v of %v", l.Computing, l.Waiting, l.Wall), "measured:")
	}
	return nil
}
