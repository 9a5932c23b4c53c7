package camera

// KeepQuantile is the exercise with another quantile than p99.
var KeepQuantile = keepLatency
