package camera_test

import (
	"context"
	"fmt"
	"runtime"

	"interleave/lessons/camera"
)

// With as many workers as CPUs no more frames are in work, however many come; the others are dropped.
func Example() {
	size := camera.Size{Cameras: 5, FPS: max(20, 3*runtime.NumCPU()), Load: 3, Rate: 100, Requests: 30, Rounds: 1}
	runs, err := camera.Compare(context.Background(), size, camera.Bounded())
	if err != nil {
		fmt.Println(err)
		return
	}
	total := runs[0].Total()
	fmt.Println("requests answered:", len(runs[0].Latencies()))
	fmt.Println("frames at once no more than CPUs:", total.AtOnce <= runtime.NumCPU())
	fmt.Println("some dropped:", total.Dropped > 0, "- wrong results:", total.Wrong)
	// Output:
	// requests answered: 30
	// frames at once no more than CPUs: true
	// some dropped: true - wrong results: 0
}
