#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/follow.h"
#include "client/cpp/ctl/labels.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/reference.h"
#include "client/cpp/request_id.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::CreateGenerationTaskRequest;
using gateway::v1::GenerationTask;

struct GenerateArguments {
  CreateGenerationTaskRequest request;
  std::vector<std::string> references;
  std::vector<std::string> labels;
  std::string resolution;
  bool watch = false;
  std::string download;  // Empty: none.
};

// Puts what is more than plain text into the task.
absl::Status Interpret(const GenerateArguments& arguments, GenerationTask& task) {
  for (const std::string& text : arguments.references) {
    const absl::StatusOr<gateway::v1::Reference> reference = ParseReference(text);
    if (!reference.ok()) return reference.status();
    *task.add_references() = *reference;
  }
  if (!arguments.resolution.empty()) {
    const absl::StatusOr<gateway::v1::Resolution> resolution = ParseResolution(arguments.resolution);
    if (!resolution.ok()) return resolution.status();
    task.set_resolution(*resolution);
  }
  return ParseLabels(arguments.labels, *task.mutable_labels());
}

int WatchAndDownload(Session& session, const GenerateArguments& arguments, const std::string& name) {
  GenerationTask task;
  const int code = FollowTaskToEnd(session, name, &task);
  if (code != kExitOk) return code;
  if (arguments.download.empty()) {
    if (session.table()) session.console.out << task.result().video_uri() << "\n";
    return kExitOk;
  }
  return DownloadWithProgress(session, name, arguments.download,
                              gateway::v1::DownloadGenerationResultRequest::PART_VIDEO);
}

int Generate(Session& session, const GenerateArguments& arguments) {
  CreateGenerationTaskRequest request = arguments.request;
  const absl::Status interpreted = Interpret(arguments, *request.mutable_generation_task());
  if (!interpreted.ok()) return session.Fail("reading the options", interpreted);
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  const absl::StatusOr<GenerationTask> task = session.client().CreateGenerationTask(request, session.call());
  if (!task.ok()) return session.Fail("creating the task", task.status(), request.request_id());
  if (request.validate_only()) {
    session.Note("valid; nothing was sent");
    session.console.out << (session.table() ? RenderTask(*task, session.view()) : Print(*task, session.format()));
    return kExitOk;
  }
  if (arguments.watch || !arguments.download.empty()) {
    session.Note("created " + task->name());
    return WatchAndDownload(session, arguments, task->name());
  }
  session.Note(
      absl::StrCat(StateWord(task->state()), "; watch it with: ", session.CommandLine("tasks watch " + task->name())));
  session.console.out << (session.table() ? task->name() + "\n" : Print(*task, session.format()));
  return ExitCodeOf(task->state());
}

void AddWishOptions(CLI::App* command, GenerateArguments& arguments) {
  GenerationTask& task = *arguments.request.mutable_generation_task();
  command->add_option_function<std::string>(
      "-p,--prompt", [&task](const std::string& text) { task.set_prompt(text); },
      "what to show; {label}, or @image1, @video2 ... counted by kind, stand for the references");
  AddRepeated(command, "-r,--ref", arguments.references,
              "asset or https URL to use, with optional ,role= (image, first_frame, last_frame, video, audio), "
              ",label= and ,ephemeral; may be repeated")
      ->type_name("ASSET_OR_URL[,role=ROLE][,label=LABEL][,ephemeral]");
  command->add_option_function<std::string>(
      "--model", [&task](const std::string& name) { task.set_model(name); }, "the vendor's model name");
  command->add_option_function<std::string>(
      "--upstream", [&task](const std::string& name) { task.set_upstream(name); }, "vendor to use");
  command->add_option("--resolution", arguments.resolution, "480p, 720p, 1080p, 2k or 4k");
  command->add_option_function<std::string>(
      "--ratio", [&task](const std::string& ratio) { task.set_aspect_ratio(ratio); },
      "16:9, 9:16, 1:1 ... or adaptive");
  command->add_option_function<int>(
      "--duration", [&task](int seconds) { task.mutable_duration()->set_seconds(seconds); }, "length in seconds");
  command->add_option_function<int64_t>(
      "--seed", [&task](int64_t seed) { task.set_seed(seed); }, "-1 to 4294967295; -1 is random");
  command->add_flag_callback(
      "--no-audio", [&task] { task.set_generate_audio(false); }, "no sound track");
  command->add_flag_callback(
      "--watermark", [&task] { task.set_watermark(true); }, "the vendor's watermark");
  command->add_flag_callback(
      "--last-frame", [&task] { task.set_return_last_frame(true); }, "ask for the last frame as an image too");
  command->add_flag_callback(
      "--web-search", [&task] { task.set_web_search(true); }, "let the vendor search the web; only without references");
  AddRepeated(command, "-l,--label", arguments.labels, "tag of your own; may be repeated")->type_name("KEY=VALUE");
}

}  // namespace

void AddGenerateCommand(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* command = AddCommand(
      app, session, "generate", "generate a video (the vendor bills it); prints the task's name, or its result",
      {"seedancectl generate --prompt \"a cat walks in the rain\" --duration 5 --watch",
       "seedancectl generate --prompt \"{hero} dances like @video1\" --ref $A,label=hero \\",
       "    --ref $B,role=video --wait-for-assets --download dance.mp4",
       "seedancectl generate --prompt \"the door opens\" --ref https://example.com/door.png,role=first_frame",
       "seedancectl generate --prompt test --validate-only"},
      [&session, arguments] { return Generate(session, *arguments); });
  AddWishOptions(command, *arguments);
  command->add_option_function<std::string>(
      "--request-id", [arguments](const std::string& id) { arguments->request.set_request_id(id); },
      "UUID of an earlier try, so as not to pay twice");
  command->add_flag_callback(
      "--wait-for-assets", [arguments] { arguments->request.set_wait_for_assets(true); },
      "take the task now and submit it when all its assets are active");
  command->add_flag_callback(
      "--allow-upgrade", [arguments] { arguments->request.set_allow_model_upgrade(true); },
      "take the model that allows assets when the chosen one does not");
  command->add_flag_callback(
      "--recreate-expired", [arguments] { arguments->request.set_recreate_expired_assets(true); },
      "create assets that the vendor dropped again from their URLs (billed)");
  command->add_flag_callback(
      "--validate-only", [arguments] { arguments->request.set_validate_only(true); }, "check everything, send nothing");
  command->add_flag("-w,--watch", arguments->watch, "follow the task to its end; prints the link of the video");
  command->add_option("--download", arguments->download, "follow the task and save the video")->type_name("FILE");
}

}  // namespace seedance::client::ctl
