package compile

import (
	"go/token"
	"go/types"
	"strings"

	"interleave/plots/spell"
)

// nearest is the exported name of a package that a misspelt one most likely means, "" when none is near.
func nearest(pkg *types.Package, symbol string) string {
	best, least := "", min(2, len(symbol)/3)
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) && max(len(name), len(symbol))-min(len(name), len(symbol)) <= least {
			if d := spell.Distance(strings.ToLower(symbol), strings.ToLower(name)); d < least || d == least && len(name) > len(best) {
				best, least = name, d
			}
		}
	}
	return best
}
