package engine

import (
	"testing"

	"interleave/kernel/internal/stack"
)

// A dump may look like a deadlock only when every goroutine of the notebook waits for another one.
func TestBlockedAll(t *testing.T) {
	const (
		host = "goroutine 1 [IO wait]:\ninterleave/kernel/internal/worker/inmate.(*intake).serve()\n\t/w/pipe.go:5 +0x1\n\n" +
			"goroutine 9 [running]:\ninterleave/kernel/internal/worker/inmate.stacks()\n\t/w/main.go:5 +0x1\ncreated by interleave/kernel/internal/worker/inmate.(*host).obey in goroutine 1\n\t/w/main.go:9 +0x1\n\n"
		cell = "\nnb.Run_00()\n\t/In/aabbccddeeff:3 +0x1\ninterleave/kernel/internal/worker/inmate.(*host).run()\n\t/w/cell.go:5 +0x1\n\n"
		next = "\nnb.Run_00.func1()\n\t/In/aabbccddeeff:5 +0x1\ncreated by nb.Run_00 in goroutine 7\n\t/In/aabbccddeeff:4 +0x1\n\n"
	)
	for dump, want := range map[string]bool{
		host: false,
		host + "goroutine 7 [chan receive labels:{\"cell\": \"1\"}]:" + cell:                                                           true,
		host + "goroutine 7 [chan receive, 3 minutes]:" + cell + "goroutine 8 [sync.Mutex.Lock]:" + next:                               true,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [sleep]:" + next:                                                    false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [IO wait]:" + next:                                                  false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [syscall]:" + next:                                                  false,
		host + "goroutine 7 [running]:" + cell:                                                                                         false,
		host + "goroutine 7 [chan receive]:\ninterleave/kernel/internal/worker/inmate.(*host).emit()\n\t/w/main.go:3 +0x1" + cell:      false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [syscall]:\nos/signal.signal_recv()\n\t/r/sigqueue.go:152 +0x1\n\n": false,
		host + "goroutine 7 [chan receive]:" + cell + "goroutine 8 [select]:\nnet/http.(*Transport).loop()\n\t/h/t.go:1 +0x1\n\n":      true,
	} {
		if _, got := blockedAll(stack.Parse(dump).Goroutines); got != want {
			t.Errorf("%v, want %v, for\n%s", got, want, dump)
		}
	}
}
