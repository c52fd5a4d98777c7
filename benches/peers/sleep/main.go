// Command sleep starts COUNT goroutines that sleep up to SPREAD, evenly spread, and prints the CPU time of it all and then
// how late each woke, in nanoseconds, one a line.
package main

import (
	"bufio"
	"fmt"
	"log"
	"math"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: sleep COUNT SPREAD")
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	spread, err := time.ParseDuration(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}

	before := cpu()
	late := sleepAll(count, spread)
	spent := cpu() - before

	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, spent.Nanoseconds())
	for _, l := range late {
		fmt.Fprintln(out, l.Nanoseconds())
	}
}

func sleepAll(count int, spread time.Duration) []time.Duration {
	late := make([]time.Duration, count)
	var all sync.WaitGroup
	all.Add(count)
	for n := range count {
		go func() {
			defer all.Done()
			wanted := share(n, spread)
			start := time.Now()
			time.Sleep(wanted)
			late[n] = time.Since(start) - wanted
		}()
	}
	all.Wait()
	return late
}

// share spreads n evenly: multiples of the golden ratio, without their whole part.
func share(n int, spread time.Duration) time.Duration {
	_, part := math.Modf(float64(n) * (math.Sqrt(5) - 1) / 2)
	return time.Duration(part * float64(spread))
}

func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
