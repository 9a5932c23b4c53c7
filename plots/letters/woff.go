package letters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
)

// WOFF packs a font file for the web (W3C, "WOFF File Format 1.0"), which every browser reads.
func WOFF(font []byte) ([]byte, error) {
	n := int(binary.BigEndian.Uint16(font[4:]))
	var directory, body table
	unpacked := 12 + 16*n
	for i := range n {
		entry := font[12+16*i:]
		check, from, length := binary.BigEndian.Uint32(entry[4:]), binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		data := font[from : from+length]
		var packed bytes.Buffer
		w, err := zlib.NewWriterLevel(&packed, zlib.BestCompression)
		if err != nil {
			return nil, err
		}
		if _, err = w.Write(data); err == nil {
			err = w.Close()
		}
		if err != nil {
			return nil, err
		}
		stored := data
		if packed.Len() < len(data) {
			stored = packed.Bytes()
		}
		directory = append(directory, entry[:4]...)
		directory.u32(44+20*n+len(body), len(stored), int(length), int(check))
		body = append(body, stored...)
		body = append(body, make([]byte, -len(stored)&3)...)
		unpacked += (int(length) + 3) &^ 3
	}
	var head table
	head = append(head, "wOFF"...)
	head.u32(0x00010000, 44+20*n+len(body))
	head.u16(n, 0)
	head.u32(unpacked)
	head.u16(1, 0)
	head.u32(0, 0, 0, 0, 0)
	return append(append(head, directory...), body...), nil
}
