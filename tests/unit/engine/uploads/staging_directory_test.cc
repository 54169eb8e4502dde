#include "service/engine/uploads/staging_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "service/base/error.h"
#include "service/engine/uploads/file_stager.h"
#include "tests/testing/eventually.h"
#include "tests/testing/fake_upstream.h"
#include "tests/testing/temp_dir.h"

namespace seedance::engine {
namespace {

using base::Reason;
using testing::Eventually;

class StagingDirectoryTest : public ::testing::Test {
 protected:
  StagingDirectoryTest() {
    std::filesystem::create_directory(directory_);
    options_.directory = directory_;
    options_.lifetime = absl::Hours(26);
    options_.public_base_url = "https://gateway.example";
    Open();
  }

  void Open() {
    staging_.reset();
    staging_ = std::make_unique<StagingDirectory>(options_, clock_, random_);
  }

  std::unique_ptr<TempFile> File(const std::string& bytes) {
    auto file = spools_.Create();
    EXPECT_TRUE(file.ok() && (*file)->Append(bytes).ok());
    return *std::move(file);
  }

  std::string Publish(const std::string& bytes, const std::string& suffix = ".png") {
    const absl::StatusOr<std::string> url = staging_->Publish(*File(bytes), suffix);
    EXPECT_TRUE(url.ok()) << url.status();
    return url.value_or("");
  }

  static std::string TokenOf(const std::string& url) {
    return url.substr(sizeof("https://gateway.example/staging/") - 1, 32);
  }

  static std::string BytesOf(const StagedFile& file) {
    std::ifstream in(file.path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void SetTime(const std::string& name, absl::Time time) const {
    const timespec times[2] = {absl::ToTimespec(time), absl::ToTimespec(time)};
    EXPECT_EQ(utimensat(AT_FDCWD, (directory_ + "/" + name).c_str(), times, 0), 0);
  }

  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  testing::TempDir dir_;
  const std::string directory_ = dir_.File("staging");
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{3};
  TempFileQuota spools_{{directory_}};
  StagingDirectory::Options options_;
  std::unique_ptr<StagingDirectory> staging_;
};

TEST_F(StagingDirectoryTest, APublishedFileIsFoundByItsToken) {
  const std::string url = Publish("bytes", ".mov");
  EXPECT_TRUE(url.starts_with("https://gateway.example/staging/")) << url;
  EXPECT_TRUE(url.ends_with("/upload.mov")) << url;
  const std::optional<StagedFile> file = staging_->Find(TokenOf(url));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(BytesOf(*file), "bytes");
  EXPECT_EQ(file->size, 5);
  EXPECT_EQ(file->content_type, "video/quicktime");
  EXPECT_EQ(staging_->used(), 5);
}

TEST_F(StagingDirectoryTest, TokensAre32HexDigitsOfTheirOwn) {
  std::set<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.insert(TokenOf(Publish("same bytes")));
  EXPECT_EQ(tokens.size(), 20u);
  for (const std::string& token : tokens) {
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos) << token;
  }
}

TEST_F(StagingDirectoryTest, WhatIsNoTokenFindsNothing) {
  Publish("bytes");
  for (const std::string& text :
       {std::string(), std::string("../staging.cc"), std::string(32, '0'), *Names().begin()}) {
    EXPECT_FALSE(staging_->Find(text).has_value()) << text;
  }
}

TEST_F(StagingDirectoryTest, AFileWhoseTimeIsOverIsNeitherFoundNorKept) {
  const std::string token = TokenOf(Publish("bytes"));
  clock_.Advance(options_.lifetime - absl::Seconds(1));
  EXPECT_TRUE(staging_->Find(token).has_value());
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(staging_->Find(token).has_value());
  EXPECT_TRUE(Eventually([&] { return Names().empty(); }));
  EXPECT_TRUE(Eventually([&] { return staging_->used() == 0; }));
}

TEST_F(StagingDirectoryTest, FilesSurviveARestartUntilTheirTimeIsOver) {
  const std::string token = TokenOf(Publish("bytes"));
  clock_.Advance(absl::Hours(20));
  Open();
  const std::optional<StagedFile> file = staging_->Find(token);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(BytesOf(*file), "bytes");
  EXPECT_EQ(file->content_type, "image/png");
  EXPECT_EQ(staging_->used(), 5);
  clock_.Advance(absl::Hours(6));
  EXPECT_FALSE(staging_->Find(token).has_value());
  EXPECT_TRUE(Eventually([&] { return Names().empty(); }));
}

TEST_F(StagingDirectoryTest, AFileThatExpiredWhileTheGatewayWasDownIsRemovedAtTheStart) {
  Publish("bytes");
  staging_.reset();
  clock_.Advance(absl::Hours(27));
  Open();
  EXPECT_TRUE(Eventually([&] { return Names().empty(); }));
}

TEST_F(StagingDirectoryTest, SeveralGatewaysServeTheFilesOfOneDirectory) {
  StagingDirectory other(options_, clock_, random_);
  for (const char* suffix : {".png", ".mp4", ".odd", ""}) {
    const std::string token = TokenOf(Publish(std::string("bytes") + suffix, suffix));
    const std::optional<StagedFile> found = other.Find(token);
    ASSERT_TRUE(found.has_value()) << suffix;
    EXPECT_EQ(BytesOf(*found), std::string("bytes") + suffix);
    EXPECT_EQ(found->content_type, staging_->Find(token)->content_type);
  }
  EXPECT_EQ(other.used(), staging_->used());
  const std::string token = TokenOf(Publish("more"));
  staging_.reset();
  ASSERT_TRUE(other.Find(token).has_value()) << "its maker is gone";
  clock_.Advance(absl::Hours(27));
  EXPECT_FALSE(other.Find(token).has_value());
  EXPECT_TRUE(Eventually([&] { return Names().empty(); }));
}

TEST_F(StagingDirectoryTest, ACopyThatAnotherGatewayMakesIsLeftAlone) {
  std::ofstream(directory_ + "/staging-part-0") << "half";
  SetTime("staging-part-0", clock_.Now());
  Open();
  EXPECT_EQ(Names(), std::set<std::string>({"staging-part-0"}));
  clock_.Advance(absl::Hours(2));
  Open();
  EXPECT_TRUE(Names().empty()) << "whoever made it has died";
}

TEST_F(StagingDirectoryTest, OnlyItsOwnFilesAreEverRemoved) {
  staging_.reset();
  for (const char* name :
       {"README", "staged-short.png", "staging-part-0123", "staged-0123456789abcdef0123456789ABCDEF"}) {
    std::ofstream(directory_ + "/" + name) << "x";
    SetTime(name, clock_.Now() - absl::Hours(2));
  }
  Open();
  clock_.Advance(absl::Hours(100));
  Publish("bytes");
  EXPECT_TRUE(Names().contains("README"));
  EXPECT_TRUE(Names().contains("staged-short.png"));
  EXPECT_TRUE(Names().contains("staged-0123456789abcdef0123456789ABCDEF"));
  EXPECT_FALSE(Names().contains("staging-part-0123")) << "half a copy of a process that died";
}

TEST_F(StagingDirectoryTest, AllFilesTogetherAreBounded) {
  options_.max_total_bytes = 10;
  Open();
  Publish("123456");
  const absl::Status full = staging_->Publish(*File("12345"), ".png").status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetErrorDetail(full).quota_subject, "gateway:staging");
  EXPECT_EQ(staging_->used(), 6);
  Publish("1234");
}

TEST_F(StagingDirectoryTest, AFileOfAnotherDiskIsCopied) {
  TempFileQuota elsewhere({"/dev/shm"});
  auto file = elsewhere.Create();
  if (!file.ok()) GTEST_SKIP() << "/dev/shm takes no file: " << file.status();
  const std::string bytes(600'000, 'y');
  ASSERT_TRUE((*file)->Append(bytes).ok());
  const absl::StatusOr<std::string> url = staging_->Publish(**file, ".mp4");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(BytesOf(*staging_->Find(TokenOf(*url))), bytes);
  EXPECT_EQ(Names().size(), 1u);
}

TEST_F(StagingDirectoryTest, AMissingFolderIsAnErrorOfPublish) {
  options_.directory = dir_.File("missing");
  Open();
  EXPECT_EQ(staging_->Publish(*File("x"), ".png").status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(staging_->used(), 0);
}

class FileStagerTest : public StagingDirectoryTest {
 protected:
  FileStagerTest() {
    vendor_.profile().assets.bytes = false;
    vendor_.profile().assets.max_staged_bytes = 10;
  }

  absl::StatusOr<std::string> Stage(StagingDirectory* staging, const std::string& bytes) {
    const auto upstream = vendor_.MakeUpstream();
    return FileStager(spools_, staging).Stage(*upstream, {}, bytes, ".png", "inline_data");
  }

  testing::FakeVendor vendor_;
};

TEST_F(FileStagerTest, TheVendorsOwnUploadComesFirst) {
  const absl::StatusOr<std::string> url = Stage(staging_.get(), "small");
  EXPECT_EQ(url.value_or(""), "https://staged.example/1");
  EXPECT_EQ(vendor_.staged(), (std::vector<std::pair<std::string, std::string>>{{"upload.png", "small"}}));
  EXPECT_TRUE(Names().empty());
}

TEST_F(FileStagerTest, AFileTooLongForTheVendorsUploadIsServedByTheGateway) {
  const absl::StatusOr<std::string> url = Stage(staging_.get(), "longer than ten");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(BytesOf(*staging_->Find(TokenOf(*url))), "longer than ten");
  EXPECT_EQ(vendor_.stage_file.calls(), 0);
}

TEST_F(FileStagerTest, WithoutStagingSizeLimitAndSettingAreNamed) {
  const absl::Status status = Stage(nullptr, "longer than ten").status();
  EXPECT_EQ(base::GetReason(status), Reason::kInvalidInput);
  const auto violations = base::GetErrorDetail(status).violations;
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "inline_data");
  for (const char* word : {"15 bytes", "10 bytes", "admin.staging"}) {
    EXPECT_NE(violations[0].description.find(word), std::string::npos) << violations[0].description;
  }
}

TEST_F(FileStagerTest, APlanThatMayNotUploadFallsBackToTheGateway) {
  for (const Reason reason : {Reason::kQuotaExceeded, Reason::kUnsupportedByUpstream, Reason::kCreditsExhausted}) {
    vendor_.stage_file.Answer(testing::Failure(reason, "Insufficient plan level"));
    const absl::StatusOr<std::string> url = Stage(staging_.get(), "small");
    EXPECT_TRUE(url.ok() && url->starts_with("https://gateway.example/")) << url.status();
    vendor_.stage_file.Answer(testing::Failure(reason, "Insufficient plan level"));
    EXPECT_EQ(base::GetReason(Stage(nullptr, "small").status()), reason);
  }
}

TEST_F(FileStagerTest, OtherErrorsOfTheVendorsUploadAreItsAnswer) {
  vendor_.stage_file.Answer(testing::Failure(Reason::kUpstreamUnavailable, "busy"));
  EXPECT_EQ(base::GetReason(Stage(staging_.get(), "small").status()), Reason::kUpstreamUnavailable);
  EXPECT_TRUE(Names().empty());
}

}  // namespace
}  // namespace seedance::engine
