package main

import "unsafe"

func badPointer() unsafe.Pointer {
	p := uintptr(0xdead0000)
	return *(*unsafe.Pointer)(unsafe.Pointer(&p))
}
