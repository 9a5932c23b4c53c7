package magic

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/stack"
)

// goroutines lists them by the cell that started them.
func goroutines(ctx context.Context, h Host, args string) error {
	if err := none("%goroutines", args); err != nil {
		return err
	}
	list, err := h.Process().Leaks(ctx)
	if err != nil {
		return err
	}
	groups := map[int][]stack.Goroutine{}
	var order []int
	for _, g := range list {
		n, _ := strconv.Atoi(g.Label)
		if groups[n] == nil {
			order = append(order, n)
		}
		groups[n] = append(groups[n], g)
	}
	slices.Sort(order)
	var b strings.Builder
	for _, n := range order {
		name := fmt.Sprintf("In[%d]", n)
		if n == 0 {
			name = "without a cell's name"
		}
		fmt.Fprintf(&b, "%s: %d\n%s", name, len(groups[n]), strings.Join(h.Cells().Waits(groups[n]), ""))
	}
	b.WriteString(faults.Legend(list))
	if b.Len() == 0 {
		b.WriteString("no goroutine runs in the background\n")
	}
	h.Out().Stream("stdout", []byte(b.String()))
	return nil
}
