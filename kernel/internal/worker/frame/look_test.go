package frame

import "testing"

func TestLook(t *testing.T) {
	var d Decoder
	var stream []byte
	for _, op := range []string{Look, Ping, Look, Look} {
		b, err := Marshal(Command{Op: op})
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, b...)
	}
	looks := 0
	for _, b := range stream { // byte by byte, as a pipe may bring it
		d.Feed([]byte{b})
		if d.Look() {
			looks++
			continue
		}
		var c Command
		if ok, err := d.Next(&c); err != nil || ok && c.Op != Ping {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	if looks != 3 || d.Look() {
		t.Errorf("%d of 3 commands were seen", looks)
	}
	b, _ := Marshal(Command{Op: Look})
	allocated := testing.AllocsPerRun(100, func() {
		d.Feed(b)
		if !d.Look() {
			t.Fatal("not seen")
		}
	})
	if allocated >= 1 {
		t.Errorf("a command allocates %v objects", allocated)
	}
}
