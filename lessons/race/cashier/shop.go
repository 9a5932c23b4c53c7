package main

// Shop is a stand-in that compiles: it is not safe for concurrent use.
type Shop struct{ money int }

// Pay adds an amount to the money.
func (s *Shop) Pay(amount int) { s.money += amount }

// Money is how much there is.
func (s *Shop) Money() int { return s.money }
