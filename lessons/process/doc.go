// Package process holds the experiments and exercises of notebook 12: processes, their isolation, what it costs to
// start them, to feed them and to hear from them, and what they give.
//
// [Pool] is a pool of worker processes with [Map] and [Pool.ApplyAsync]; [Process] is one worker. A worker is the
// running program itself, started again (as Python's spawn method does), if its main function calls [Main]; in a
// notebook os.Executable is the kernel's worker and not a program of its own, so there it is the command
// lessons/process/helper, built by [child.Build]. A function cannot be sent to another process: jobs name one that
// both sides have registered with [Register], and their arguments and results are copied, encoded by gob.
//
// No process outlives its purpose. Each holds the reading end of a pipe of which the parent holds the other: when
// that closes, by [Process.Close] or by the parent's death, even by SIGKILL, the process exits at once, busy or not. The
// context that it was started with ends it too. Goroutines end with the processes that they wait for. Linux only.
package process
