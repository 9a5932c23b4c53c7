package letters

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
)

// installed are the fonts of the system.
var installed system

// system finds fonts by the letters that they have. It reads files when the first letter is looked for, and keeps what it
// finds: fonts for good, and that a letter is nowhere until the files change.
type system struct {
	mu      sync.Mutex
	folders []string
	looked  time.Time // when the folders were last read
	files   []file
	faces   map[file][]*other
	found   map[wanted]*other
	nowhere map[wanted]bool
}

// wanted is a letter in a weight.
type wanted struct {
	letter rune
	bold   bool
}

// describe is how gonum describes this font where it stands in for another.
func (o *other) describe(f font.Font) font.Font {
	f.Typeface, f.Variant = font.Typeface(o.name), ""
	return f
}

// fresh is how long a list of files is used before the folders are read again, for letters that are nowhere. A chart is drawn
// in less.
const fresh = 2 * time.Second

// find returns a font that has a letter.
func (s *system) find(letter rune, bold bool) (*other, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if folders := Folders(); !slices.Equal(folders, s.folders) || s.found == nil {
		s.folders, s.looked, s.files = folders, time.Time{}, nil
		s.faces, s.found, s.nowhere = map[file][]*other{}, map[wanted]*other{}, map[wanted]bool{}
	}
	w := wanted{letter, bold}
	if o := s.found[w]; o != nil {
		return o, true
	}
	s.look()
	if s.nowhere[w] {
		return nil, false
	}
	var candidates []*other
	for _, f := range s.files {
		for _, o := range s.faces[f] {
			if o.covers(letter) {
				candidates = append(candidates, o)
			}
		}
	}
	place := place(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	slices.SortStableFunc(candidates, func(a, b *other) int {
		return cmp.Or(cmp.Compare(rank(a.file.path, bold), rank(b.file.path, bold)), cmp.Compare(a.far(place), b.far(place)))
	})
	for _, o := range candidates {
		if o.outlined(letter) {
			s.found[w] = o
			return o, true
		}
	}
	s.nowhere[w] = true
	return nil, false
}

// look reads the folders, unless it did so just now, and the files that are new in them.
func (s *system) look() {
	if time.Since(s.looked) < fresh {
		return
	}
	if files := list(s.folders); !slices.Equal(files, s.files) {
		known := s.faces
		s.files, s.faces, s.nowhere = files, map[file][]*other{}, map[wanted]bool{}
		for _, f := range files {
			if faces, ok := known[f]; ok {
				s.faces[f] = faces
			} else {
				s.faces[f] = read(f)
			}
		}
	}
	s.looked = time.Now()
}

// outlined reports whether a font has a letter as a shape: not as a picture in colours, and not as nothing.
func (o *other) outlined(letter rune) (yes bool) {
	defer func() {
		if recover() != nil { // a damaged file
			yes = false
		}
	}()
	f := o.parsed()
	if f == nil {
		return false
	}
	b := buffers.Get().(*sfnt.Buffer)
	defer buffers.Put(b)
	i, err := f.GlyphIndex(b, letter)
	if err != nil || i == 0 {
		return false
	}
	shape, err := f.LoadGlyph(b, i, 64, nil)
	if err != nil {
		return false
	}
	_, err = f.GlyphAdvance(b, i, 64, xfont.HintingNone)
	return err == nil && (len(shape) > 0 || unicode.IsSpace(letter))
}

// far is 0 for a font of a place. Collections hold the same Chinese characters as they are written in several places: those of
// the user's language come first.
func (o *other) far(place string) int {
	if place == "" || !o.collected {
		return 0
	}
	if f := o.parsed(); f != nil {
		if name, err := f.Name(nil, sfnt.NameIDFamily); err == nil && slices.Contains(strings.Fields(name), place) {
			return 0
		}
	}
	return 1
}

// place is the word by which the names of fonts tell for which place they are, "" if the locale does not say.
func place(locale string) string {
	for _, p := range []struct{ prefix, word string }{
		{"zh_TW", "TC"}, {"zh_HK", "HK"}, {"zh", "SC"}, {"ko", "KR"}, {"ja", "JP"},
	} {
		if strings.HasPrefix(locale, p.prefix) {
			return p.word
		}
	}
	return ""
}
