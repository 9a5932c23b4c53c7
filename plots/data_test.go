package plots_test

import "math"

const exampleData = "Example data, not measured"

// spread returns n values around middle in a fixed, lopsided order: the tail goes up by the factor exp(tail).
func spread(n int, middle, tail float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		_, u := math.Modf(float64(i+1) * math.Sqrt2)
		list[i] = middle * math.Exp(tail*(math.Pow(u, 3)*1.5-0.18))
	}
	return list
}

func scale(values []float64, factor float64) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = v * factor
	}
	return list
}
