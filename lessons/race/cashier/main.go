// Command cashier lets customers pay into a Shop at the same time, while the owner looks at the money. The Shop is
// the answer to an exercise; what is here beside it in the repository is only a stand-in.
package main

import (
	"fmt"
	"sync"
)

func main() {
	const each = 1000
	var shop Shop
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range each {
				shop.Pay(1)
			}
		})
	}
	wg.Go(func() {
		for range each {
			shop.Money()
		}
	})
	wg.Wait()
	fmt.Println(shop.Money(), "of", 2*each)
}
