#ifndef SEEDANCE_CLIENT_CPP_CTL_VIEW_H_
#define SEEDANCE_CLIENT_CPP_CTL_VIEW_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "seedance/gateway/v1/asset_group.pb.h"
#include "seedance/gateway/v1/generation_task.pb.h"
#include "seedance/gateway/v1/upstream.pb.h"

// Resources as text for people: lists as tables, single ones as `key: value` lines.
namespace seedance::client::ctl {

// How to show them.
struct View {
  bool human = false;  // Times relative to `now`; else as UTC.
  int width = 0;       // Of tables; 0: no limit.
  bool color = false;
  absl::Time now;
};

std::string RenderGroups(const std::vector<gateway::v1::AssetGroup>& groups, const View& view);
std::string RenderGroup(const gateway::v1::AssetGroup& group, const View& view);

std::string RenderAssets(const std::vector<gateway::v1::Asset>& assets, const View& view);
std::string RenderLibrary(const gateway::v1::LibraryUsage& usage, const View& view);
std::string RenderAsset(const gateway::v1::Asset& asset, const View& view);

std::string RenderTasks(const std::vector<gateway::v1::GenerationTask>& tasks, const View& view);
std::string RenderTask(const gateway::v1::GenerationTask& task, const View& view);
// One line: `generationTasks/{id}  running    ~42%  why`.
std::string RenderTaskLine(const gateway::v1::GenerationTask& task, const View& view);

std::string RenderModels(const std::vector<gateway::v1::Model>& models, const View& view);

// `running`, `active` ...
std::string StateWord(gateway::v1::GenerationTask::State state);
std::string StateWord(gateway::v1::Asset::State state);

// `OUTPUT_MODERATION`, or empty.
std::string ReasonWord(gateway::v1::ErrorReason reason);

// `42%`, `~42%` when estimated, or empty.
std::string ProgressWord(const gateway::v1::GenerationTask& task);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_VIEW_H_
