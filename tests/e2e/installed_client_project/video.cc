// From a picture to a video: video ENDPOINT PICTURE FILE
#include <iostream>

#include "client/cpp/client.h"

namespace v1 = seedance::gateway::v1;
using seedance::client::Client;

namespace {

absl::Status Make(Client& client, const std::string& picture, const std::string& file) {
  v1::CreateAssetGroupRequest group;
  group.mutable_asset_group()->set_display_name("heroes");
  const auto heroes = client.CreateAssetGroup(group);
  if (!heroes.ok()) return heroes.status();

  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(heroes->name());
  metadata.mutable_asset()->set_display_name("hero");
  const auto hero = client.UploadFile(picture, metadata);
  if (!hero.ok()) return hero.status();

  v1::CreateGenerationTaskRequest create;
  create.mutable_generation_task()->set_prompt("@image1 walks in the rain");
  create.mutable_generation_task()->add_references()->set_asset(hero->name());
  create.set_wait_for_assets(true);
  const auto task = client.CreateGenerationTask(create);
  if (!task.ok()) return task.status();

  const auto show = [](const v1::GenerationTask& now) { std::cout << now.progress_percent() << "%\n"; };
  const auto end = client.WatchGenerationTask(task->name(), show);
  if (!end.ok()) return end.status();
  return client.DownloadGenerationResult(task->name(), file).status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  seedance::client::ClientOptions options;
  options.endpoint = argv[1];
  options.connect_timeout = absl::Seconds(5);
  const auto client = Client::Create(options);
  const absl::Status made = client.ok() ? Make(**client, argv[2], argv[3]) : client.status();
  if (!made.ok()) std::cerr << made << "\n";
  return made.ok() ? 0 : 1;
}
