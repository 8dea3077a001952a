// Carrel's API on net/http and database/sql: the part of it that the benchmark's scenarios use.
//
// --connections single is how the API that carrel answers for once ran: one connection for everything. --connections 1+10
// is its usual cure: one connection that writes, ten that read.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	database := flag.String("database", "", "a database file that carrel made")
	port := flag.Int("port", 0, "0 picks one")
	durability := flag.String("durability", "full", "full or normal")
	connections := flag.String("connections", "1+10", "single or 1+10")
	flag.Parse()
	if *durability != "full" && *durability != "normal" || *connections != "single" && *connections != "1+10" {
		flag.Usage()
		os.Exit(2)
	}
	store, err := openStore(*database, *durability, *connections == "single")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, store.settings(*connections))

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	// The heap is small: at Go's default the collector would run a hundred times a second.
	debug.SetGCPercent(400)
	server := &http.Server{Handler: &api{store}}
	stopped := make(chan struct{})
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
		<-signals
		patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		server.Shutdown(patience)
		close(stopped)
	}()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-stopped
	if err := store.close(); err != nil {
		log.Fatal(err)
	}
}
