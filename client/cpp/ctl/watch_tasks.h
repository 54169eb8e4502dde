#ifndef SEEDANCE_CLIENT_CPP_CTL_WATCH_TASKS_H_
#define SEEDANCE_CLIENT_CPP_CTL_WATCH_TASKS_H_

#include "client/cpp/ctl/session.h"
#include "client/cpp/watch.h"

namespace seedance::client::ctl {

// Follows all tasks that match until Ctrl-C or the time limit: a line on stdout for each task that matches and
// whenever one changes its state or leaves; with `-o json` a line for every change, `{"removed": name}` for a leave.
// Gives the exit code: 0 when the time limit ended it.
int WatchTasks(Session& session, const TasksFilter& filter);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_WATCH_TASKS_H_
