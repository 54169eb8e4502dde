#include "client/cpp/ctl/reconcile.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/pages.h"
#include "client/cpp/ctl/table.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;
using gateway::v1::ReconcileGenerationTaskRequest;
using gateway::v1::ReconcileGenerationTaskResponse;

struct Verdict {
  std::string name;  // Empty: all that are in doubt.
  std::string upstream_task_id;
  bool not_accepted = false;
};

bool IsInDoubt(const GenerationTask& task) { return task.state() == GenerationTask::STATE_SUBMIT_UNKNOWN; }

std::string CandidatesText(const ReconcileGenerationTaskResponse& answer, const View& view) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& candidate : answer.candidates()) {
    rows.push_back({OneLine(candidate.upstream_task_id()), StateWord(candidate.state()),
                    candidate.has_create_time() ? FormatAbsolute(candidate.create_time()) : ""});
  }
  return RenderTable({{"UPSTREAM TASK"}, {"STATE"}, {"CREATED"}}, rows, view.width, view.color);
}

// What a person can do about a task that stays in doubt.
std::string NextSteps(const Session& session, const GenerationTask& task) {
  const std::string name = ShortName(task.name());
  std::string text =
      absl::StrCat("  look in the vendor's console for the task: \"", OneLine(task.prompt()), "\"",
                   task.has_update_time() ? ", sent before " + FormatAbsolute(task.update_time()) : "", "\n");
  absl::StrAppend(
      &text, "  if it is there:  ", session.CommandLine("tasks reconcile " + name + " --upstream-task-id ID"), "\n");
  absl::StrAppend(&text, "  if it is not:    ", session.CommandLine("tasks reconcile " + name + " --not-accepted"),
                  "\n");
  return text;
}

std::string SettledText(const GenerationTask& task) {
  if (task.state() == GenerationTask::STATE_FAILED) {
    return absl::StrCat(task.name(), ": failed, it was never taken; create it again with a new request id\n");
  }
  return absl::StrCat(task.name(), ": it is ", OneLine(task.upstream_task_id()), " at the vendor, and is followed\n");
}

std::string UnsettledText(const Session& session, const ReconcileGenerationTaskResponse& answer) {
  const GenerationTask& task = answer.generation_task();
  std::string text = absl::StrCat(task.name(), ": still unknown; ");
  if (answer.candidates().empty()) {
    absl::StrAppend(&text, "the vendor lists no task that fits\n");
  } else {
    absl::StrAppend(&text, "these tasks of the vendor may be this one, and nothing tells which is\n",
                    CandidatesText(answer, session.view()));
  }
  return text + NextSteps(session, task);
}

// The vendor has no list to search.
bool NeedsAVerdict(const absl::Status& status) { return absl::IsUnimplemented(status); }

// One task; its answer is added to `answers`.
int ReconcileOne(Session& session, const GenerationTask& task, const Verdict& arguments,
                 std::vector<ReconcileGenerationTaskResponse>& answers) {
  ReconcileGenerationTaskRequest request;
  request.set_name(task.name());
  if (!arguments.upstream_task_id.empty()) request.set_upstream_task_id(arguments.upstream_task_id);
  if (arguments.not_accepted) request.set_not_accepted(true);
  const auto answer = session.client().ReconcileGenerationTask(request, session.call());
  if (!answer.ok()) {
    const int code = session.Fail("reconciling " + task.name(), answer.status());
    if (NeedsAVerdict(answer.status())) session.console.err << NextSteps(session, task) << std::flush;
    return NeedsAVerdict(answer.status()) ? static_cast<int>(kExitOutcomeUnknown) : code;
  }
  answers.push_back(*answer);
  const bool settled = !IsInDoubt(answer->generation_task());
  if (session.table()) {
    session.console.out << (settled ? SettledText(answer->generation_task()) : UnsettledText(session, *answer))
                        << std::flush;
  }
  return settled ? kExitOk : kExitOutcomeUnknown;
}

absl::StatusOr<std::vector<GenerationTask>> TasksInDoubt(Session& session) {
  gateway::v1::ListGenerationTasksRequest request;
  request.add_states(GenerationTask::STATE_SUBMIT_UNKNOWN);
  auto listing = ReadPages<GenerationTask>(
      request, 0,
      [&](const auto& page_request) { return session.client().ListGenerationTasks(page_request, session.call()); },
      [](const auto& page) { return page.generation_tasks(); });
  if (!listing.ok()) return listing.status();
  return std::move(listing->items);
}

int ReconcileAllTasks(Session& session) {
  const absl::StatusOr<std::vector<GenerationTask>> tasks = TasksInDoubt(session);
  if (!tasks.ok()) return session.Fail("listing tasks in doubt", tasks.status());
  std::vector<ReconcileGenerationTaskResponse> answers;
  int worst = kExitOk;
  size_t settled = 0;
  for (const GenerationTask& task : *tasks) {
    const int code = ReconcileOne(session, task, {}, answers);
    if (code == kExitOk) ++settled;
    if (code != kExitOk && (worst == kExitOk || worst == kExitOutcomeUnknown)) worst = code;
    if (code == kExitInterrupted) break;
  }
  if (!session.table()) session.console.out << PrintAll(answers, session.format());
  session.Note(tasks->empty() ? "no task is in doubt"
                              : absl::StrCat(settled, " of ", tasks->size(), " tasks in doubt settled"));
  return worst;
}

int ReconcileTasks(Session& session, const Verdict& arguments) {
  const bool verdict = arguments.not_accepted || !arguments.upstream_task_id.empty();
  if (arguments.name.empty()) {
    if (!verdict) return ReconcileAllTasks(session);
    return session.Fail("reconciling", absl::InvalidArgumentError("a verdict is about one task: give its name"));
  }
  const absl::StatusOr<GenerationTask> task =
      session.client().GetGenerationTask(TaskName(arguments.name), session.call());
  if (!task.ok()) return session.Fail("reading " + TaskName(arguments.name), task.status());
  std::vector<ReconcileGenerationTaskResponse> answers;
  const int code = ReconcileOne(session, *task, arguments, answers);
  if (!session.table() && !answers.empty()) session.console.out << Print(answers.front(), session.format());
  return code;
}

}  // namespace

void AddReconcileCommand(CLI::App& noun, Session& session) {
  auto arguments = std::make_shared<Verdict>();
  CLI::App* command = AddCommand(noun, session, "reconcile", "settle tasks whose submission was not answered",
                                 {"seedancectl tasks reconcile", "seedancectl tasks reconcile $TASK",
                                  "seedancectl tasks reconcile $TASK --upstream-task-id 6b0f2a0e-1c2d",
                                  "seedancectl tasks reconcile $TASK --not-accepted"},
                                 [&session, arguments] { return ReconcileTasks(session, *arguments); });
  command->add_option("NAME", arguments->name, "the task; without it, all that are in doubt");
  CLI::Option* id = command->add_option("--upstream-task-id", arguments->upstream_task_id,
                                        "the vendor took it, under this id: it is followed");
  command->add_flag("--not-accepted", arguments->not_accepted, "the vendor never took it: it becomes failed")
      ->excludes(id);
}

}  // namespace seedance::client::ctl
