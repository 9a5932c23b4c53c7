package seed_test

import (
	"fmt"

	"interleave/lessons/seed"
)

// Where the talk's first table is, and what a notebook without it is told.
func Example() {
	rows, err := seed.Rows()
	if err != nil {
		fmt.Println(err)
		return
	}
	var tables []seed.Row
	for _, r := range rows {
		if r.Row == "2b" {
			tables = append(tables, r)
		}
	}
	fmt.Println(seed.Check(tables, "05", []seed.Cell{{ID: "table-walk", Code: true}}))
	// Output:
	// row 2b (table 1, cell for cell), 05 table-walk: the cell has no output
	// row 2b (table 1 in English), 05 table-whole: there is no such cell
}
