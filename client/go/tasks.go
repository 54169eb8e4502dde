package gateway

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	v1 "seedance.dev/gateway/v1"
)

// TaskChange is what became of one task of a live map.
type TaskChange struct {
	Name string
	Task *v1.GenerationTask // nil: it no longer matches the filter, or was deleted.
}

// TasksWatch is a live map of many tasks, which a goroutine keeps up to date until its context ends, or Close. It is safe
// for several goroutines.
type TasksWatch struct {
	resumption // Of the goroutine alone, as asked and stale.
	asked      *v1.WatchGenerationTasksRequest
	stale      map[string]bool // Names that a stream which began anew has not confirmed yet.
	cancel     context.CancelFunc
	ran        chan struct{} // Closed when the goroutine has ended.

	mutex   sync.Mutex
	news    chan struct{} // Closed, and replaced, whenever something below has changed.
	tasks   map[string]*v1.GenerationTask
	changes map[string]TaskChange // That nobody has taken yet.
	order   []string              // Names of changes, the oldest first.
	synced  bool                  // Stays true through breaks.
	over    bool
	err     error
}

// WatchGenerationTasks follows all tasks that match, as a live map.
func (c *Client) WatchGenerationTasks(ctx context.Context, request *v1.WatchGenerationTasksRequest) *TasksWatch {
	ctx, cancel := context.WithCancel(ctx)
	watch := &TasksWatch{
		resumption: resumption{token: request.GetResumeToken()}, asked: own(request),
		stale: map[string]bool{}, cancel: cancel, ran: make(chan struct{}), news: make(chan struct{}),
		tasks: map[string]*v1.GenerationTask{}, changes: map[string]TaskChange{},
	}
	go func() {
		defer close(watch.ran)
		defer cancel()
		err := run(ctx, c, v1.GenerationTaskService_WatchGenerationTasks_FullMethodName, (*liveMap)(watch))
		watch.update(func() {
			if !watch.over {
				watch.over, watch.err = true, err
			}
		})
	}()
	return watch
}

// Tasks gives the tasks that match now, by name: a copy of the map. The tasks in it are not to be changed.
func (w *TasksWatch) Tasks() map[string]*v1.GenerationTask {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return maps.Clone(w.tasks)
}

// WaitSynced waits until the map holds everything that matched at the beginning. Fails with the error of the watch, or that
// of ctx.
func (w *TasksWatch) WaitSynced(ctx context.Context) error {
	for {
		w.mutex.Lock()
		synced, over, err, news := w.synced, w.over, w.err, w.news
		w.mutex.Unlock()
		switch {
		case err != nil || synced:
			return err
		case over:
			return newError(ErrCancelled, 0, "the watch was closed")
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Changes gives the changes as they come. One that nobody took in time is replaced by a newer one of its task. Close ends
// it; the error of the watch is its last item.
func (w *TasksWatch) Changes() iter.Seq2[TaskChange, error] {
	return func(yield func(TaskChange, error) bool) {
		for {
			w.mutex.Lock()
			news, over, err := w.news, w.over, w.err
			var change TaskChange
			if len(w.order) > 0 {
				change, w.order = w.changes[w.order[0]], w.order[1:]
				delete(w.changes, change.Name)
			}
			w.mutex.Unlock()
			switch {
			case change.Name != "":
				if !yield(change, nil) {
					return
				}
			case err != nil:
				yield(change, err)
				return
			case over:
				return
			default:
				<-news
			}
		}
	}
}

// Close ends the watch; the map stays as it is.
func (w *TasksWatch) Close() {
	w.update(func() {
		if !w.over {
			w.over = true
			w.order, w.changes = nil, map[string]TaskChange{}
		}
	})
	w.cancel()
	<-w.ran
}

func (w *TasksWatch) update(change func()) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	change()
	close(w.news)
	w.news = make(chan struct{})
}

// liveMap makes a TasksWatch a stream of its responses.
type liveMap TasksWatch

func (w *liveMap) request() proto.Message {
	w.asked.ResumeToken = w.token
	return w.asked
}

func (w *liveMap) message() proto.Message { return &v1.WatchGenerationTasksResponse{} }

func (w *liveMap) take(message proto.Message) error {
	response := message.(*v1.WatchGenerationTasksResponse)
	w.read(response.GetResumeToken())
	for _, task := range response.GetGenerationTasks() {
		delete(w.stale, task.GetName())
	}
	gone := response.GetRemoved()
	if response.GetSynced() {
		gone = slices.AppendSeq(slices.Clip(gone), maps.Keys(w.stale))
		clear(w.stale)
	}
	(*TasksWatch)(w).update(func() {
		for _, task := range response.GetGenerationTasks() {
			if !proto.Equal(w.tasks[task.GetName()], task) {
				w.tasks[task.GetName()] = task
				w.changed(TaskChange{task.GetName(), task})
			}
		}
		for _, name := range gone {
			if w.tasks[name] != nil {
				delete(w.tasks, name)
				w.changed(TaskChange{name, nil})
			}
		}
		w.synced = w.synced || response.GetSynced()
	})
	return nil
}

func (w *liveMap) changed(change TaskChange) {
	if w.over {
		return
	}
	if _, waits := w.changes[change.Name]; !waits {
		w.order = append(w.order, change.Name)
	}
	w.changes[change.Name] = change
}

func (w *liveMap) done() bool { return false }

func (w *liveMap) ended(failure *Error, tries *attempts) *Error {
	if failure == nil {
		failure = broken("the stream ended")
	}
	startsOver := w.resumption.ended(failure, tries)
	if startsOver || w.token == "" {
		for name := range w.tasks { // Only this goroutine writes the map.
			w.stale[name] = true
		}
	}
	if startsOver {
		return nil
	}
	return failure
}
