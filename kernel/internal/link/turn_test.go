package link

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
)

// TestTurn: who waits for another process's base is told how far that is, ends when it is interrupted, and has its turn after.
// A file lock belongs to an open file, so two workshops of one process stand for two processes.
func TestTurn(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	first := &workshop{cache: c, log: log}
	unlock, err := first.turn(t.Context(), "base-x")
	if err != nil {
		t.Fatal(err)
	}
	steps := []Step{{What: "compile packages", Done: 1, Total: 20, Detail: "a/very/long/package/path"}, {What: "link"}}
	first.step(steps[0])

	ctx, cancel := context.WithCancel(t.Context())
	hurried := &workshop{cache: c, log: log, progress: func(Step) { cancel() }}
	if _, err := hurried.turn(ctx, "base-x"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}

	var seen []Step
	second := &workshop{cache: c, log: log, progress: func(s Step) {
		if seen = append(seen, s); len(seen) == 1 {
			first.step(steps[1])
		} else {
			unlock()
		}
	}}
	free, err := second.turn(t.Context(), "base-x")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, steps) {
		t.Errorf("told %v, want %v", seen, steps)
	}
	if first.announce != nil {
		t.Error("a workshop announces steps after its turn")
	}
	free()

	third := &workshop{cache: c, log: log, progress: func(s Step) { t.Errorf("told %v without waiting", s) }}
	if free, err = third.turn(t.Context(), "base-x"); err != nil {
		t.Fatal(err)
	}
	free()
}

// TestTurnsInTurns: who waits for the outer of two turns is told of steps within the inner one, too.
func TestTurnsInTurns(t *testing.T) {
	c, err := openCache(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	first := &workshop{cache: c, log: log}
	outer, err := first.turn(t.Context(), "selftest-x")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := first.turn(t.Context(), "base-x")
	if err != nil {
		t.Fatal(err)
	}
	steps := []Step{{What: "compile packages"}, {What: "self test"}}
	first.step(steps[0])
	var seen []Step
	second := &workshop{cache: c, log: log, progress: func(s Step) {
		if seen = append(seen, s); len(seen) == 1 {
			inner()
			first.step(steps[1])
		} else {
			outer()
		}
	}}
	free, err := second.turn(t.Context(), "selftest-x")
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	if !slices.Equal(seen, steps) {
		t.Errorf("told %v, want %v", seen, steps)
	}
}
