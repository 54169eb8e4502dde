#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/rpc/convert/convert_task.h"
#include "service/store/record.h"
#include "tests/unit/rpc/gateway_fixture.h"

// Pages fit into the 4 MiB that clients take, whatever is in them.
namespace seedance::rpc {
namespace {

constexpr size_t kMostBytes = 3 << 20;

std::string Chinese(int characters) {
  std::string text;
  for (int i = 0; i < characters; ++i) text += "\u732b";
  return text;
}

class PageBytesTest : public GatewayTest {
 protected:
  // Reads all pages as a client with default limits does, and checks each. Returns the names, each once.
  template <typename Request, typename Response, typename Call, typename Names>
  std::set<std::string> ReadAll(Request request, Call call, Names names_of) {
    std::set<std::string> names;
    for (int pages = 0; pages < 100; ++pages) {
      grpc::ClientContext context;
      Response response;
      const grpc::Status status = call(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_LT(response.ByteSizeLong(), kMostBytes);
      for (const auto& item : names_of(response)) EXPECT_TRUE(names.insert(item.name()).second) << item.name();
      if (!status.ok() || response.next_page_token().empty()) break;
      request.set_page_token(response.next_page_token());
    }
    return names;
  }

  // A task with as much in it as a row can have; `old`: as rows were before the sent prompt was kept.
  model::GenerationTask Large(int number, bool old) {
    model::GenerationTask task;
    task.id = absl::StrCat("0190f5fe-7c00-7a00-8000-", 100000000000 + number);
    task.tenant = "default";
    task.create_time = task.update_time = absl::FromUnixSeconds(1'800'000'000 + number);
    task.request.upstream = "fake";
    task.request.prompt = Chinese(4000);
    if (!old) task.request.sent_prompt = task.request.prompt;
    task.state_message = Chinese(200);
    for (int i = 0; i < 100; ++i) {
      model::Reference& reference = task.request.references.emplace_back();
      reference.label = absl::StrCat("label-", i);
      reference.asset = model::UpstreamHandle{"fake", absl::StrCat("a", i)};
      task.warnings.push_back(absl::StrCat("generation_task.references[", i, "] is not mentioned in the prompt"));
    }
    for (int i = 0; i < 32; ++i) task.request.labels[absl::StrCat("key-", i)] = std::string(255, 'v');
    return task;
  }
};

TEST_F(PageBytesTest, TwoHundredTasksWithChinesePromptsArePagedByBytes) {
  constexpr int kTasks = 200;
  Start();
  std::set<std::string> made;
  for (int i = 0; i < kTasks; ++i) {
    grpc::ClientContext context;
    v1::CreateGenerationTaskRequest request;
    request.mutable_generation_task()->set_prompt(Chinese(4000));
    v1::GenerationTask task;
    const grpc::Status status = tasks_->CreateGenerationTask(&context, request, &task);
    ASSERT_TRUE(status.ok()) << status.error_message();
    made.insert(task.name());
  }
  v1::ListGenerationTasksRequest request;
  request.set_page_size(kTasks);
  const auto read = ReadAll<v1::ListGenerationTasksRequest, v1::ListGenerationTasksResponse>(
      request,
      [&](auto* context, const auto& asked, auto* answer) {
        return tasks_->ListGenerationTasks(context, asked, answer);
      },
      [](const auto& response) { return response.generation_tasks(); });
  EXPECT_EQ(read, made);
}

TEST_F(PageBytesTest, TheWorstRowsFitToo) {
  Start();
  std::set<std::string> made;
  for (int i = 0; i < 300; ++i) made.insert(StoreTask(Large(i, /*old=*/i % 2 == 0)));
  v1::ListGenerationTasksRequest request;
  request.set_page_size(200);
  request.add_states(v1::GenerationTask::STATE_FAILED);
  const auto read = ReadAll<v1::ListGenerationTasksRequest, v1::ListGenerationTasksResponse>(
      request,
      [&](auto* context, const auto& asked, auto* answer) {
        return tasks_->ListGenerationTasks(context, asked, answer);
      },
      [](const auto& response) { return response.generation_tasks(); });
  EXPECT_EQ(read, made);
}

TEST_F(PageBytesTest, AssetsAndGroupsArePagedByBytesToo) {
  constexpr int kItems = 1000;
  Start();
  const std::string tenant = store_->GetTask(MakeTask().name().substr(16))->tenant;
  std::set<std::string> assets;
  std::set<std::string> groups;
  for (int i = 0; i < kItems; ++i) {
    model::AssetGroup group;
    group.handle = {"fake", absl::StrCat("g", i)};
    group.tenant = tenant;
    group.display_name = Chinese(64);
    group.description = Chinese(1300);  // Adopted ones may have more than callers may write.
    group.create_time = absl::FromUnixSeconds(1'800'000'000 + i);
    ASSERT_TRUE(store_->PutGroup(group).ok());
    groups.insert(group.name());
    model::Asset asset;
    asset.handle = {"fake", absl::StrCat("a", i)};
    asset.tenant = tenant;
    asset.group = group.handle;
    asset.display_name = Chinese(64);
    asset.state = model::AssetState::kFailed;
    asset.error = {base::Reason::kInputModeration, std::string(128, 'c'), Chinese(170)};
    asset.preview_uri = "https://example.com/" + std::string(4000, 'p');
    asset.create_time = group.create_time;
    ASSERT_TRUE(store_->PutAsset(asset).ok());
    assets.insert(asset.name());
  }
  v1::ListAssetsRequest list_assets;
  list_assets.set_page_size(kItems);
  EXPECT_EQ(
      (ReadAll<v1::ListAssetsRequest, v1::ListAssetsResponse>(
          list_assets,
          [&](auto* context, const auto& asked, auto* answer) { return assets_->ListAssets(context, asked, answer); },
          [](const auto& response) { return response.assets(); })),
      assets);
  v1::ListAssetGroupsRequest list_groups;
  list_groups.set_page_size(kItems);
  EXPECT_EQ((ReadAll<v1::ListAssetGroupsRequest, v1::ListAssetGroupsResponse>(
                list_groups,
                [&](auto* context, const auto& asked, auto* answer) {
                  return groups_->ListAssetGroups(context, asked, answer);
                },
                [](const auto& response) { return response.asset_groups(); })),
            groups);
}

// kMaxPageBytes of the store counts on this.
TEST_F(PageBytesTest, AMessageHasAtMostTwiceTheBytesOfItsRow) {
  for (const bool old : {false, true}) {
    const model::GenerationTask task = Large(1, old);
    v1::GenerationTask message;
    ToProto(task, &message);
    EXPECT_LE(message.ByteSizeLong(), 2 * store::SerializeTask(task).size());
  }
}

}  // namespace
}  // namespace seedance::rpc
