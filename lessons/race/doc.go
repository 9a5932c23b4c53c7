// Package race holds the experiments and exercises of notebook 05: two goroutines change one variable, and
// something is lost.
//
// It shows the bug three ways. The machine's version ([schedule.Race]) can be run through all of its schedules.
// The scheduled version ([Scheduled]) is real Go: between its read and its write each goroutine yields, the first
// time until all have read, so it loses updates on every machine, with one core too; it uses atomic loads and
// stores, so it is no data race, and the race detector rightly accepts it: losing an update is a race condition all
// the same. The plain version ([Plain]) is c++ on a shared variable, a data race; it runs in a process of its own,
// and on one P it loses nothing, which the result says in its note.
//
// Experiments return data and print nothing. They start goroutines that end before they return. Those that
// change GOMAXPROCS put it back, so they must not run at the same time as one another.
package race
