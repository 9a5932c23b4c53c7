package schedule

// kind is what an operation does.
type kind uint8

const (
	opStep kind = iota // the thread's own code, or arithmetic on what it has read
	opRead
	opWrite
	opAdd // arithmetic on the thread's own value: "add 1"
	opAtomicAdd
	opCAS
	opTest // read a variable to decide
	opCallLock
	opLock
	opCallUnlock
	opUnlock
	opAcquire
	opRelease
	opWait
	opSignal
	opBroadcast
	opSend
	opRecv
	opClose
)

// op is one operation that a thread is about to do.
type op struct {
	kind kind
	obj  object // nil for a step that shares nothing
	a, b int    // operands: the value to write or send; for opCAS old and new
	text string // the step as its author wrote it; "" for a closure's operation
}

// object is something shared that operations are done to.
type object interface {
	// ready reports whether the operation can be done now; if not, the thread cannot be chosen.
	ready(kind) bool
	// do carries it out for t. done is false when t goes to sleep instead, until another thread wakes it.
	do(m *Machine, t *thread, o op) (result int, done bool)
}

// mark says what the last step did to a shared thing.
type mark uint8

const (
	untouched mark = iota
	read
	wrote
)

// arrows are the marks as the table shows them.
var arrows = [...]string{untouched: "", read: "← ", wrote: "→ "}

// names of what closures do, in the words of the step language; the operand follows.
var names = [...]string{
	opStep: "step", opRead: "read", opWrite: "write", opAdd: "add", opAtomicAdd: "atomic add", opCAS: "cas",
	opTest: "if", opCallLock: "call lock", opLock: "lock", opCallUnlock: "call unlock", opUnlock: "unlock",
	opAcquire: "acquire", opRelease: "release", opWait: "wait", opSignal: "signal", opBroadcast: "broadcast",
	opSend: "send", opRecv: "recv", opClose: "close",
}
