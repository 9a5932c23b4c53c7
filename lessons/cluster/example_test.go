package cluster_test

import (
	"context"
	"fmt"

	"interleave/lessons/cluster"
)

func ExampleSurvive() {
	report, err := cluster.Survive(context.Background(), cluster.Options{Workers: 2}, 8, cluster.Half)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("killed in the middle of", report.Killed[0].Job)
	fmt.Println("each job has one result:", report.ExactlyOnce() == nil)
	// Output:
	// killed in the middle of job.5
	// each job has one result: true
}
