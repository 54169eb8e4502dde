#include "client/cpp/ctl/follow.h"

#include <google/protobuf/struct.pb.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/eta.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/live_line.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/progress_bar.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Asset;
using gateway::v1::GenerationTask;

std::string LostText(const absl::Status& cause, absl::Duration delay) {
  return absl::StrCat("connection lost (", OneLine(std::string(cause.message())), "), trying again in ",
                      FormatSpan(delay));
}

absl::Time StartOf(const GenerationTask& task, absl::Time fallback) {
  return ToTime(task.has_create_time(), task.create_time()).value_or(fallback);
}

// What the live line of a task shows, and the moves from stage to stage.
class TaskProgress {
 public:
  explicit TaskProgress(absl::Time now) : start_(now) {}

  // Takes a snapshot; true when the task entered another stage.
  bool Take(const GenerationTask& task, absl::Time now) {
    const std::string stage = StateWord(task.state());
    const bool moved = stage != state_.stage;
    state_.stage = stage;
    state_.note = OneLine(task.state_message());
    start_ = StartOf(task, start_);
    const bool reported = task.progress_source() == gateway::v1::PROGRESS_SOURCE_REPORTED;
    state_.estimated = task.progress_source() == gateway::v1::PROGRESS_SOURCE_ESTIMATED;
    state_.percent.reset();
    if (reported || state_.estimated) state_.percent = task.progress_percent();
    if (reported) {
      eta_.Observe(task.progress_percent(), now);
    } else {
      eta_.Reset();
    }
    return moved;
  }

  void Lost() { state_.note = "connection lost, trying again"; }
  absl::Duration Elapsed(absl::Time now) const { return now - start_; }

  std::string Render(absl::Time now, int frame, int width) {
    state_.elapsed = Elapsed(now);
    state_.eta = eta_.Estimate(now);
    return RenderStage(state_, frame, width);
  }

 private:
  StageState state_{.title = {}, .stage = "waiting", .percent = {}, .elapsed = {}, .eta = {}, .note = {}};
  EtaEstimator eta_;
  absl::Time start_;
};

std::string EndText(const GenerationTask& task) {
  std::string text = StateWord(task.state());
  if (task.has_create_time() && task.has_end_time()) {
    absl::StrAppend(&text, " after ", FormatSpan(*ToTime(true, task.end_time()) - *ToTime(true, task.create_time())));
  }
  if (!task.has_error()) return text;
  if (!task.error().message().empty()) absl::StrAppend(&text, ": ", OneLine(task.error().message()));
  absl::StrAppend(&text, " [", ReasonWord(task.error().reason()), "]");
  if (!task.error().upstream_code().empty()) {
    absl::StrAppend(&text, "\n  vendor code: ", OneLine(task.error().upstream_code()));
  }
  return text;
}

// Shows a transfer; made before it starts.
class TransferLine {
 public:
  TransferLine(Session& session, const std::string& title)
      : session_(session), start_(session.Now()), line_(session, [this](absl::Time now, int, int width) {
          state_.elapsed = now - start_;
          return RenderTransfer(state_, width);
        }) {
    line_.Update([&] { state_.title = title; });
    if (!line_.live()) line_.Print(title);
  }

  TransferProgress progress() {
    return [this](int64_t done, int64_t total) {
      line_.Update([&] {
        if (done == 0) start_ = session_.Now();
        state_.done_bytes = done;
        state_.total_bytes = total;
      });
    };
  }

  absl::Duration Elapsed() const { return session_.Now() - start_; }

 private:
  Session& session_;
  TransferState state_;
  absl::Time start_;
  LiveLine line_;
};

}  // namespace

absl::StatusOr<GenerationTask> FollowTask(Session& session, const std::string& name) {
  TaskProgress progress(session.Now());
  LiveLine line(session, [&](absl::Time now, int frame, int width) { return progress.Render(now, frame, width); });
  auto options = session.CallAs<WatchOptions>();
  options.on_reconnect = [&](const absl::Status& cause, absl::Duration delay) {
    line.Update([&] { progress.Lost(); });
    if (!line.live()) line.Print(LostText(cause, delay));
  };
  return session.client().WatchGenerationTask(
      name,
      [&](const GenerationTask& task) {
        if (!session.table()) session.console.out << PrintNext(task, session.format()) << std::flush;
        bool moved = false;
        line.Update([&] { moved = progress.Take(task, session.Now()); });
        if (moved && !line.live() && !IsTerminal(task.state())) {
          line.Print(absl::StrCat(StateWord(task.state()), " (", FormatSpan(progress.Elapsed(session.Now())), ")"));
        }
      },
      options);
}

int FollowTaskToEnd(Session& session, const std::string& name, GenerationTask* task) {
  const absl::StatusOr<GenerationTask> ended = FollowTask(session, name);
  if (!ended.ok()) {
    const int code = session.Fail("watching " + name, ended.status());
    session.Note("  the task goes on; watch it again with: " + session.CommandLine("tasks watch " + name));
    return code;
  }
  *task = *ended;
  session.Note(EndText(*ended));
  return ExitCodeOf(ended->state());
}

absl::StatusOr<Asset> FollowAsset(Session& session, const std::string& name) {
  const absl::Time start = session.Now();
  StageState state;
  state.title = name;
  state.stage = "waiting";
  LiveLine line(session, [&](absl::Time now, int frame, int width) {
    state.elapsed = now - start;
    return RenderStage(state, frame, width);
  });
  auto options = session.CallAs<WatchOptions>();
  options.on_reconnect = [&](const absl::Status& cause, absl::Duration delay) {
    line.Update([&] { state.note = "connection lost, trying again"; });
    if (!line.live()) line.Print(LostText(cause, delay));
  };
  const absl::StatusOr<Asset> asset = session.client().WatchAsset(
      name,
      [&](const Asset& snapshot) {
        const std::string stage = StateWord(snapshot.state());
        const bool moved = stage != state.stage;
        line.Update([&] {
          state.stage = stage;
          state.note.clear();
        });
        if (moved && !line.live() && !IsTerminal(snapshot.state())) line.Print(name + " " + stage);
      },
      options);
  if (!asset.ok()) return asset;
  std::string text = absl::StrCat(name, " ", StateWord(asset->state()), " after ", FormatSpan(session.Now() - start));
  if (asset->has_error()) {
    absl::StrAppend(&text, ": ", OneLine(asset->error().message()), " [", ReasonWord(asset->error().reason()), "]");
  }
  line.Print(text);
  return asset;
}

absl::StatusOr<Asset> UploadWithProgress(Session& session, const std::string& path,
                                         const gateway::v1::UploadAssetRequest::Metadata& metadata) {
  TransferLine line(session, "uploading " + OneLine(std::filesystem::path(path).filename().string()));
  auto options = session.CallAs<UploadOptions>();
  options.on_progress = line.progress();
  return session.client().UploadFile(path, metadata, options);
}

int DownloadWithProgress(Session& session, const std::string& name, const std::string& path,
                         gateway::v1::DownloadGenerationResultRequest::Part part) {
  absl::Duration elapsed;
  absl::StatusOr<DownloadResult> result;
  {
    TransferLine line(session, "downloading " + OneLine(std::filesystem::path(path).filename().string()));
    auto options = session.CallAs<DownloadOptions>();
    options.part = part;
    options.on_progress = line.progress();
    result = session.client().DownloadGenerationResult(name, path, options);
    elapsed = line.Elapsed();
  }
  if (!result.ok()) return session.Fail("downloading " + name, result.status());
  session.Note(absl::StrCat("saved ", path, ": ", FormatBytes(result->size_bytes), " in ", FormatSpan(elapsed)));
  if (!session.table()) {
    google::protobuf::Struct object;
    (*object.mutable_fields())["file"].set_string_value(path);
    (*object.mutable_fields())["size_bytes"].set_number_value(static_cast<double>(result->size_bytes));
    (*object.mutable_fields())["sha256"].set_string_value(result->sha256);
    (*object.mutable_fields())["content_type"].set_string_value(result->content_type);
    session.console.out << PrintNext(object, session.format());
  } else {
    session.console.out << result->sha256 << "  " << path << "\n";
  }
  return kExitOk;
}

}  // namespace seedance::client::ctl
