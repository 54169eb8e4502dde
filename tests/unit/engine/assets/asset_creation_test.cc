#include "service/engine/assets/asset_creation.h"

#include <thread>
#include <utility>

#include "service/base/sha256.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/media_files.h"
#include "tests/unit/engine/pieces.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::AssetState;
using model::MediaType;
using ::testing::ElementsAre;
using upstream::Acceptance;

constexpr size_t kMebibyte = 1 << 20;

class AssetCreationTest : public EngineTest {
 protected:
  absl::StatusOr<model::Asset> Upload(const engine::UploadAssetParams& params, std::vector<std::string> pieces,
                                      absl::Status end = absl::OkStatus()) {
    Answer<model::Asset> answer;
    engine_->assets().Upload(Caller(), params, std::make_shared<Pieces>(std::move(pieces), std::move(end)),
                             answer.done());
    return answer.Wait();
  }

  // A clip that is longer than what is read before the vendor is called.
  static engine::UploadAssetParams ClipUpload(const model::UpstreamHandle& group) {
    engine::UploadAssetParams params = GoodUpload(group);
    params.file_name = "clip.mp4";
    return params;
  }

  static engine::UploadAssetParams GoodUpload(const model::UpstreamHandle& group) {
    engine::UploadAssetParams params;
    params.group = group;
    params.display_name = "hero";
    params.file_name = "hero.png";
    params.request_id = kRequestId;
    return params;
  }

  // A group that was made a moment ago, which the vendor does not see yet.
  model::UpstreamHandle YoungGroup() {
    model::AssetGroup group;
    group.handle = {"fake", "young"};
    group.tenant = kTenant;
    group.create_time = group.update_time = clock_.Now();
    EXPECT_TRUE(store_->PutGroup(group).ok());
    return group.handle;
  }

  // Waits for the answer while time goes by.
  template <typename T>
  absl::StatusOr<T> WaitWhileTimeGoesBy(const Answer<T>& answer) {
    EXPECT_TRUE(Eventually([&] {
      clock_.Advance(absl::Milliseconds(200));
      return answer.count() > 0;
    }));
    return answer.Wait();
  }
};

const Billed kNoSuchGroup = Refused(Reason::kResourceNotFound, "group not found");

TEST_F(AssetCreationTest, AnAcceptedAssetIsStoredAsProcessingAndFollowedUntilItIsActive) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  const absl::StatusOr<model::Asset> asset = CreateAsset(GoodAsset(group, "hero"));
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->state, AssetState::kProcessing);
  EXPECT_EQ(asset->group, group);
  EXPECT_EQ(asset->media_type, MediaType::kImage);
  EXPECT_GT(asset->revision, 0);
  EXPECT_EQ(vendor_.last_asset().uri, "https://example.com/hero.png");
  EXPECT_EQ(vendor_.last_asset().group_id, "g");
  upstream::AssetReport report;
  report.id = asset->handle.id;
  report.state = AssetState::kActive;
  report.preview_uri = "https://vendor.example/p";
  vendor_.SetAsset(report);
  EXPECT_TRUE(Reaches(asset->handle, AssetState::kActive, absl::Seconds(1)));
  EXPECT_EQ(store_->GetAsset(asset->handle)->preview_uri, "https://vendor.example/p");
}

TEST_F(AssetCreationTest, AHundredCreatesWithOneRequestIdAreOneAsset) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  constexpr int kCallers = 100;
  std::vector<absl::StatusOr<model::Asset>> answers(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { answers[i] = CreateAsset(params); });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->handle, answers[0]->handle);
  }
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, ASecondAssetOfOneNameIsRefusedBeforeItIsSent) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  const std::string first = CreateAsset(GoodAsset(group, "hero"))->name();
  const absl::Status status = CreateAsset(GoodAsset(group, "hero")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(status), Reason::kDisplayNameTaken);
  EXPECT_EQ(base::GetErrorDetail(status).resource->name, first);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, AnotherSourceUnderTheSameIdIsRefusedWithTheFieldThatDiffers) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  ASSERT_TRUE(CreateAsset(params).ok());
  params.uri += "?v=2";
  const absl::Status status = CreateAsset(params).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "uri");
}

TEST_F(AssetCreationTest, ALostAnswerIsOutcomeUnknownAndNotSentAgain) {
  Start();
  vendor_.create_asset.Answer(Lost());
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  Restart();
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kOutcomeUnknown);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, ARefusalIsRepeatedWithoutAnotherCall) {
  Start();
  vendor_.create_asset.Answer(Refused(Reason::kInputModeration, "a person"));
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kInputModeration);
  EXPECT_EQ(ReasonOf(CreateAsset(params)), Reason::kInputModeration);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, AVendorThatDoesNotSeeAYoungGroupYetIsAskedAgainForOneBill) {
  Start();
  vendor_.create_asset.Answer(kNoSuchGroup);
  vendor_.create_asset.Answer(kNoSuchGroup);
  Answer<model::Asset> answer;
  engine_->assets().Create(Caller(), GoodAsset(YoungGroup(), "hero"), answer.done());
  const absl::StatusOr<model::Asset> asset = WaitWhileTimeGoesBy(answer);
  EXPECT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(vendor_.create_asset.calls(), 3);
}

TEST_F(AssetCreationTest, AYoungGroupThatStaysInvisibleMayBeTriedAgainUnderTheSameId) {
  Start();
  for (int i = 0; i < 1000; ++i) vendor_.create_asset.Answer(kNoSuchGroup);
  engine::CreateAssetParams params = GoodAsset(YoungGroup(), "hero");
  params.request_id = kRequestId;
  Answer<model::Asset> answer;
  engine_->assets().Create(Caller(), params, answer.done());
  const absl::Status status = WaitWhileTimeGoesBy(answer).status();
  EXPECT_EQ(ReasonOf(status), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(base::GetErrorDetail(status).retry_delay.has_value());
  const int calls = vendor_.create_asset.calls();
  EXPECT_LE(calls, 20);
  Answer<model::Asset> again;
  engine_->assets().Create(Caller(), params, again.done());
  (void)WaitWhileTimeGoesBy(again);
  EXPECT_GT(vendor_.create_asset.calls(), calls);
}

TEST_F(AssetCreationTest, AnUploadIntoAYoungGroupWaitsUntilTheVendorSeesIt) {
  Start();
  const model::UpstreamHandle group = YoungGroup();
  Answer<model::Asset> answer;
  engine_->assets().Upload(Caller(), GoodUpload(group), std::make_shared<Pieces>(Split(Png(), 5000)), answer.done());
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(absl::Milliseconds(100));
    return vendor_.get_group.calls() >= 2;
  }));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  vendor_.SetGroup({"young", "", "", {}, {}});
  EXPECT_TRUE(WaitWhileTimeGoesBy(answer).ok());
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, NoSuchGroupInAnOldGroupMeansThatTheNameIsTaken) {
  Start();
  vendor_.create_asset.Answer(kNoSuchGroup);
  EXPECT_EQ(ReasonOf(CreateAsset(GoodAsset(OldGroup(), "hero"))), Reason::kDisplayNameTaken);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, NoSuchGroupInAGroupThatIsGoneStaysThat) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  vendor_.create_asset.Answer(kNoSuchGroup);
  vendor_.get_group.Answer(base::ResourceNotFound("vendor", "g"));
  EXPECT_EQ(ReasonOf(CreateAsset(GoodAsset(group, "hero"))), Reason::kResourceNotFound);
}

TEST_F(AssetCreationTest, AForeignGroupDoesNotExist) {
  Start();
  EXPECT_EQ(ReasonOf(CreateAsset(GoodAsset(OldGroup("g", kOther), "hero"))), Reason::kResourceNotFound);
  EXPECT_EQ(ReasonOf(CreateAsset(GoodAsset({"own", "g"}, "hero"), kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(vendor_.create_asset.calls() + own_.create_asset.calls(), 0);
}

TEST_F(AssetCreationTest, ViolationsOfCallerAndEngineAreReportedTogether) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.violations = {{"request_id", "must be a UUID"}};
  params.uri = "https://example.com/unknown";
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("request_id", "asset.media_type"));
  params.group = {};
  EXPECT_THAT(FieldsOf(CreateAsset(params).status()), ElementsAre("request_id"));
}

TEST_F(AssetCreationTest, ValidationAloneStoresAndSendsNothing) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.validate_only = true;
  params.request_id = kRequestId;
  const absl::StatusOr<model::Asset> draft = CreateAsset(params);
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(draft->media_type, MediaType::kImage);
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
  EXPECT_FALSE(store_->GetEntry({kTenant, "CreateAsset", kRequestId})->has_value());
}

TEST_F(AssetCreationTest, TheMediaTypeIsSeenInTheSuffixOfAUrl) {
  Start();
  const auto type_of = [&](const std::string& uri) {
    engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
    params.uri = uri;
    params.validate_only = true;
    const absl::StatusOr<model::Asset> draft = CreateAsset(params);
    return draft.ok() ? draft->media_type : MediaType::kUnspecified;
  };
  EXPECT_EQ(type_of("https://example.com/a/clip.MP4?sign=x.png"), MediaType::kVideo);
  EXPECT_EQ(type_of("https://example.com/a.wav#b"), MediaType::kAudio);
  EXPECT_EQ(type_of("https://example.com/a.b/unknown"), MediaType::kUnspecified);
}

TEST_F(AssetCreationTest, InlineBytesAreSentAndDescribed) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.uri.clear();
  params.inline_data = Png();
  const absl::StatusOr<model::Asset> asset = CreateAsset(params);
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Png()));
  EXPECT_EQ(vendor_.last_asset().file_name, "upload.png");
  EXPECT_EQ(asset->media_info.sha256, base::Sha256Hex(Png()));
  EXPECT_EQ(asset->media_info.size_bytes, std::ssize(Png()));
}

TEST_F(AssetCreationTest, InlineBytesAreSentWholeAtEachTry) {
  Start();
  vendor_.create_asset.Answer(NotAccepted());
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.uri.clear();
  params.inline_data = Png();
  Answer<model::Asset> answer;
  engine_->assets().Create(Caller(), params, answer.done());
  EXPECT_TRUE(WaitWhileTimeGoesBy(answer).ok());
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Png()));
}

TEST_F(AssetCreationTest, AnUploadAndItsRepetitionAreOneAsset) {
  Start();
  const engine::UploadAssetParams params = GoodUpload(OldGroup());
  const absl::StatusOr<model::Asset> asset = Upload(params, Split(Png(), 5000));
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Png()));
  EXPECT_EQ(asset->media_info.sha256, base::Sha256Hex(Png()));
  const absl::StatusOr<model::Asset> again = Upload(params, {Png()});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->handle, asset->handle);
  Restart();
  EXPECT_EQ(Upload(params, Split(Png(), 700))->handle, asset->handle);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, OtherBytesUnderTheSameIdAreRefused) {
  Start();
  const engine::UploadAssetParams params = GoodUpload(OldGroup());
  ASSERT_TRUE(Upload(params, {Png("bytes")}).ok());
  const absl::Status status = Upload(params, {Png("other")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(status), Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["field"], "chunk");
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, AnUploadThatItsCallerBreaksOffWasNotAcceptedAndMayComeAgain) {
  Start();
  const engine::UploadAssetParams params = ClipUpload(OldGroup());
  const std::vector<std::string> half = Split(Clip(2 * kMebibyte), kMebibyte);
  EXPECT_TRUE(absl::IsCancelled(Upload(params, {half[0], half[1]}, absl::CancelledError("gone")).status()));
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
  const absl::StatusOr<model::Asset> again = Upload(params, {Clip()});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Clip()));
}

// For example under an id that cannot be used. What it took may be billed, however little it read.
TEST_F(AssetCreationTest, AnUploadThatTheVendorAnswersEarlyAndUnclearlyIsNotSentAgain) {
  Start();
  engine::UploadAssetParams params = ClipUpload(OldGroup());
  class AnswersEarly : public FakeUpstream {
   public:
    explicit AnswersEarly(testing::FakeVendor& vendor, int& calls) : FakeUpstream(vendor), calls_(calls) {}
    Billed CreateAsset(const upstream::CallOptions&, const upstream::NewAsset& asset) override {
      ++calls_;
      EXPECT_TRUE(asset.data->Next().ok()) << "of many pieces";
      return Lost();
    }

   private:
    int& calls_;
  };
  int calls = 0;
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = std::make_unique<AnswersEarly>(vendor_, calls);
  engine_ = std::make_unique<engine::Engine>(engine::Engine::Options{}, *store_, std::move(configs), clock_, random_);
  ASSERT_TRUE(engine_->Start().ok());
  for (int i = 0; i < 4; ++i) vendor_.list_assets.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  const std::vector<std::string> pieces = Split(Clip(4 * kMebibyte), kMebibyte);
  EXPECT_EQ(ReasonOf(Upload(params, pieces)), Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(Upload(params, pieces)), Reason::kOutcomeUnknown);
  EXPECT_EQ(calls, 1) << "a repeat would be billed again";
}

TEST_F(AssetCreationTest, AnUploadWhoseAnswerIsLostAfterItsLastByteIsInDoubtUntilItIsFound) {
  Start();
  engine::UploadAssetParams params = GoodUpload(OldGroup());
  params.size_bytes = std::ssize(Png());
  // The vendor reads everything, and then its answer is lost.
  class LosesAnswers : public FakeUpstream {
   public:
    using FakeUpstream::FakeUpstream;
    Billed CreateAsset(const upstream::CallOptions& call, const upstream::NewAsset& asset) override {
      (void)FakeUpstream::CreateAsset(call, asset);
      return Lost();
    }
  };
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = std::make_unique<LosesAnswers>(vendor_);
  engine_ = std::make_unique<engine::Engine>(engine::Engine::Options{}, *store_, std::move(configs), clock_, random_);
  ASSERT_TRUE(engine_->Start().ok());
  EXPECT_EQ(ReasonOf(Upload(params, Split(Png(), 5000))), Reason::kOutcomeUnknown);
  vendor_.list_assets.Answer(Failure(Reason::kUpstreamUnavailable, "down"));
  EXPECT_EQ(ReasonOf(Upload(params, Split(Png(), 5000))), Reason::kOutcomeUnknown);
  std::string other = Png();
  other.back() = static_cast<char>(other.back() ^ 1);
  EXPECT_EQ(ReasonOf(Upload(params, Split(other, 5000))), Reason::kRequestIdReused);
  const absl::StatusOr<model::Asset> found = Upload(params, Split(Png(), 5000));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->media_info.size_bytes, std::ssize(Png()));
  EXPECT_EQ(found->media_info.sha256, base::Sha256Hex(Png()));
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, ADeclaredSizeBeyondTheLimitIsRefusedBeforeItIsSent) {
  Start();
  engine::UploadAssetParams params = GoodUpload(OldGroup());
  params.size_bytes = (int64_t{30} << 20) + 1;
  const absl::Status status = Upload(params, {Png()}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(FieldsOf(status), ElementsAre("metadata.size_bytes"));
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(AssetCreationTest, AnUploadThatGrowsBeyondTheLimitCreatesNothingAndMayComeAgain) {
  Start();
  const engine::UploadAssetParams params = GoodUpload(OldGroup());
  const absl::Status status = Upload(params, Split(Png(std::string(30 * kMebibyte, 'x')), kMebibyte)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(status), Reason::kSizeOutOfRange);
  EXPECT_TRUE(Upload(params, {Png()}).ok());
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Png()));
}

TEST_F(AssetCreationTest, AnUploadNotOfItsDeclaredLengthCreatesNothing) {
  Start();
  engine::UploadAssetParams params = GoodUpload(OldGroup());
  const std::string png = Png();
  params.size_bytes = std::ssize(png) + 1;
  EXPECT_EQ(ReasonOf(Upload(params, {png})), Reason::kSizeOutOfRange);
  EXPECT_EQ(ReasonOf(Upload(params, {png, "56"})), Reason::kSizeOutOfRange);
  params.size_bytes = std::ssize(png);
  EXPECT_EQ(ReasonOf(Upload(params, {png, "6"})), Reason::kSizeOutOfRange);
  EXPECT_TRUE(vendor_.uploads().empty());
}

TEST_F(AssetCreationTest, TheSourcesOwnWordsAreKeptWhenTheVendorsSideSaysOnlyThatItWasCut) {
  Start();
  class Cuts : public FakeUpstream {
   public:
    using FakeUpstream::FakeUpstream;
    Billed CreateAsset(const upstream::CallOptions& call, const upstream::NewAsset& asset) override {
      Billed result = FakeUpstream::CreateAsset(call, asset);
      if (result.acceptance != Acceptance::kUnknown) return result;
      result = NotAccepted();
      result.retryable = false;
      return result;
    }
  };
  std::vector<engine::VendorAccounts::Config> configs(1);
  configs[0].upstream = std::make_unique<Cuts>(vendor_);
  engine_ = std::make_unique<engine::Engine>(engine::Engine::Options{}, *store_, std::move(configs), clock_, random_);
  ASSERT_TRUE(engine_->Start().ok());
  engine::UploadAssetParams params = ClipUpload(OldGroup());
  params.size_bytes = 10 * kMebibyte;
  EXPECT_EQ(ReasonOf(Upload(params, Split(Clip(5 * kMebibyte), kMebibyte))), Reason::kSizeOutOfRange);
}

// The journal says that the first is on its way; before the second joins it, it has ended.
TEST_F(AssetCreationTest, AnUploadThatCameToJoinOneThatBrokeOffIsSentItself) {
  Start();
  const engine::UploadAssetParams params = ClipUpload(OldGroup());
  vendor_.create_asset.Close();
  Answer<model::Asset> first;
  std::vector<std::string> half = Split(Clip(2 * kMebibyte), kMebibyte);
  half.pop_back();
  engine_->assets().Upload(Caller(), params, std::make_shared<Pieces>(half, absl::CancelledError("gone")),
                           first.done());
  ASSERT_TRUE(Eventually([&] { return vendor_.create_asset.waiting() == 1; }));
  store_->after_get_call = [&] {
    vendor_.create_asset.Open();
    EXPECT_TRUE(absl::IsCancelled(first.Wait().status()));
  };
  const absl::StatusOr<model::Asset> second = Upload(params, {Clip()});
  EXPECT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(vendor_.uploads(), ElementsAre(Clip()));
}

// The journal is read after the assets: what this id made itself is no namesake.
TEST_F(AssetCreationTest, ACreateWhoseTwinEndsMeanwhileIsAnsweredLikeIt) {
  Start();
  engine::CreateAssetParams params = GoodAsset(OldGroup(), "hero");
  params.request_id = kRequestId;
  absl::StatusOr<model::Asset> twin;
  bool again = false;
  store_->after_get_call = [&] {
    if (std::exchange(again, true)) return;
    twin = CreateAsset(params);
  };
  const absl::StatusOr<model::Asset> asset = CreateAsset(params);
  ASSERT_TRUE(twin.ok()) << twin.status();
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->handle, twin->handle);
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(AssetCreationTest, CreateAndUploadDoNotShareRequestIds) {
  Start();
  const model::UpstreamHandle group = OldGroup();
  engine::CreateAssetParams create = GoodAsset(group, "one");
  create.request_id = kRequestId;
  EXPECT_TRUE(CreateAsset(create).ok());
  EXPECT_TRUE(Upload(GoodUpload(group), {Png()}).ok());
}

}  // namespace
}  // namespace seedance::testing
