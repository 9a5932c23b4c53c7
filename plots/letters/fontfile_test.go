package letters

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead: whatever a file of fonts holds, it is read and asked for letters without a panic.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.otf"} {
		b, err := os.ReadFile(filepath.Join("testdata", "fonts", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte("ttcf\x00\x01\x00\x00\xff\xff\xff\xff"))
	f.Add([]byte("\x00\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00cmap\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	path := filepath.Join(f.TempDir(), "x.ttf")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, o := range read(file{path: path}) {
			for i, s := range o.spans {
				if s.first > s.last || i > 0 && s.first <= o.spans[i-1].last || !o.covers(s.first) || !o.covers(s.last) {
					t.Fatalf("letters %v", o.spans)
				}
			}
			o.outlined('漢')
			o.outlined('A')
		}
	})
}
