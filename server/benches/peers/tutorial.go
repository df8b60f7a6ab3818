// Event streams over net/http as the tutorials write them: a channel for each client, a write and a flush
// for each event.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
)

var (
	mutex   sync.Mutex
	clients = map[chan string]bool{}
)

func subscribe(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Connection", "keep-alive")
	flusher := w.(http.Flusher)

	events := make(chan string, 256)
	mutex.Lock()
	clients[events] = true
	mutex.Unlock()
	defer func() {
		mutex.Lock()
		delete(clients, events)
		mutex.Unlock()
	}()

	flusher.Flush()
	for {
		select {
		case event := <-events:
			fmt.Fprintf(w, "data: %s\n\n", event)
			flusher.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func publish(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	mutex.Lock()
	for events := range clients {
		events <- string(body)
	}
	mutex.Unlock()
}

func main() {
	http.HandleFunc("GET /events", subscribe)
	http.HandleFunc("POST /events", publish)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
