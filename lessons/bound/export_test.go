package bound

import "interleave/lessons/kit/timeline"

// Divide divides a lane that a test made up.
func Divide(lane timeline.Lane) (l Lanes) {
	l.divide(lane)
	return l
}
