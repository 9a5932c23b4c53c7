package stats

// A Law is the speed-up with n workers, or of n requests at once.
type Law func(n float64) float64

// Amdahl is the speed-up of a fixed job of which the share serial (0 to 1) cannot be divided:
// 1/(s + (1-s)/n). (Amdahl: Validity of the single processor approach, 1967.)
func Amdahl(serial float64) Law {
	return func(n float64) float64 { return 1 / (serial + (1-serial)/n) }
}

// Gustafson is the speed-up when the job grows with n and the share serial of its time cannot be divided:
// n - s(n-1). (Gustafson: Reevaluating Amdahl's Law, 1988.)
func Gustafson(serial float64) Law {
	return func(n float64) float64 { return n - serial*(n-1) }
}

// USL is the universal scalability law with contention a and coherency cost b: n/(1 + a(n-1) + bn(n-1)).
// (Gunther: Guerrilla Capacity Planning, 2007.)
func USL(a, b float64) Law {
	return func(n float64) float64 { return n / (1 + a*(n-1) + b*n*(n-1)) }
}
