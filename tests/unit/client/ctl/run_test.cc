#include "client/cpp/ctl/run.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(RunTest, CreatedNameIsTheOnlyOutput) {
  v1::CreateAssetGroupRequest seen;
  gateway.create_group = [&](const v1::CreateAssetGroupRequest& request, v1::AssetGroup& group) {
    seen = request;
    group.set_name("assetGroups/anyfast~g");
    return grpc::Status::OK;
  };
  token_ = "secret";
  EXPECT_EQ(Ctl({"groups", "create", "heroes", "--description", "cast", "--upstream", "anyfast"}), 0);
  EXPECT_EQ(out(), "assetGroups/anyfast~g\n");
  EXPECT_EQ(seen.asset_group().display_name(), "heroes");
  EXPECT_EQ(seen.asset_group().description(), "cast");
  EXPECT_EQ(seen.asset_group().upstream(), "anyfast");
  EXPECT_EQ(gateway.authorization, "Bearer secret");
}

TEST_F(RunTest, GroupsAreCreatedAndListedByType) {
  v1::CreateAssetGroupRequest made;
  v1::ListAssetGroupsRequest listed;
  gateway.create_group = [&](const v1::CreateAssetGroupRequest& request, v1::AssetGroup& group) {
    made = request;
    group.set_name("assetGroups/anyfast~g");
    return grpc::Status::OK;
  };
  gateway.list_groups = [&](const v1::ListAssetGroupsRequest& request, v1::ListAssetGroupsResponse&) {
    listed = request;
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"groups", "create", "anna", "--type", "liveness_face"}), 0);
  EXPECT_EQ(made.asset_group().group_type(), v1::GROUP_TYPE_LIVENESS_FACE);
  EXPECT_EQ(Ctl({"groups", "list", "--type", "aigc"}), 0);
  EXPECT_EQ(listed.group_type(), v1::GROUP_TYPE_AIGC);
  EXPECT_EQ(Ctl({"groups", "list", "--type", "face"}), 2);
}

TEST_F(RunTest, TheLibraryIsShownInOneLook) {
  v1::GetLibraryUsageRequest seen;
  gateway.get_library_usage = [&](const v1::GetLibraryUsageRequest& request, v1::LibraryUsage& usage) {
    seen = request;
    usage.set_upstream("piapi");
    usage.set_max_assets(50);
    usage.mutable_idle_ttl()->set_seconds(3 * 24 * 3600);
    usage.set_used_places(46);
    usage.set_reserved_places(1);
    usage.set_own_assets(40);
    usage.set_nearly_full(true);
    v1::Asset* asset = usage.add_lapse_next();
    asset->set_name("assets/piapi~a");
    asset->set_display_name("hero");
    asset->mutable_expire_time()->set_seconds(1800000060);
    usage.add_warnings("nearly full");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"assets", "usage", "--upstream", "piapi"}), 0);
  EXPECT_EQ(seen.upstream(), "piapi");
  EXPECT_THAT(out(), HasSubstr("47 of 50 places\n"));
  EXPECT_THAT(out(), HasSubstr("1 of them by creations\n"));
  EXPECT_THAT(out(), HasSubstr("assets/piapi~a  2027-01-15T08:01:00Z  hero\n"));
  EXPECT_THAT(out(), HasSubstr("warning:"));
}

TEST_F(RunTest, AValidatedGroupIsShownWithItsPrice) {
  v1::CreateAssetGroupRequest seen;
  gateway.create_group = [&](const v1::CreateAssetGroupRequest& request, v1::AssetGroup& group) {
    seen = request;
    group.set_display_name("heroes");
    group.set_billing_model("volc-asset");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"groups", "create", "heroes", "--validate-only"}), 0);
  EXPECT_TRUE(seen.validate_only());
  EXPECT_EQ(out(),
            "display name:  heroes\n"
            "billed as:     volc-asset\n"
            "will cost:     unknown: the price table has no such row\n");
}

TEST_F(RunTest, ListReadsPagesUpToItsLimit) {
  gateway.list_groups = [](const v1::ListAssetGroupsRequest& request, v1::ListAssetGroupsResponse& response) {
    const int start = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    for (int i = start; i < std::min(start + request.page_size(), 450); ++i) {
      response.add_asset_groups()->set_name("assetGroups/g" + std::to_string(i));
    }
    if (start + request.page_size() < 450) response.set_next_page_token(std::to_string(start + request.page_size()));
    return grpc::Status::OK;
  };
  const auto lines = [this] {
    const std::string text = out();
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(Ctl({"groups", "list"}), 0);
  EXPECT_EQ(lines(), 51);
  EXPECT_THAT(err(), HasSubstr("there are more"));
  EXPECT_EQ(Ctl({"groups", "list", "--limit", "210"}), 0);
  EXPECT_EQ(lines(), 211);
  EXPECT_EQ(Ctl({"groups", "list", "--limit", "0"}), 0);
  EXPECT_EQ(lines(), 451);
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(RunTest, JsonOfAListIsOneArrayWithProtoFieldNames) {
  gateway.list_tasks = [](const v1::ListGenerationTasksRequest& request, v1::ListGenerationTasksResponse& response) {
    EXPECT_EQ(request.states_size(), 1);
    EXPECT_EQ(request.labels().at("shot"), "12");
    *response.add_generation_tasks() = TaskIn(GenerationTask::STATE_RUNNING, 1);
    response.mutable_generation_tasks(0)->set_progress_percent(40);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"tasks", "list", "--state", "running", "--label", "shot=12", "-o", "json"}), 0);
  EXPECT_EQ(
      out(),
      "[\n{\"name\":\"generationTasks/t1\",\"state\":\"STATE_RUNNING\",\"progress_percent\":40,\"revision\":\"1\"}\n"
      "]\n");
  gateway.list_tasks = [](const v1::ListGenerationTasksRequest&, v1::ListGenerationTasksResponse&) {
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"-o", "json", "tasks", "list"}), 0);
  EXPECT_EQ(out(), "[]\n");
}

TEST_F(RunTest, GenerateSendsWhatWasTyped) {
  AnswerWithTask(GenerationTask::STATE_QUEUED);
  EXPECT_EQ(Ctl({"generate",
                 "--prompt",
                 "@图1 走",
                 "--ref",
                 "anyfast~a,label=hero",
                 "--ref",
                 "https://h/v.mp4,role=video",
                 "--model",
                 "seedance-fast",
                 "--resolution",
                 "1080p",
                 "--ratio",
                 "16:9",
                 "--duration",
                 "5",
                 "--seed",
                 "-1",
                 "--no-audio",
                 "--watermark",
                 "--wait-for-assets",
                 "--allow-upgrade",
                 "--recreate-expired",
                 "--label",
                 "shot=12",
                 "--request-id",
                 "8c1f6a52-3b1e-4a51-9d0f-0d1f6f0a7c11"}),
            0);
  EXPECT_EQ(out(), "generationTasks/t1\n");
  EXPECT_THAT(err(), HasSubstr("seedancectl tasks watch generationTasks/t1"));
  const GenerationTask& task = created.generation_task();
  EXPECT_EQ(task.prompt(), "@图1 走");
  ASSERT_EQ(task.references_size(), 2);
  EXPECT_EQ(task.references(0).asset(), "assets/anyfast~a");
  EXPECT_EQ(task.references(1).role(), v1::REFERENCE_ROLE_REFERENCE_VIDEO);
  EXPECT_EQ(task.resolution(), v1::RESOLUTION_1080P);
  EXPECT_EQ(task.duration().seconds(), 5);
  EXPECT_EQ(task.seed(), -1);
  EXPECT_TRUE(task.has_generate_audio());
  EXPECT_FALSE(task.generate_audio());
  EXPECT_TRUE(task.watermark());
  EXPECT_EQ(task.labels().at("shot"), "12");
  EXPECT_EQ(created.request_id(), "8c1f6a52-3b1e-4a51-9d0f-0d1f6f0a7c11");
  EXPECT_TRUE(created.wait_for_assets());
  EXPECT_TRUE(created.allow_model_upgrade());
  EXPECT_TRUE(created.recreate_expired_assets());
}

TEST_F(RunTest, GenerateLeavesUntypedFieldsUnset) {
  AnswerWithTask(GenerationTask::STATE_QUEUED);
  EXPECT_EQ(Ctl({"generate", "--prompt", "x"}), 0);
  GenerationTask expected;
  expected.set_prompt("x");
  EXPECT_EQ(created.generation_task().SerializeAsString(), expected.SerializeAsString());
}

TEST_F(RunTest, WatchedGenerationPrintsOneLinePerStageAndTheLink) {
  AnswerWithTask(GenerationTask::STATE_QUEUED);
  EndWith(GenerationTask::STATE_SUCCEEDED);
  EXPECT_EQ(Ctl({"generate", "--prompt", "x", "--watch"}), 0);
  EXPECT_EQ(out(), "https://vendor/video.mp4\n");
  EXPECT_EQ(err(),
            "created generationTasks/t1\n"
            "queued (0.0s)\n"
            "running (0.0s)\n"
            "succeeded after 1m05s\n");
}

TEST_F(RunTest, WatchOnATerminalRedrawsOneLine) {
  terminal_ = true;
  EndWith(GenerationTask::STATE_SUCCEEDED);
  EXPECT_EQ(Ctl({"tasks", "watch", "t1"}), 0);
  EXPECT_THAT(err(), StartsWith("\r"));
  EXPECT_THAT(err(), EndsWith("\r\x1b[Ksucceeded after 1m05s\n"));
}

TEST_F(RunTest, FailedTaskIsExitCode9WithItsReason) {
  EndWith(GenerationTask::STATE_FAILED);
  EXPECT_EQ(Ctl({"tasks", "watch", "t1"}), 9);
  EXPECT_THAT(err(), EndsWith("failed after 1m05s: blocked [OUTPUT_MODERATION]\n"));
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(RunTest, JsonOfAWatchIsOneObjectPerLine) {
  EndWith(GenerationTask::STATE_SUCCEEDED);
  EXPECT_EQ(Ctl({"tasks", "watch", "t1", "-o", "json"}), 0);
  const std::string text = out();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, StartsWith("{\"name\":\"generationTasks/t1\",\"state\":\"STATE_QUEUED\",\"revision\":\"1\"}\n{"));
}

TEST_F(RunTest, InterruptedWatchSaysHowToGoOn) {
  gateway.watch_task = [this](grpc::ServerContext& context, const v1::WatchGenerationTaskRequest&,
                              grpc::ServerWriter<v1::WatchGenerationTaskResponse>& writer) {
    writer.Write(Snapshot(GenerationTask::STATE_RUNNING, 1));
    interrupt_.Cancel();
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  EXPECT_EQ(Ctl({"--endpoint", gateway.endpoint(), "tasks", "watch", "t1"}), 130);
  EXPECT_THAT(err(), EndsWith("interrupted: watching generationTasks/t1\n  the task goes on; watch it again with: "
                              "seedancectl --endpoint " +
                              gateway.endpoint() + " tasks watch generationTasks/t1\n"));
}

// A stream of all tasks that is told of one that ends, one that changes its progress only, and one that leaves.
void TellOfThreeTasks(FakeGateway& gateway, v1::WatchGenerationTasksRequest& seen) {
  gateway.watch_tasks = [&seen](grpc::ServerContext&, const v1::WatchGenerationTasksRequest& request,
                                grpc::ServerWriter<v1::WatchGenerationTasksResponse>& writer) {
    seen = request;
    const auto task = [](const char* name, GenerationTask::State state, int progress) {
      GenerationTask made = TaskIn(state, progress);
      made.set_name(name);
      made.set_progress_percent(progress);
      made.set_progress_source(v1::PROGRESS_SOURCE_REPORTED);
      return made;
    };
    v1::WatchGenerationTasksResponse response;
    *response.add_generation_tasks() = task("generationTasks/a", GenerationTask::STATE_RUNNING, 10);
    *response.add_generation_tasks() = task("generationTasks/b", GenerationTask::STATE_RUNNING, 20);
    response.set_synced(true);
    writer.Write(response);
    v1::WatchGenerationTasksResponse change;
    *change.add_generation_tasks() = task("generationTasks/a", GenerationTask::STATE_RUNNING, 50);
    *change.add_generation_tasks() = task("generationTasks/c", GenerationTask::STATE_FAILED, 60);
    change.mutable_generation_tasks(1)->mutable_error()->set_reason(v1::ERROR_REASON_OUTPUT_MODERATION);
    change.add_removed("generationTasks/b");
    change.add_removed("generationTasks/never-shown");
    writer.Write(change);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "the end of the test");
  };
}

TEST_F(RunTest, WatchOfAllTasksIsALineForEachStateAndLeave) {
  v1::WatchGenerationTasksRequest seen;
  TellOfThreeTasks(gateway, seen);
  EXPECT_EQ(Ctl({"tasks", "watch", "--state", "running", "--state", "failed", "--label", "shot=12"}), 3);
  EXPECT_EQ(out(),
            "generationTasks/a  running          10%\n"
            "generationTasks/b  running          20%\n"
            "generationTasks/c  failed           60%  OUTPUT_MODERATION\n"
            "generationTasks/b  left\n");
  EXPECT_THAT(err(), StartsWith("2 tasks match; watching, Ctrl-C ends\nerror: watching tasks"));
  EXPECT_THAT(seen.states(), ElementsAre(GenerationTask::STATE_RUNNING, GenerationTask::STATE_FAILED));
  EXPECT_EQ(seen.labels().at("shot"), "12");
}

TEST_F(RunTest, SeveralNamesAreWatchedOnOneStream) {
  v1::WatchGenerationTasksRequest seen;
  TellOfThreeTasks(gateway, seen);
  EXPECT_EQ(Ctl({"tasks", "watch", "a", "generationTasks/c", "--state", "running"}), 3);
  EXPECT_THAT(seen.names(), ElementsAre("generationTasks/a", "generationTasks/c"));
  EXPECT_THAT(seen.states(), ElementsAre(GenerationTask::STATE_RUNNING));
}

TEST_F(RunTest, JsonOfAWatchOfAllTasksIsALineForEveryChange) {
  v1::WatchGenerationTasksRequest seen;
  TellOfThreeTasks(gateway, seen);
  EXPECT_EQ(Ctl({"tasks", "watch", "-o", "json"}), 3);
  const std::string text = out();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_THAT(text, HasSubstr("\"progress_percent\":50"));
  EXPECT_THAT(text, EndsWith("{\"removed\":\"generationTasks/b\"}\n"));
}

TEST_F(RunTest, CtrlCEndsAWatchOfAllTasks) {
  gateway.watch_tasks = [this](grpc::ServerContext& context, const v1::WatchGenerationTasksRequest&,
                               grpc::ServerWriter<v1::WatchGenerationTasksResponse>& writer) {
    v1::WatchGenerationTasksResponse response;
    response.set_synced(true);
    writer.Write(response);
    interrupt_.Cancel();
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  };
  EXPECT_EQ(Ctl({"tasks", "watch"}), 130);
  EXPECT_THAT(err(), EndsWith("interrupted: watching tasks\n"));
}

TEST_F(RunTest, WatchTakesANameOrAFilter) {
  EXPECT_EQ(Ctl({"tasks", "watch", "t1", "--state", "running"}), 2);
  EXPECT_THAT(err(), HasSubstr("for watching many tasks"));
  EXPECT_EQ(Ctl({"tasks", "watch", "--state", "dancing"}), 2);
}

TEST_F(RunTest, LostCreateTellsTheRequestId) {
  std::string id;
  gateway.create_task = [&](const v1::CreateGenerationTaskRequest& request, GenerationTask&) {
    id = request.request_id();
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "down");
  };
  EXPECT_EQ(Ctl({"generate", "--prompt", "x"}), 7);
  EXPECT_THAT(err(), StartsWith("error: creating the task: down [UNAVAILABLE]\n  tried: " + gateway.endpoint() +
                                " in plain text"));
  EXPECT_THAT(err(), HasSubstr("--request-id " + id));
}

TEST_F(RunTest, UnknownOutcomeIsExitCode8) {
  ErrorDetails details;
  details.reason = "OUTCOME_UNKNOWN";
  gateway.create_task = [&](const v1::CreateGenerationTaskRequest&, GenerationTask&) {
    return ErrorWith(grpc::StatusCode::UNKNOWN, "the vendor's answer was lost", details);
  };
  EXPECT_EQ(Ctl({"generate", "--prompt", "x"}), 8);
  AnswerWithTask(GenerationTask::STATE_SUBMIT_UNKNOWN);
  EXPECT_EQ(Ctl({"generate", "--prompt", "x"}), 8);
}

TEST_F(RunTest, UploadWaitsForTheAssetAndTellsItsEnd) {
  TempFolder folder;
  v1::UploadAssetRequest::Metadata metadata;
  gateway.upload_asset = [&](grpc::ServerReader<v1::UploadAssetRequest>& reader, v1::Asset& asset) {
    v1::UploadAssetRequest message;
    while (reader.Read(&message)) {
      if (message.has_metadata()) metadata = message.metadata();
    }
    asset.set_name("assets/anyfast~a");
    return grpc::Status::OK;
  };
  v1::Asset::State end = v1::Asset::STATE_ACTIVE;
  gateway.watch_asset = [&](grpc::ServerContext&, const v1::WatchAssetRequest& request,
                            grpc::ServerWriter<v1::WatchAssetResponse>& writer) {
    v1::WatchAssetResponse response;
    response.mutable_asset()->set_name(request.name());
    response.mutable_asset()->set_revision(1);
    response.mutable_asset()->set_state(end);
    writer.Write(response);
    return grpc::Status::OK;
  };
  const std::vector<std::string> words = {
      "assets", "upload", folder.Write("hero.png", "abc"), "--group", "anyfast~g", "--type", "image", "--wait"};
  EXPECT_EQ(Ctl(words), 0);
  EXPECT_EQ(out(), "assets/anyfast~a\n");
  EXPECT_EQ(err(), "uploading hero.png\nassets/anyfast~a active after 0.0s\n");
  EXPECT_EQ(metadata.asset().asset_group(), "assetGroups/anyfast~g");
  EXPECT_EQ(metadata.asset().display_name(), "hero.png");
  EXPECT_EQ(metadata.asset().media_type(), v1::MEDIA_TYPE_IMAGE);
  end = v1::Asset::STATE_FAILED;
  EXPECT_EQ(Ctl(words), 9);
  EXPECT_EQ(Ctl({"assets", "wait", "anyfast~a", "anyfast~b"}), 9);
}

TEST_F(RunTest, DownloadPrintsAChecksumLine) {
  gateway.download = [](grpc::ServerContext&, const v1::DownloadGenerationResultRequest& request,
                        grpc::ServerWriter<v1::DownloadGenerationResultResponse>& writer) {
    EXPECT_EQ(request.name(), "generationTasks/t1");
    v1::DownloadGenerationResultResponse response;
    response.set_total_size_bytes(3);
    response.set_data("abc");
    writer.Write(response);
    return grpc::Status::OK;
  };
  TempFolder folder;
  const std::string path = folder.File("out.mp4");
  EXPECT_EQ(Ctl({"download", "t1", "-O", path}), 0);
  EXPECT_EQ(out(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  " + path + "\n");
  EXPECT_EQ(err(), "downloading out.mp4\nsaved " + path + ": 3 B in 0.0s\n");
  EXPECT_EQ(folder.Read("out.mp4"), "abc");
}

TEST_F(RunTest, CancelThatIsNotPossibleIsExitCode4) {
  ErrorDetails details;
  details.reason = "CANCEL_UNSUPPORTED";
  gateway.cancel_task = [&](const v1::CancelGenerationTaskRequest&, GenerationTask&) {
    return ErrorWith(grpc::StatusCode::FAILED_PRECONDITION, "the vendor cannot cancel", details);
  };
  EXPECT_EQ(Ctl({"tasks", "cancel", "t1"}), 4);
  EXPECT_EQ(err(), "error: cancelling generationTasks/t1: the vendor cannot cancel [CANCEL_UNSUPPORTED]\n");
}

TEST_F(RunTest, DetachIsSentOnlyWhenItIsAskedFor) {
  std::vector<bool> detach;
  gateway.cancel_task = [&](const v1::CancelGenerationTaskRequest& request, GenerationTask& task) {
    detach.push_back(request.detach());
    task = TaskIn(GenerationTask::STATE_RUNNING, 2);
    task.set_detached(request.detach());
    return grpc::Status::OK;
  };
  EXPECT_EQ(Ctl({"tasks", "cancel", "t1"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("given up")));
  EXPECT_EQ(Ctl({"tasks", "cancel", "t1", "--detach"}), 0);
  EXPECT_THAT(out(), HasSubstr("given up:"));
  EXPECT_THAT(detach, ElementsAre(false, true));
}

TEST_F(RunTest, DeleteOfATaskThatHasNotEndedIsExitCode4) {
  std::vector<std::string> names;
  gateway.delete_task = [&](const v1::DeleteGenerationTaskRequest& request, google::protobuf::Empty&) {
    names.push_back(request.name() + (request.allow_missing() ? "?" : ""));
    ErrorDetails details;
    details.reason = "TASK_NOT_ENDED";
    if (names.size() == 1) return grpc::Status::OK;
    return ErrorWith(grpc::StatusCode::FAILED_PRECONDITION, "the task is RUNNING", details);
  };
  EXPECT_EQ(Ctl({"tasks", "delete", "t1"}), 0);
  EXPECT_EQ(err(), "deleted generationTasks/t1\n");
  EXPECT_EQ(Ctl({"tasks", "delete", "t2", "--allow-missing"}), 4);
  EXPECT_EQ(err(), "error: deleting generationTasks/t2: the task is RUNNING [TASK_NOT_ENDED]\n");
  EXPECT_THAT(names, ElementsAre("generationTasks/t1", "generationTasks/t2?"));
}

TEST_F(RunTest, TokenInPlainTextOverANetworkIsWarnedOf) {
  token_ = "secret";
  Ctl({"--endpoint", "gateway.invalid:1", "--timeout", "0.05", "tasks", "list"});
  EXPECT_THAT(err(), StartsWith("warning: without --tls the token travels readable to gateway.invalid:1\n"));
  EXPECT_THAT(err(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace seedance::client::ctl
