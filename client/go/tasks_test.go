package gateway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	v1 "seedance.dev/gateway/v1"
)

// tasks is a message of a live map; revision 0: the task is removed.
func tasks(token string, synced bool, named map[string]int64) *v1.WatchGenerationTasksResponse {
	response := &v1.WatchGenerationTasksResponse{ResumeToken: token, Synced: synced}
	for name, revision := range named {
		if revision == 0 {
			response.Removed = append(response.Removed, name)
		} else {
			response.GenerationTasks = append(response.GenerationTasks, task(name, running, revision))
		}
	}
	return response
}

func seen(change TaskChange) int64 { return change.Task.GetRevision() }

// until takes changes until one of a task at this revision has come.
func until(t *testing.T, live *TasksWatch, name string, revision int64) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for change, err := range live.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		found[change.Name] = seen(change)
		if change.Name == name && seen(change) == revision {
			break
		}
	}
	return found
}

func names(live *TasksWatch) string {
	return strings.Join(slices.Sorted(maps.Keys(live.Tasks())), ",")
}

func TestALiveMapHoldsWhatTheStreamSaysThroughBreaks(t *testing.T) {
	s, client := pair(t)
	last, _ := open(tasks("v", false, map[string]int64{"c": 4}))
	s.on("WatchGenerationTasks",
		send(tasks("t", true, map[string]int64{"a": 1, "b": 2}), cut),
		send(tasks("u", false, map[string]int64{"a": 3, "b": 0, "never seen": 0}), cut), last)
	live := client.WatchGenerationTasks(background(t), &v1.WatchGenerationTasksRequest{Labels: map[string]string{"shot": "12"}})
	defer live.Close()
	found := until(t, live, "c", 4)
	equal(t, "changes", maps.Equal(found, map[string]int64{"a": 3, "b": 0, "c": 4}), true)
	equal(t, "tasks", names(live), "a,c")
	var tokens []string
	for _, request := range requests[*v1.WatchGenerationTasksRequest](s, "WatchGenerationTasks") {
		tokens = append(tokens, request.ResumeToken+request.Labels["shot"])
	}
	equal(t, "tokens", strings.Join(tokens, ","), "12,t12,u12")
}

func TestWhatVanishedWhileALiveMapBeganAnewIsRemovedWhenItIsSynced(t *testing.T) {
	s, client := pair(t)
	last, _ := open(tasks("w", false, map[string]int64{"a": 1}), tasks("w", true, map[string]int64{"c": 9}))
	s.on("WatchGenerationTasks", send(tasks("t", true, map[string]int64{"a": 1, "b": 2}), cut), stale("fresh"), last)
	live := client.WatchGenerationTasks(background(t), nil)
	defer live.Close()
	until(t, live, "b", 0)
	equal(t, "tasks", names(live), "a,c")
	equal(t, "token", requests[*v1.WatchGenerationTasksRequest](s, "WatchGenerationTasks")[2].ResumeToken, "fresh")
}

func TestALiveMapTellsOnlyWhatChanges(t *testing.T) {
	live := &TasksWatch{stale: map[string]bool{"a": true, "gone": true}, news: make(chan struct{}),
		tasks:   map[string]*v1.GenerationTask{"a": task("a", running, 1), "gone": task("gone", running, 1)},
		changes: map[string]TaskChange{}}
	for _, one := range []struct {
		message *v1.WatchGenerationTasksResponse
		changes string
	}{
		{tasks("", false, map[string]int64{"a": 1}), "[]"},
		{tasks("", true, map[string]int64{"never seen": 0}), "[gone]"},
		{tasks("", false, map[string]int64{"gone": 2}), "[gone]"},
		{tasks("", true, map[string]int64{"gone": 2}), "[]"},
	} {
		live.order, live.changes = nil, map[string]TaskChange{}
		(*liveMap)(live).take(one.message)
		equal(t, one.message.String(), words(live.order), one.changes)
	}
}

func TestALiveMapThatBrokeBeforeItsFirstTokenStartsOver(t *testing.T) {
	s, client := pair(t)
	last, _ := open(tasks("t", true, map[string]int64{"b": 2}))
	s.on("WatchGenerationTasks", send(tasks("", false, map[string]int64{"a": 1}), cut), last)
	live := client.WatchGenerationTasks(background(t), nil)
	defer live.Close()
	until(t, live, "a", 0)
	equal(t, "tasks", names(live), "b")
}

func TestALiveMapIsSyncedWithEverythingThatMatches(t *testing.T) {
	s, client := pair(t)
	all, _ := open(tasks("", false, map[string]int64{"a": 1}), tasks("t", true, map[string]int64{"b": 1}))
	s.on("WatchGenerationTasks", all)
	live := client.WatchGenerationTasks(background(t), nil)
	defer live.Close()
	if err := live.WaitSynced(background(t)); err != nil {
		t.Fatal(err)
	}
	equal(t, "tasks", names(live), "a,b")
}

func TestASlowReaderGetsTheNewestChangeOfEachTask(t *testing.T) {
	s, client := pair(t)
	var parts []any
	for revision := range int64(9) {
		parts = append(parts, tasks("t", revision == 8, map[string]int64{"a": revision + 1}))
	}
	all, _ := open(parts...)
	s.on("WatchGenerationTasks", all)
	live := client.WatchGenerationTasks(background(t), nil)
	defer live.Close()
	if err := live.WaitSynced(background(t)); err != nil {
		t.Fatal(err)
	}
	for change := range live.Changes() {
		equal(t, "revision", seen(change), 9)
		break
	}
}

func TestTheErrorOfALiveMapReachesItsReaders(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTasks", fail(codes.NotFound, "RESOURCE_NOT_FOUND"))
	live := client.WatchGenerationTasks(background(t), nil)
	defer live.Close()
	equal(t, "error", errors.Is(live.WaitSynced(background(t)), ErrResourceNotFound), true)
	var found []error
	for _, err := range live.Changes() {
		found = append(found, err)
	}
	if len(found) != 1 || !errors.Is(found[0], ErrResourceNotFound) {
		t.Error(found)
	}
}

func TestALiveMapThatIsClosedEndsItsCallAndItsReaders(t *testing.T) {
	s, client := pair(t)
	all, ended := open(tasks("t", true, map[string]int64{"a": 1}))
	s.on("WatchGenerationTasks", all)
	live := client.WatchGenerationTasks(background(t), nil)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for _, err := range live.Changes() {
			if err != nil {
				t.Error(err)
			}
			live.Close()
		}
	}()
	wait(t, "the end of the call", ended)
	wait(t, "the end of the reader", read)
	live.Close()
	equal(t, "tasks", names(live), "a")
}

func TestTheContextEndsALiveMap(t *testing.T) {
	s, client := pair(t)
	all, ended := open(tasks("t", false, map[string]int64{"a": 1}))
	s.on("WatchGenerationTasks", all)
	ctx, cancel := context.WithCancel(background(t))
	live := client.WatchGenerationTasks(ctx, nil)
	until(t, live, "a", 1)
	short, stop := context.WithCancel(ctx)
	stop()
	equal(t, "a wait of a reader", errors.Is(live.WaitSynced(short), context.Canceled), true)
	cancel()
	wait(t, "the end of the call", ended)
	var found []error
	for _, err := range live.Changes() {
		found = append(found, err)
	}
	if len(found) != 1 || !errors.Is(found[0], context.Canceled) {
		t.Error(found)
	}
}
