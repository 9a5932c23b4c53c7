package slides

import (
	"strings"
	"testing"
)

// TestLinks: a link to a notebook leads to its deck, and within one deck of all to its first slide; one to a file that is
// in no deck is plain text, and one to elsewhere stays.
func TestLinks(t *testing.T) {
	decks := []Deck{
		{Name: "01-one", Sections: `<section id="01-one.title"><a href="02-two.ipynb" title="x">02, <em>two</em></a> <a href="README.md">index</a> <a href="03-three.ipynb">three</a> <a href="https://go.dev/a.ipynb">Go</a> <a href="#/here">here</a></section>`},
		{Name: "02-two", Sections: `<section id="02-two.title">two</section>`},
	}
	const rest = ` index three <a href="https://go.dev/a.ipynb">Go</a> <a href="#/here">here</a></section>`
	got := relink(decks[0].Sections, decks)
	if want := `<section id="01-one.title"><a href="02-two.html">02, <em>two</em></a>` + rest; got != want {
		t.Errorf("apart: %s\nwant:  %s", got, want)
	}
	decks[0].Sections = got
	all := Join("all", "All", decks).Sections
	if want := `<section id="01-one.title"><a href="#/02-two.title">02, <em>two</em></a>` + rest; !strings.Contains(all, want) {
		t.Errorf("together: %s\nwant: %s", all, want)
	}
}
