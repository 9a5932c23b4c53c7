// The cells of the tests, all in one plugin so that it is built once.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

func main() {}

var counter int

func Nothing()  {}
func Count()    { counter++; fmt.Println("counter", counter) }
func Environ()  { dir, _ := os.Getwd(); fmt.Print(dir, " ", os.Getenv("COLOUR")) }
func PrintPID() { fmt.Print(os.Getpid()) }

var NotAFunction = 1

// Descriptors.

var leaked []int

// leak opens until no descriptor is left of so many that opening takes a second at most.
func leak(open func() ([]int, error)) {
	var limit syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	limit.Cur = min(limit.Cur, 300)
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	for {
		fds, err := open()
		if err != nil {
			fmt.Print(err)
			break
		}
		leaked = append(leaked, fds...)
	}
	for { // and the one that half a pair leaves
		fd, err := syscall.Dup(1)
		if err != nil {
			return
		}
		leaked = append(leaked, fd)
	}
}

func LeakFiles() {
	leak(func() ([]int, error) {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0)
		return []int{fd}, err
	})
}

func LeakPipes() {
	leak(func() ([]int, error) { fds := make([]int, 2); return fds, syscall.Pipe(fds) })
}

func LeakSockets() {
	leak(func() ([]int, error) {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		return fds[:], err
	})
}

func CloseLeaked() {
	for _, fd := range leaked {
		syscall.Close(fd)
	}
	leaked = nil
}

// Output.

func Order() {
	for i := range 200 {
		fmt.Printf("before %d\n", i)
		if _, err := show(fmt.Sprint("shown ", i)); err != nil {
			panic(err)
		}
		fmt.Fprintf(os.Stderr, "after %d\n", i)
		show(fmt.Sprint("again ", i))
	}
	fmt.Println("the end")
}

// OrderUnderLoad is Order while other goroutines print without end.
func OrderUnderLoad() {
	stop := make(chan bool)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					os.Stdout.WriteString(strings.Repeat(".", 100))
				}
			}
		})
	}
	Order()
	close(stop)
	wg.Wait()
}

func show(text string) (string, error) {
	return stage.Emit(events.Event[any]{Kind: events.Display, Bundle: events.Bundle[any]{Data: map[string]any{"text/plain": text}}})
}

func Kinds() {
	_, err := stage.Emit(events.Event[any]{
		Kind: events.Update,
		Bundle: events.Bundle[any]{
			Data:      map[string]any{"text/plain": "<é>", "image/png": []byte{0, 1, 2, 255}, "application/json": map[string]any{"n": 1}},
			Metadata:  map[string]any{"width": 3},
			Transient: map[string]any{"display_id": "d"},
		},
	})
	fmt.Print(err)
	stage.Emit(events.Event[any]{Kind: events.Clear, Wait: true})
	_, err = stage.Emit(events.Event[any]{Kind: events.Display, Bundle: events.Bundle[any]{Data: map[string]any{"x": make(chan int)}}})
	fmt.Print(" ", err)
}

func BigPicture() {
	stage.Emit(events.Event[any]{Kind: events.Display, Bundle: events.Bundle[any]{Data: map[string]any{"image/png": make([]byte, 30<<20)}}})
}

func megabytes(f *os.File, n int) {
	w := bufio.NewWriterSize(f, 32<<10)
	line := strings.Repeat("x", 99) + "\n"
	for range n * 10_000 {
		w.WriteString(line)
	}
	w.Flush()
}

func Stdout10MB()  { megabytes(os.Stdout, 10) }
func Stdout200MB() { megabytes(os.Stdout, 200) }
func Stderr50MB()  { megabytes(os.Stderr, 50) }

func Lines() {
	for i := range 10_000 {
		fmt.Println(i)
	}
}

func EndlessWriter() {
	go func() {
		for {
			fmt.Println("endless")
		}
	}()
	show("shown")
}

func Suspicious() {
	for i := range 20 {
		fmt.Fprintf(os.Stderr, "fatal error: only %d\n", i)
	}
}

var Late = make(chan bool)

func PrintLate() {
	go func() {
		<-Late
		fmt.Print("late text")
		show("late picture")
	}()
}
func LetLate() { close(Late) }

// Input.

func Ask() {
	line, err := stage.Emit(events.Event[any]{Kind: events.Input, Prompt: "name? ", Password: true})
	fmt.Print(line, " ", err)
}

func ReadStdin() {
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Print(err)
}

func CloseStdin() { fmt.Print(os.Stdin.Close()) }

func ScanTwice() {
	fmt.Print("two numbers? ")
	var a, b int
	_, err1 := fmt.Scan(&a)
	_, err2 := fmt.Scan(&b)
	fmt.Print(a+b, " ", err1, " ", err2)
}

func ScanLines() {
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		fmt.Printf("[%s]", s.Text())
	}
	fmt.Print("end")
}

// ScanInts is the loop of many a first program.
func ScanInts() {
	sum, n := 0, 0
	for {
		if _, err := fmt.Scanln(&n); err != nil || n == 0 {
			break
		}
		sum += n
	}
	fmt.Print("sum ", sum)
}

func ReadElsewhere() {
	line := make(chan string)
	go func() {
		s, err := bufio.NewReader(os.Stdin).ReadString('\n')
		line <- fmt.Sprintf("%q %v", s, err)
	}()
	fmt.Print(<-line)
}

// ReadBelow has a grandchild read a line, and a child the rest.
func ReadBelow() {
	for _, line := range []string{"sh -c 'read x; echo first $x'; true", "cat"} {
		c := exec.Command("sh", "-c", line)
		c.Stdin, c.Stdout = os.Stdin, os.Stdout
		if err := c.Run(); err != nil {
			fmt.Print(err)
		}
	}
}

// ChildBehind leaves a child that reads.
func ChildBehind() {
	c := exec.Command("cat")
	c.Stdin = os.Stdin
	fmt.Print(c.Start())
}

// ReadBehind leaves a goroutine that reads.
func ReadBehind() {
	go func() {
		s, err := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Printf("behind %q %v", s, err)
	}()
}

// ReadForEver leaves a goroutine that reads, whatever it is told.
func ReadForEver() {
	go func() {
		b := make([]byte, 1)
		for {
			os.Stdin.Read(b)
		}
	}()
}

// ScanAnyway does not look at errors.
func ScanAnyway() {
	var n int
	for n == 0 {
		fmt.Scan(&n)
	}
}

func SleepLong() { time.Sleep(3 * time.Second) }

// Panics of the cell's own goroutine.

type custom struct{ A int }
type text string
type stringer struct{}

func (stringer) String() string { return "a stringer" }

func PanicString()   { panic("boom") }
func PanicError()    { panic(errors.New("an error")) }
func PanicStringer() { panic(stringer{}) }
func PanicText()     { panic(text("typed")) }
func PanicStruct()   { panic(custom{3}) }
func PanicInt()      { panic(7) }
func PanicNil()      { panic(nil) }
func PanicIndex()    { var s []int; fmt.Println(s[len(os.Args)]) }
func PanicPointer()  { var p *custom; fmt.Println(p.A) }
func PanicAgain() {
	defer func() { panic(fmt.Sprint("again ", recover())) }()
	panic("first")
}
func Goexit() { runtime.Goexit() }

// Deaths.

// settle makes what it says come before the death in every case.
func settle() { fmt.Print("before. "); fmt.Fprint(os.Stderr, "own words\n") }

func DieGoroutine() { settle(); go func() { panic("in a goroutine") }(); select {} }
func DieExit()      { settle(); os.Exit(3) }
func DieExit0()     { settle(); os.Exit(0) }
func DieLogFatal()  { settle(); log.Fatal("logged") }
func DieMaps() {
	runtime.GOMAXPROCS(max(2, runtime.NumCPU())) // with one P no write is interrupted
	settle()
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%10] = i
			}
		}()
	}
	select {}
}
func DieUnlock() { settle(); var mu sync.Mutex; mu.Unlock() }
func DieStack()  { settle(); fmt.Println(deep(1)) }
func deep(n int) int {
	var pad [100]int
	pad[n%100] = n
	return deep(n+1) + pad[(n+1)%100]
}
func DieSegv()    { settle(); syscall.Kill(os.Getpid(), syscall.SIGSEGV); select {} }
func DieKill()    { settle(); syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
func DieTerm()    { settle(); syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} }
func DieAbort()   { settle(); syscall.Kill(os.Getpid(), syscall.SIGABRT); select {} }
func DieAddress() { settle(); go func() { *(*int)(badPointer()) = 1 }(); select {} }
func DieHuge()    { settle(); hog = make([]byte, 1<<46); select {} }
func DieControl() { settle(); syscall.Write(4, []byte("garbage, not a frame")); select {} }
func DieForged()  { settle(); syscall.Write(4, []byte{0, 0, 0, 2, '{', '{'}); select {} }
func DieClosed()  { settle(); syscall.Close(4); select {} }
func DieNoisy() {
	for range 4 {
		go func() {
			for {
				fmt.Fprintln(os.Stderr, "noise")
			}
		}()
	}
	time.Sleep(20 * time.Millisecond)
	go func() { panic("amid noise") }()
	select {}
}

var hog []byte
var hogs [][]byte

func Hog() {
	settle()
	for {
		b := make([]byte, 8<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		hogs = append(hogs, b)
	}
}

// Hoard keeps 250 MiB.
func Hoard() {
	b := make([]byte, 250<<20)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	hogs = append(hogs, b)
}

func StartChildren() {
	c := exec.Command("sh", "-c", "sleep 1000 & echo started; wait")
	c.Stdout = os.Stdout
	c.Start()
}

// GreedyChild waits for a child that uses 2 GB.
func GreedyChild() {
	c := exec.Command("sh", "-c", "setsid sleep 1000 & echo $!; head -c 2000m /dev/zero | tail -c 2000m >/dev/null")
	c.Stdout = os.Stdout
	fmt.Println(c.Run())
}

// Cells that do not end by themselves.

func Spin() {
	for {
	}
}
func SpinFunction() {
	for {
		spun(1)
	}
}

//go:noinline
func spun(n int) int { return n + 1 }

func SpinAll() {
	for range 2 * runtime.NumCPU() {
		go Spin()
	}
	Spin()
}
func SpinMany() {
	for range 100 {
		go Spin()
	}
	Spin()
}

// SpinManyLate starts them after the looks that come soon.
func SpinManyLate() {
	time.Sleep(time.Second / 2)
	SpinMany()
}
func Receive() { <-make(chan int) }
func Mutex()   { var mu sync.Mutex; mu.Lock(); mu.Lock() }
func Sleep()   { time.Sleep(time.Hour) }
func SystemCall() {
	var fds [2]int
	syscall.Pipe(fds[:])
	syscall.Read(fds[0], make([]byte, 1))
}
func Obedient() { fmt.Print("waiting"); <-stage.Context().Done(); fmt.Print(" cancelled") }

var held = make(chan bool)

func Hold()   { <-held; fmt.Print("held cell goes on") }
func Unhold() { close(held) }

// Children.

// Grandchildren starts processes that try to get away and prints their pids.
func Grandchildren() {
	for _, script := range []string{
		`sleep 1000 &`,        // orphaned at once
		`setsid sleep 1000 &`, // in a session of its own
		`(setsid sh -c 'sleep 1000 & sleep 1000' &)`, // forked twice besides
		`(trap '' TERM HUP INT; sleep 1000) &`,
	} {
		if err := exec.Command("sh", "-c", script).Run(); err != nil {
			fmt.Print(err)
		}
	}
	fmt.Print("started")
}

func ChildDescriptors() {
	out, err := exec.Command("ls", "/proc/self/fd").CombinedOutput()
	fmt.Print(strings.Fields(string(out)), err)
}
