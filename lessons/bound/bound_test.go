package bound_test

import (
	"strings"
	"testing"
	"time"

	"interleave/lessons/bound"
	"interleave/lessons/kit/check"
	"interleave/lessons/kit/timeline"
)

// TestJobs: the I/O job waits for most of its time and its waits are as long as the server takes. How long the CPU
// job waits for a CPU is the machine's affair, so of that only the order of the lanes is held.
func TestJobs(t *testing.T) {
	job := bound.Job{Rounds: 3, Compute: 200 * time.Microsecond, Wait: 10 * time.Millisecond}
	l, err := job.Run(t.Context(), "io")
	if err != nil || l.Waiting < 30*time.Millisecond || len(l.IO) < 3 || len(l.CPU) < 3 || l.Computing <= 0 {
		t.Fatalf("%+v %v", l, err)
	}
	t.Logf("io: share of waiting %.2f, CPUs used %.2f, reasons %q", l.WaitShare(), l.Reading.CPUsUsed(), l.IO[0].Reason)
	l, err = bound.Job{Rounds: 3, Compute: 10 * time.Millisecond, Wait: time.Millisecond}.Run(t.Context(), "cpu")
	if err != nil || l.Kind() != bound.CPU {
		t.Fatalf("%+v %v", l, err)
	}
}

// TestDivide: what the runtime does to a goroutine is no I/O.
func TestDivide(t *testing.T) {
	at := func(state timeline.State, reason string, start, end time.Duration) timeline.Span {
		return timeline.Span{State: state, Reason: reason, Start: start, End: end}
	}
	l := bound.Divide(timeline.Lane{Spans: []timeline.Span{
		at(timeline.Running, "", 10, 20), at(timeline.Waiting, "network", 20, 50), at(timeline.Runnable, "", 50, 51),
		at(timeline.Running, "", 51, 60), at(timeline.Waiting, "preempted", 60, 70), at(timeline.Waiting, "gc mark assist wait for work", 70, 75),
		at(timeline.Waiting, "wait until gc ends", 75, 80), at(timeline.Syscall, "", 80, 84), at(timeline.Waiting, "sleep", 84, 90),
	}})
	if l.Wall != 80 || l.Computing != 19 || l.Waiting != 40 || len(l.CPU) != 2 || len(l.IO) != 3 || len(l.Ready) != 4 {
		t.Errorf("%+v", l)
	}
}

// TestBoxStaysShut: a wrong answer sees the measurement, and not what is in the box.
func TestBoxStaysShut(t *testing.T) {
	const c, i = bound.CPU, bound.IO
	r := bound.Classify().Check(t.Context(), []bound.Kind{i, i, c, i, c}).String()
	for _, b := range bound.Boxes() {
		if shown := strings.Contains(r, b.Inside); shown != (b.Name != "box 1") {
			t.Errorf("%s is shown: %v\n%s", b.Name, shown, r)
		}
	}
	if !strings.Contains(r, "computing") {
		t.Errorf("no measurement:\n%s", r)
	}
}

func TestBoxes(t *testing.T) {
	for _, b := range bound.Boxes() {
		l, err := b.Observe(t.Context())
		if err != nil || len(l.CPU) == 0 {
			t.Errorf("%s: %+v %v", b.Name, l, err)
		}
		t.Logf("%s: %s, share of waiting %.2f: %s", b.Name, l.Kind(), l.WaitShare(), b.Inside)
		if b.Kind == bound.CPU && l.Kind() != bound.CPU {
			t.Errorf("%s waits for %.2f of its time", b.Name, l.WaitShare())
		}
	}
}

func TestClassify(t *testing.T) {
	const c, i = bound.CPU, bound.IO
	err := bound.Classify().Prove(t.Context(), check.Times(), []bound.Kind{c, i, c, i, c},
		check.Mutant[[]bound.Kind]{Name: "what reads is I/O", Answer: []bound.Kind{i, i, c, i, c}, Fails: "box 1"},
		check.Mutant[[]bound.Kind]{Name: "what uses the network is I/O", Answer: []bound.Kind{c, i, c, i, i}, Fails: "box 5"},
		check.Mutant[[]bound.Kind]{Name: "what polls is busy", Answer: []bound.Kind{c, i, c, c, c}, Fails: "box 4"},
		check.Mutant[[]bound.Kind]{Name: "four answers", Answer: []bound.Kind{c, i, c, i}, Fails: "box 1"},
	)
	if err != nil {
		t.Error(err)
	}
}

func TestKnob(t *testing.T) {
	turn := func(f func(*bound.Job)) bound.Job {
		j := bound.IOJob()
		f(&j)
		return j
	}
	err := bound.Knob().Prove(t.Context(), check.Times(), turn(func(j *bound.Job) { j.Wait = 0 }),
		check.Mutant[bound.Job]{Name: "as it is", Answer: bound.IOJob(), Fails: "one knob is turned"},
		check.Mutant[bound.Job]{Name: "more rounds", Answer: turn(func(j *bound.Job) { j.Rounds *= 2 }), Fails: "it computes more than it waits"},
		check.Mutant[bound.Job]{Name: "a little more arithmetic", Answer: turn(func(j *bound.Job) { j.Compute += time.Millisecond }), Fails: "it computes more than it waits"},
		check.Mutant[bound.Job]{Name: "the CPU job", Answer: bound.CPUJob(), Fails: "one knob is turned"},
	)
	if err != nil {
		t.Error(err)
	}
}
