package main

import (
	"strconv"
	"strings"

	"interleave/kernel/internal/slides"
	"interleave/lessons/seed"
)

// The talk that the notebooks re-tell.
const (
	talkName  = "talk2019"
	talkTitle = "Choosing Concurrency and Parallelism"
	talkPages = 42
)

// talkParts are rows of the seed map that are on a page of another number: the speaker's card is row 1, the two tables
// and the runs have rows of their own.
var talkParts = map[string]int{"2b": 12, "2c": 13, "bench.cpu threading-class": 19}

// talkEvidence is the seed map by the pages of the talk.
func talkEvidence() ([]slides.Evidence, error) {
	rows, err := seed.Rows()
	if err != nil {
		return nil, err
	}
	var list, run []slides.Evidence
	for _, r := range rows {
		e := slides.Evidence{Item: r.Item, Notebook: r.Notebook, Cell: r.Cell, Chart: r.MIME == "image/png"}
		number, _, _ := strings.Cut(r.Row, ".")
		page, err := strconv.Atoi(number)
		switch {
		case talkParts[r.Row] != 0: // stands before what is recorded
			e.Page = talkParts[r.Row]
			run = append(run, e)
			continue
		case err != nil: // nothing of a page
			continue
		}
		if e.Page = page; r.Item == "speaker card" {
			e.Page = 3
		}
		list = append(list, e)
	}
	return append(run, list...), nil
}
