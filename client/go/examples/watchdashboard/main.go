// Command watchdashboard shows all tasks of a label, and every change, until all of them have ended.
//
//	go run ./examples/watchdashboard -label shot=12 127.0.0.1:8443
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

func main() {
	labels := map[string]string{}
	flag.Func("label", "`key=value`; repeatable", func(text string) error {
		key, value, _ := strings.Cut(text, "=")
		labels[key] = value
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: watchdashboard [-label KEY=VALUE]... HOST:PORT")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := dashboard(ctx, flag.Arg(0), labels); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dashboard(ctx context.Context, endpoint string, labels map[string]string) error {
	options := &gateway.Options{}
	if token := os.Getenv("SEEDANCE_TOKEN"); token != "" {
		options.Token = gateway.StaticToken(token)
	}
	client, err := gateway.New(endpoint, options)
	if err != nil {
		return err
	}
	defer client.Close()
	live := client.WatchGenerationTasks(ctx, &v1.WatchGenerationTasksRequest{Labels: labels})
	defer live.Close()
	if err := live.WaitSynced(ctx); err != nil {
		return err
	}
	if show(live.Tasks()) {
		return nil
	}
	for _, err := range live.Changes() {
		if err != nil {
			return err
		}
		if show(live.Tasks()) {
			break
		}
	}
	return nil
}

// show prints how many tasks are in which state, and tells whether all have ended.
func show(tasks map[string]*v1.GenerationTask) (over bool) {
	over = true
	counts := map[string]int{}
	for _, task := range tasks {
		counts[strings.TrimPrefix(task.State.String(), "STATE_")]++
		over = over && gateway.HasEnded(task)
	}
	var parts []string
	for state, count := range counts {
		parts = append(parts, fmt.Sprintf("%s %d", state, count))
	}
	slices.Sort(parts)
	fmt.Println(strings.Join(parts, "  "))
	return over
}
