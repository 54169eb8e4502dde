#include "client/cpp/ctl/watch_tasks.h"

#include <google/protobuf/struct.pb.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/text_width.h"
#include "client/cpp/ctl/view.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;

// Writes what happens to the tasks that were shown.
class Lines {
 public:
  explicit Lines(Session& session) : session_(session) {}

  void Show(const GenerationTask& task) {
    const auto [known, fresh] = states_.try_emplace(task.name(), task.state());
    const bool moved = fresh || known->second != task.state();
    known->second = task.state();
    if (!session_.table()) {
      session_.console.out << PrintNext(task, session_.format()) << std::flush;
    } else if (moved) {
      session_.console.out << RenderTaskLine(task, session_.view()) << std::flush;
    }
  }

  void Remove(const std::string& name) {
    // Others than those that were shown are of no interest.
    if (states_.erase(name) == 0) return;
    if (!session_.table()) {
      google::protobuf::Struct object;
      (*object.mutable_fields())["removed"].set_string_value(name);
      session_.console.out << PrintNext(object, session_.format()) << std::flush;
    } else {
      session_.console.out << OneLine(name) << "  left\n" << std::flush;
    }
  }

  void Synced() {
    session_.Note(absl::StrCat(states_.size(), states_.size() == 1 ? " task matches" : " tasks match",
                               "; watching, Ctrl-C ends"));
  }

  void Reset() {
    states_.clear();
    session_.Note("the gateway has forgotten too much to go on; all that matches comes anew");
  }

 private:
  Session& session_;
  std::map<std::string, GenerationTask::State> states_;  // Of the tasks that were shown and still match.
};

}  // namespace

int WatchTasks(Session& session, const TasksFilter& filter) {
  Lines lines(session);
  TasksCallbacks callbacks;
  callbacks.on_task = [&](const GenerationTask& task) { lines.Show(task); };
  callbacks.on_removed = [&](const std::string& name) { lines.Remove(name); };
  callbacks.on_synced = [&] { lines.Synced(); };
  callbacks.on_reset = [&] { lines.Reset(); };
  auto options = session.CallAs<WatchOptions>();
  options.on_reconnect = [&](const absl::Status& cause, absl::Duration delay) {
    session.Note(absl::StrCat("connection lost (", OneLine(std::string(cause.message())), "), trying again in ",
                              FormatSpan(delay)));
  };
  const absl::Status ended = session.client().WatchGenerationTasks(filter, callbacks, options);
  if (absl::IsDeadlineExceeded(ended) && options.timeout.has_value()) return kExitOk;
  return session.Fail("watching tasks", ended);
}

}  // namespace seedance::client::ctl
