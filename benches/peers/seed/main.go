// Command seed is the homework's server: a random delay, measured with client_golang, and nothing else.
//
// Its delay can be bounded from both sides, so that a delay of zero, or many requests in flight, can be measured too.
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address and port")
	shortest := flag.Duration("min-delay", 0, "shortest delay")
	longest := flag.Duration("max-delay", 2*time.Second, "delays stay below it")
	flag.Parse()

	if err := register(); err != nil {
		log.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/", index)
	routes.HandleFunc("/images", images(*shortest, *longest))
	routes.HandleFunc("/healthz", healthz)
	routes.Handle("/metrics", promhttp.Handler())
	log.Fatal(http.ListenAndServe(*listen, routes))
}

func images(shortest, longest time.Duration) http.HandlerFunc {
	span := max(int((longest-shortest)/time.Millisecond), 1)
	return func(w http.ResponseWriter, _ *http.Request) {
		timer := newTimer()
		defer timer.observeTotal()
		delay := int(shortest/time.Millisecond) + rand.Intn(span)
		time.Sleep(time.Duration(delay) * time.Millisecond)
		w.Write([]byte(fmt.Sprintf("<h1>%d<h1>", delay)))
	}
}

func index(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	if user == "" {
		user = "stranger"
	}
	fmt.Fprintf(w, "hello [%s]\n", user)
	for name, values := range r.Header {
		fmt.Fprintf(w, "%s=%s\n", name, values)
	}
}

func healthz(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "ok")
}
