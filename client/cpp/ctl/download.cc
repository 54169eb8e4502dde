#include <CLI/CLI.hpp>
#include <memory>

#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/follow.h"
#include "client/cpp/ctl/names.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::DownloadGenerationResultRequest;

struct DownloadArguments {
  std::string task;
  std::string file;
  bool last_frame = false;
};

}  // namespace

void AddDownloadCommand(CLI::App& app, Session& session) {
  auto arguments = std::make_shared<DownloadArguments>();
  CLI::App* command =
      AddCommand(app, session, "download", "save the video of a finished task; prints its checksum",
                 {"seedancectl download $TASK -O rain.mp4", "seedancectl download $TASK -O last.png --last-frame"},
                 [&session, arguments] {
                   return DownloadWithProgress(session, TaskName(arguments->task), arguments->file,
                                               arguments->last_frame ? DownloadGenerationResultRequest::PART_LAST_FRAME
                                                                     : DownloadGenerationResultRequest::PART_VIDEO);
                 });
  command->add_option("TASK", arguments->task, "the task")->required();
  command->add_option("-O,--out-file", arguments->file, "where to save it")->required()->type_name("FILE");
  command->add_flag("--last-frame", arguments->last_frame, "save the image of the last frame instead");
}

}  // namespace seedance::client::ctl
