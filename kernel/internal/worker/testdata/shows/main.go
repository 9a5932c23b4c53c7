// Command shows is a program that displays below a Command. It is built without the race detector, which keeps the runtime
// from looking for deadlocks.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"interleave/kernel/internal/events"
	"interleave/kernel/internal/stage"
)

func main() { os.Exit(shown(os.Args[1])) }

func shown(what string) int {
	show := func(text string) error {
		_, err := stage.Emit(events.Event[any]{Kind: events.Display, Bundle: events.Bundle[any]{Data: map[string]any{"text/plain": text}}})
		return err
	}
	switch what {
	case "order":
		for i := range 200 {
			fmt.Print("a", i, " ")
			fmt.Fprint(os.Stderr, "e", i, " ")
			if err := show(fmt.Sprint(i)); err != nil {
				fmt.Println(err)
				return 1
			}
		}
	case "input":
		line, err := stage.Emit(events.Event[any]{Kind: events.Input, Prompt: "name? "})
		fmt.Print(line, err)
	case "deadlock":
		show("one")
		<-make(chan int)
	case "parent": // the descriptors have other owners in a child
		r, w, _ := os.Pipe()
		cmd := exec.Command(os.Args[0], "child")
		cmd.Stdout, cmd.ExtraFiles = os.Stdout, []*os.File{w, w}
		err := cmd.Run()
		w.Close()
		b := make([]byte, 100)
		n, _ := r.Read(b)
		fmt.Print(" ", err, " read ", n)
	case "child":
		fmt.Print(show("from below"))
	case "garbage":
		syscall.Write(4, []byte("\xff\xff\xff\xff garbage"))
		fmt.Print(show("lost") != nil)
	}
	return 0
}
