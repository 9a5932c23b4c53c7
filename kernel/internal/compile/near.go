package compile

import (
	"go/token"
	"go/types"
	"strings"
)

// nearest is the exported name of a package that a misspelt one most likely means, "" when none is near.
func nearest(pkg *types.Package, symbol string) string {
	best, least := "", min(2, len(symbol)/3)
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) && max(len(name), len(symbol))-min(len(name), len(symbol)) <= least {
			if d := Edits(strings.ToLower(symbol), strings.ToLower(name)); d < least || d == least && len(name) > len(best) {
				best, least = name, d
			}
		}
	}
	return best
}

// Edits counts the letters to insert, remove or replace between two words.
func Edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
