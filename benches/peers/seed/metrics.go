package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Namespace: "cloudnative",
	Name:      "execution_latency_seconds",
	Help:      "Time spent.",
	Buckets:   prometheus.ExponentialBuckets(0.001, 2, 15),
}, []string{"step"})

func register() error {
	return prometheus.Register(latency)
}

// timer measures one request from its creation on.
type timer struct {
	histogram *prometheus.HistogramVec
	start     time.Time
	last      time.Time
}

func newTimer() *timer {
	now := time.Now()
	return &timer{histogram: latency, start: now, last: now}
}

func (t *timer) observeTotal() {
	t.histogram.WithLabelValues("total").Observe(time.Since(t.start).Seconds())
}
