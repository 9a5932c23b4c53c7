//go:build cgo

package inmate

// A cell may import a package that calls C. C gathers what it prints into a pipe until 4 KB have come together, so a cell's
// output would appear in a later cell or never, and out of order with Go's. As on a terminal it is written at the end of each
// line here; what stands on a line that has not ended is written before an event and at the end of the cell.

/*
#include <stdio.h>
#include <stdio_ext.h>

__attribute__((constructor)) static void by_line(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }

// flush_stdout waits for nobody: a thread that holds the lock is printing, or blocked.
static void flush_stdout(void) {
	if (__fpending(stdout) > 0 && ftrylockfile(stdout) == 0) {
		fflush(stdout);
		funlockfile(stdout);
	}
}
*/
import "C"

// flushC writes what C has gathered for standard output. It takes some tens of nanoseconds when there is nothing.
func flushC() { C.flush_stdout() }
