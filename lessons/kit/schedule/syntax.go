package schedule

// Syntax is a summary of the step language, one line each, for a reader who has just made a mistake in it.
const Syntax = `var n = 0            shared integer (0 when not declared)
mutex m              lock (need not be declared)
sem s = 1            semaphore with its first value
cond cv m            condition variable cv that belongs to lock m
chan c = 2           channel with room for 2; 0 or not declared: unbuffered
thread [NAME]        the steps of one thread follow
threads 2            the steps that follow, in 2 threads
ensure a + b == 100  must hold when every thread has ended
read n               take n as the thread's own value, acc
write n              put acc into n
set 5, add 1, sub 1  change acc (by a number or a name of let)
let old              keep acc under a name
lock m, unlock m
call lock m          a step for having called, before "lock m" is had; call unlock m likewise
acquire s, release s
wait cv, signal cv, broadcast cv
send c, recv c       send acc, receive into acc; close c
atomic add n 1       one step; acc is the sum
cas n old acc        if n is old then n = acc, in one step; acc is 1 or 0
assert n == 2        fails the run at once
if n > 0 / else / end, while n == 0 / end`

// form is how a statement is written: its words, and what is done to what.
type form struct {
	kind kind
	obj  sort // of the first operand
	more int  // further operands: numbers, acc, or names of let
}

// sort is a kind of shared thing.
type sort string

const (
	nothing  sort = ""
	variable sort = "variable"
	mutex    sort = "mutex"
	sem      sort = "semaphore"
	cond     sort = "condition variable"
	channel  sort = "channel"
)

// forms are the statements with operands. "let", conditions and headings have their own code.
var forms = map[string]form{
	"read":        {opRead, variable, 0},
	"write":       {opWrite, variable, 0},
	"set":         {opAdd, nothing, 1},
	"add":         {opAdd, nothing, 1},
	"sub":         {opAdd, nothing, 1},
	"atomic add":  {opAtomicAdd, variable, 1},
	"cas":         {opCAS, variable, 2},
	"call lock":   {opCallLock, mutex, 0},
	"lock":        {opLock, mutex, 0},
	"call unlock": {opCallUnlock, mutex, 0},
	"unlock":      {opUnlock, mutex, 0},
	"acquire":     {opAcquire, sem, 0},
	"release":     {opRelease, sem, 0},
	"wait":        {opWait, cond, 0},
	"signal":      {opSignal, cond, 0},
	"broadcast":   {opBroadcast, cond, 0},
	"send":        {opSend, channel, 0},
	"recv":        {opRecv, channel, 0},
	"close":       {opClose, channel, 0},
}

// Limits of a program in the step language.
const (
	maxThreads = 16
	maxLines   = 1000
)
