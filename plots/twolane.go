package plots

// TwoLanes turns the intervals of one lane of a trace into the two lanes of the classic picture: CPU while it
// runs, and I/O while it waits or is in a system call. Time in which it is ready but has no processor is in
// neither. The name is written before each lane if it is not empty, so that two jobs can share a chart.
func TwoLanes(intervals []Interval, lane, name string) []Interval {
	if name != "" {
		name += " "
	}
	list := []Interval{}
	for _, v := range intervals {
		if v.Lane != lane {
			continue
		}
		switch v.State {
		case Running:
			v.Lane, v.State = name+"CPU", CPU
		case Waiting, Syscall:
			v.Lane, v.State = name+"I/O", IO
		default:
			continue
		}
		list = append(list, v)
	}
	return list
}
