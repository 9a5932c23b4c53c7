package python_test

import (
	"context"
	"fmt"

	"interleave/lessons/kit/python"
)

// A program is started once and measured in rounds.
func Example() {
	ctx := context.Background()
	interpreter, err := python.Find(ctx)
	if err != nil { // a *python.NotFoundError, whose text names the cure
		fmt.Println(err)
		return
	}
	echo, err := interpreter.Start(ctx, "echo", "some", "arguments")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer echo.Close()
	var answer struct {
		Arguments []string
		N         int
	}
	if err := echo.Round(ctx, map[string]any{"n": 6}, &answer); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Arguments, answer.N)
	// Output: [some arguments] 6
}
