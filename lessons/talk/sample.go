package talk

import "interleave/lessons/kit/measure"

// Sample returns the nine runs of p as a sample named after its model.
func Sample(p Program) measure.Sample {
	return measure.Sample{Name: string(p.Model), Unit: p.Workload.Unit(), Values: Values(p)}
}

// Samples returns the samples of one workload, in the order of the talk: the sequential one first.
func Samples(w Workload) []measure.Sample {
	var list []measure.Sample
	for _, p := range ByWorkload(w) {
		list = append(list, Sample(p))
	}
	return list
}

// Median is the summary of one program's nine runs, beside the number that the deck printed.
type Median struct {
	Program
	measure.Summary
	Deck Deck
}

// Medians returns the nine programs re-analysed, in the order of the talk.
func Medians() ([]Median, error) {
	var list []Median
	for _, p := range programs {
		sum, err := Sample(p.Program).Summary()
		if err != nil {
			return nil, err
		}
		list = append(list, Median{p.Program, sum, p.deck})
	}
	return list, nil
}
