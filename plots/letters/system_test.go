package letters

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/image/font/sfnt"
)

// fontFile is a file of the fonts for tests.
func fontFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "fonts", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A font that is installed while the program runs is found, below any number of folders and links; one that is removed again
// is not used by those who look for it then.
func TestInstalledLater(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv(FoldersVariable, dir)
	var s system
	if _, ok := s.find('漢', false); ok {
		t.Fatal("a font in an empty folder")
	}
	write(t, filepath.Join(elsewhere, "deep", "er", "Some.TTC"), fontFile(t, "NotoSansCJK-Regular.ttc"))
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(elsewhere, "deep", "back")); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.find('漢', false); ok {
		t.Error("the folders were read again at once: each missing letter of a chart would do so")
	}
	s.looked = time.Time{}
	if _, ok := s.find('漢', false); !ok {
		t.Error("a font that was installed is not found")
	}
	if _, ok := s.find('龘', false); ok || !s.nowhere[wanted{'龘', false}] {
		t.Error("that no font has a letter is not remembered")
	}
	t.Setenv(FoldersVariable, t.TempDir())
	if _, ok := s.find('漢', false); ok {
		t.Error("a font of a folder that is no longer among those to search")
	}
}

// Files that are no fonts, or damaged ones, are passed over.
func TestDamagedFonts(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(FoldersVariable, dir)
	whole := fontFile(t, "NotoSansCJK-Regular.ttc")
	write(t, filepath.Join(dir, "empty.ttf"), nil)
	write(t, filepath.Join(dir, "text.otf"), []byte("this is no font, whatever its name says"))
	write(t, filepath.Join(dir, "notes.txt"), whole)
	for _, share := range []int{2, 3, 5, 20} {
		write(t, filepath.Join(dir, "cut", string(rune('a'+share))+".ttc"), whole[:len(whole)/share])
	}
	for i := 0; i < len(whole); i += 97 { // a byte is another
		spoiled := slices.Clone(whole)
		spoiled[i] ^= 0xff
		write(t, filepath.Join(dir, "one.ttc"), spoiled)
		var s system
		s.find('漢', false)
	}
	if err := os.Remove(filepath.Join(dir, "one.ttc")); err != nil {
		t.Fatal(err)
	}
	var s system
	if _, ok := s.find('漢', false); ok {
		t.Error("a letter of a damaged font")
	}
	write(t, filepath.Join(dir, "zzz.ttc"), whole)
	s.looked = time.Time{}
	if _, ok := s.find('漢', false); !ok {
		t.Error("a font behind damaged ones is not found")
	}
}

// A text with the font's own letters looks for no other: no folder is read.
func TestOrdinaryTextReadsNoFolder(t *testing.T) {
	t.Setenv(FoldersVariable, t.TempDir())
	before := installed.looked
	Runs(liberationSans(t), "Zeit (µs), λ→∞, Привет, café")
	Width(liberationSans(t), "Zeit (µs), λ→∞, Привет")
	if installed.looked != before {
		t.Error("the folders of fonts were read")
	}
}

// Files with a table at an odd place, or with one that is broken and not needed, are read: fonts that many people have are so.
func TestOddFonts(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(FoldersVariable, dir)
	b := fontFile(t, "NotoSansCJK-Bold.otf")
	n := int(binary.BigEndian.Uint16(b[4:]))
	// Everything behind the directory moves by one byte, and the table of names of glyphs is said to be of a version to come.
	odd := slices.Concat(b[:12+16*n], []byte{0}, b[12+16*n:])
	for i := range n {
		entry := odd[12+16*i:]
		at := binary.BigEndian.Uint32(entry[8:]) + 1
		binary.BigEndian.PutUint32(entry[8:], at)
		if string(entry[:4]) == "post" {
			binary.BigEndian.PutUint32(odd[at:], 0x00070000)
		}
	}
	if _, err := sfnt.Parse(odd); err == nil {
		t.Fatal("package sfnt reads this file by itself: the test shows nothing")
	}
	write(t, filepath.Join(dir, "odd.otf"), odd)
	var s system
	o, ok := s.find('漢', false)
	if !ok {
		t.Fatal("a letter of a font with tables at odd places is not found")
	}
	plain, err := sfnt.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := area(t, o.font, index(t, o.font, '漢')), area(t, plain, index(t, plain, '漢')); got != want {
		t.Errorf("it covers %v, want %v", got, want)
	}
}

func TestRank(t *testing.T) {
	better := []string{"NotoSansCJK-Regular.ttc", "NotoSansCJK-Medium.ttc", "wqy-microhei.ttc", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc", "DejaVuSansMono.ttf", "NotoSansCJK-Thin.ttc", "Sans-Italic.ttf", "unifont.ttf"}
	if !slices.IsSortedFunc(better, func(a, b string) int { return rank(a, false) - rank(b, false) }) {
		for _, name := range better {
			t.Log(name, rank(name, false))
		}
		t.Error("not in this order")
	}
	if rank("NotoSansCJK-Bold.ttc", true) >= rank("NotoSansCJK-Regular.ttc", true) {
		t.Error("for a bold text a bold font comes first")
	}
}

func TestFolders(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/h")
	t.Setenv("XDG_DATA_DIRS", "/a:/b")
	t.Setenv("HOME", "/home/x")
	t.Setenv(FoldersVariable, "")
	os.Unsetenv(FoldersVariable)
	got := Folders()
	for _, want := range []string{"/h/fonts", "/a/fonts", "/b/fonts", "/home/x/.fonts"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
	t.Setenv(FoldersVariable, "/one:/two")
	if got := Folders(); !slices.Equal(got, []string{"/one", "/two"}) {
		t.Errorf("%q", got)
	}
}
