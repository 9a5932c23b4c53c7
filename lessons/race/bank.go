package race

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"interleave/lessons/kit/schedule"
)

// Shop is what became of the money of customers who pay into one account at the same time.
type Shop struct {
	Customers int
	Each      int   // payments of 1 by each, which empty his own account
	Guarded   bool  // with a lock around each payment
	Spent     int64 // taken from the customers' accounts
	Received  int64 // in the shop's account at the end
}

// Missing is how much money left the customers and never arrived.
func (s Shop) Missing() int64 { return s.Spent - s.Received }

// Pay lets two customers pay on one P, 1 at a time: each takes it from his own account, reads the shop's balance,
// is interrupted, and writes what he has worked out. Unguarded, about half of the money is lost on every machine;
// guarded, none.
func Pay(each int, guarded bool) Shop {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := Shop{Customers: 2, Each: each, Guarded: guarded}
	var spent, shop atomic.Int64
	var mu sync.Mutex
	pay := func() {
		if guarded {
			mu.Lock()
			defer mu.Unlock()
		}
		spent.Add(1)
		balance := shop.Load()
		runtime.Gosched() // another customer may pay now
		shop.Store(balance + 1)
	}
	var wg sync.WaitGroup
	for range s.Customers {
		wg.Go(func() {
			for range each {
				pay()
			}
		})
	}
	wg.Wait()
	s.Spent, s.Received = spent.Load(), shop.Load()
	return s
}

// Lost is the shop for the machine: Ani and Budi each pay 10 into it, and one payment can be lost.
func Lost() *schedule.Program { return payments("", "") }

// Kept is the same with one lock around each payment.
func Kept() *schedule.Program { return payments("lock m", "unlock m") }

func payments(before, after string) *schedule.Program {
	customer := func(name string) string {
		account := strings.ToLower(name)
		return strings.Join([]string{"thread " + name, before,
			"read " + account, "sub 10", "write " + account,
			"read shop", "add 10", "write shop", after, ""}, "\n")
	}
	return schedule.MustParse("var ani = 10; var budi = 10; var shop = 0\n" +
		customer("Ani") + customer("Budi") + "ensure ani + budi + shop == 20")
}

// Turns is the machine's twin of the scheduled counter: two threads, each with so many increments in two steps,
// read and write.
func Turns(increments int) *schedule.Program {
	return schedule.Define(func(m *schedule.Machine) {
		n := m.Int("n", 0)
		for range 2 {
			m.Go("", func(t *schedule.Thread) {
				for range increments {
					v := n.Read(t)
					n.Write(t, v+1)
				}
			})
		}
		m.Ensure("every increment counts", func() bool { return n.Value() == 2*increments })
	})
}
