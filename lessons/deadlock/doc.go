// Package deadlock holds the experiments and exercises of notebook 07: everybody waits for somebody, somebody is
// never waited for, or somebody does not hear that he should stop.
//
// The philosophers' deadlock of mutexes ends its process, so it is run in one of its own ([Dine]); the machine
// finds the same in all schedules of a small table ([Philosophers]). Leaks ([Ask]) are set free before the call
// returns, and workers that are cancelled ([Cancel]) have ended by then. Nothing is printed.
package deadlock
