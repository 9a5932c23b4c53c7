// A plugin whose packages panic when they are initialised.
package main

var _ = func() int { panic("not today") }()

func Never() {}
