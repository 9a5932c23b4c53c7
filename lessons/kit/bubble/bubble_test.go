package bubble_test

import (
	"testing"
	"time"

	"interleave/lessons/kit/bubble"
)

func TestRun(t *testing.T) {
	start := time.Now()
	if err := bubble.Run(func() { time.Sleep(time.Hour) }); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > time.Minute {
		t.Error("an hour took", d)
	}
	for name, f := range map[string]func(){
		"leak":     func() { go func() { <-make(chan int) }() },
		"deadlock": func() { <-make(chan int) },
		"panic":    func() { panic("ouch") },
	} {
		err := bubble.Run(f)
		if err == nil {
			t.Error(name, "was not noticed")
		}
		t.Log(name, ": ", err)
	}
}
