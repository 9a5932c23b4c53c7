// Package words has the small pieces of English that messages share. It knows nothing else.
package words

import "fmt"

// Plural counts things whose name takes an s: "1 frame", "2 frames".
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
