#include <CLI/CLI.hpp>
#include <memory>

#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/follow.h"
#include "client/cpp/ctl/labels.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/pages.h"
#include "client/cpp/ctl/reconcile.h"
#include "client/cpp/ctl/reference.h"
#include "client/cpp/ctl/watch_tasks.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;

struct FilterArguments {
  std::vector<std::string> states;
  std::vector<std::string> labels;
};

struct TaskFilter : FilterArguments {
  int64_t limit = 50;
  std::string upstream;
  std::string model;
  std::string prompt;
  std::string since;
};

struct WatchArguments : FilterArguments {
  std::vector<std::string> names;
};

absl::StatusOr<TasksFilter> ParseFilter(const FilterArguments& arguments) {
  TasksFilter filter;
  for (const std::string& text : arguments.states) {
    const absl::StatusOr<GenerationTask::State> state = ParseTaskState(text);
    if (!state.ok()) return state.status();
    filter.states.push_back(*state);
  }
  google::protobuf::Map<std::string, std::string> labels;
  if (absl::Status parsed = ParseLabels(arguments.labels, labels); !parsed.ok()) return parsed;
  filter.labels = {labels.begin(), labels.end()};
  return filter;
}

int List(Session& session, const TaskFilter& arguments) {
  gateway::v1::ListGenerationTasksRequest request;
  const absl::StatusOr<TasksFilter> filter = ParseFilter(arguments);
  if (!filter.ok()) return session.Fail("reading the options", filter.status());
  for (const GenerationTask::State state : filter->states) request.add_states(state);
  request.mutable_labels()->insert(filter->labels.begin(), filter->labels.end());
  request.set_upstream(arguments.upstream);
  request.set_model(arguments.model);
  request.set_prompt_text(arguments.prompt);
  if (!arguments.since.empty()) {
    absl::Duration since;
    if (!absl::ParseDuration(arguments.since, &since) || since < absl::ZeroDuration()) {
      return session.Fail("reading the options",
                          absl::InvalidArgumentError("--since: must be a time such as 90m or 24h"));
    }
    request.mutable_created_from()->set_seconds(absl::ToUnixSeconds(session.view().now - since));
  }
  const auto listing = ReadPages<GenerationTask>(
      request, arguments.limit,
      [&](const auto& page_request) { return session.client().ListGenerationTasks(page_request, session.call()); },
      [](const auto& page) { return page.generation_tasks(); });
  if (!listing.ok()) return session.Fail("listing tasks", listing.status());
  session.console.out << (session.table() ? RenderTasks(listing->items, session.view())
                                          : PrintAll(listing->items, session.format()));
  if (listing->more) session.Note("there are more; --limit 0 lists all");
  return kExitOk;
}

int Show(Session& session, const std::string& what, const absl::StatusOr<GenerationTask>& task) {
  if (!task.ok()) return session.Fail(what, task.status());
  session.console.out << (session.table() ? RenderTask(*task, session.view()) : Print(*task, session.format()));
  return kExitOk;
}

int Watch(Session& session, const WatchArguments& arguments) {
  const bool filtered = !arguments.states.empty() || !arguments.labels.empty();
  if (arguments.names.size() != 1) {
    absl::StatusOr<TasksFilter> filter = ParseFilter(arguments);
    if (!filter.ok()) return session.Fail("reading the options", filter.status());
    for (const std::string& name : arguments.names) filter->names.push_back(TaskName(name));
    return WatchTasks(session, *filter);
  }
  if (filtered) {
    return session.Fail("reading the options",
                        absl::InvalidArgumentError("--state and --label are for watching many tasks, not one"));
  }
  const std::string name = TaskName(arguments.names.front());
  GenerationTask task;
  const int code = FollowTaskToEnd(session, name, &task);
  if (session.table() && task.has_result()) session.console.out << task.result().video_uri() << "\n";
  return code;
}

void AddCancel(CLI::App& noun, Session& session) {
  auto request = std::make_shared<gateway::v1::CancelGenerationTaskRequest>();
  CLI::App* command =
      AddCommand(noun, session, "cancel", "cancel a task that the vendor has not begun",
                 {"seedancectl tasks cancel $TASK", "seedancectl tasks cancel $TASK --detach"}, [&session, request] {
                   return Show(session, "cancelling " + request->name(),
                               session.client().CancelGenerationTask(*request, session.call()));
                 });
  command
      ->add_option_function<std::string>(
          "NAME", [request](const std::string& name) { request->set_name(TaskName(name)); }, "the task")
      ->required();
  command->add_flag_callback(
      "--detach", [request] { request->set_detach(true); },
      "give it up where the vendor cannot cancel it: it goes on there, and is billed");
}

void AddTaskDelete(CLI::App& noun, Session& session) {
  auto request = std::make_shared<gateway::v1::DeleteGenerationTaskRequest>();
  CLI::App* command = AddCommand(noun, session, "delete", "delete the record of a task that has ended",
                                 {"seedancectl tasks delete $TASK"}, [&session, request] {
                                   const absl::Status status =
                                       session.client().DeleteGenerationTask(*request, session.call());
                                   if (!status.ok()) return session.Fail("deleting " + request->name(), status);
                                   session.Note("deleted " + request->name());
                                   return static_cast<int>(kExitOk);
                                 });
  command
      ->add_option_function<std::string>(
          "NAME", [request](const std::string& name) { request->set_name(TaskName(name)); }, "the task")
      ->required();
  command->add_flag_callback(
      "--allow-missing", [request] { request->set_allow_missing(true); }, "succeed if it does not exist");
}

// A command whose only argument is a task.
void AddOnTask(CLI::App& noun, Session& session, const std::string& verb, const std::string& help,
               const std::function<int(Session&, const std::string&)>& run) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = AddCommand(noun, session, verb, help, {"seedancectl tasks " + verb + " $TASK"},
                                 [&session, name, run] { return run(session, TaskName(*name)); });
  command->add_option("NAME", *name, "the task")->required();
}

void AddFilter(CLI::App* command, FilterArguments& arguments) {
  AddRepeated(command, "--state", arguments.states, "only in this state; may be repeated");
  AddRepeated(command, "-l,--label", arguments.labels, "only with this label; may be repeated")->type_name("KEY=VALUE");
}

}  // namespace

void AddTaskCommands(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "tasks", "what became of generations",
                           {"seedancectl tasks list --state running --state queued", "seedancectl tasks watch $TASK",
                            "seedancectl tasks watch $TASK -o json | jq .progress_percent"});
  auto arguments = std::make_shared<TaskFilter>();
  CLI::App* command =
      AddCommand(*noun, session, "list", "list tasks, newest first",
                 {"seedancectl tasks list --state failed --label shot=12",
                  "seedancectl tasks list --prompt 'red fox' --since 24h", "seedancectl tasks list --limit 0 -o json"},
                 [&session, arguments] { return List(session, *arguments); });
  AddFilter(command, *arguments);
  command->add_option("--upstream", arguments->upstream, "only of this upstream");
  command->add_option("--model", arguments->model, "only of this model");
  command->add_option("--prompt", arguments->prompt, "only with this text in the prompt")->type_name("TEXT");
  command->add_option("--since", arguments->since, "only those created so long ago at most")->type_name("TIME");
  command->add_option("--limit", arguments->limit, "most tasks to list, 0 for all (default 50)")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));

  AddOnTask(*noun, session, "get", "show one task", [](Session& s, const std::string& name) {
    return Show(s, "reading " + name, s.client().GetGenerationTask(name, s.call()));
  });
  auto watch = std::make_shared<WatchArguments>();
  command = AddCommand(
      *noun, session, "watch",
      "follow a task to its end and print the link of the video, or several, or without a name all",
      {"seedancectl tasks watch $TASK", "seedancectl tasks watch $TASK1 $TASK2",
       "seedancectl tasks watch --state running --label shot=12", "seedancectl tasks watch -o json | jq .state"},
      [&session, watch] { return Watch(session, *watch); });
  command->add_option("NAME", watch->names, "the task; several, or without it all: until Ctrl-C");
  AddFilter(command, *watch);
  AddCancel(*noun, session);
  AddTaskDelete(*noun, session);
  AddReconcileCommand(*noun, session);
}

}  // namespace seedance::client::ctl
