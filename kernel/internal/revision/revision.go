// Package revision names the revisions of a package. A package of the user's own that is edited while a notebook is open is loaded again,
// beside the one that is loaded already. A process takes one package of a path only, so each new revision has a path of its own, below
// that of the package: what the package may import, internal packages for instance, its revisions may import as well. The package knows
// nothing of compilers and starts no goroutine.
package revision

import (
	"regexp"
	"strconv"
	"strings"
)

// mark begins the last element of a revision's path. The go command takes such a path, and nobody gives a folder such a name.
const mark = "/revision+"

var marks = regexp.MustCompile(regexp.QuoteMeta(mark) + `[0-9]+`)

// Path is the path of the nth revision of a package. The first is the package itself.
func Path(path string, n int) string {
	if n <= 1 {
		return path
	}
	return path + mark + strconv.Itoa(n)
}

// Plain is a text that has the paths of packages where it had those of revisions.
func Plain(text string) string {
	if !strings.Contains(text, mark) {
		return text
	}
	return marks.ReplaceAllString(text, "")
}

// Is tells whether a path is that of a later revision.
func Is(path string) bool { return strings.Contains(path, mark) }
