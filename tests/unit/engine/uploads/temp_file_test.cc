#include "service/engine/uploads/temp_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "service/base/error.h"
#include "tests/testing/temp_dir.h"

namespace seedance::engine {
namespace {

std::string Content(const TempFile& file) {
  const auto source = file.Read();
  EXPECT_EQ(source->Size(), file.size());
  std::string all;
  for (;;) {
    absl::StatusOr<std::string> piece = source->Next();
    EXPECT_TRUE(piece.ok()) << piece.status();
    EXPECT_LE(piece->size(), size_t{1} << 20);
    if (!piece.ok() || piece->empty()) return all;
    all += *piece;
  }
}

TEST(SpoolTest, BytesComeBackAsOftenAsTheyAreRead) {
  testing::TempDir dir;
  TempFileQuota space({dir.File("")});
  auto file = space.Create();
  ASSERT_TRUE(file.ok()) << file.status();
  const std::string bytes(1'000'003, 'x');
  ASSERT_TRUE((*file)->Append(bytes).ok());
  ASSERT_TRUE((*file)->Append("end").ok());
  EXPECT_EQ((*file)->size(), 1'000'006);
  EXPECT_EQ(Content(**file), bytes + "end");
  EXPECT_EQ(Content(**file), bytes + "end");
}

TEST(SpoolTest, AFileHasNoNameAndLeavesNothing) {
  testing::TempDir dir;
  TempFileQuota space({dir.File("")});
  auto file = space.Create();
  ASSERT_TRUE((*file)->Append("bytes").ok());
  EXPECT_TRUE(std::filesystem::is_empty(dir.File("")));
  EXPECT_EQ(space.used(), 5);
  file->reset();
  EXPECT_EQ(space.used(), 0);
}

TEST(SpoolTest, AllFilesTogetherAreBounded) {
  testing::TempDir dir;
  TempFileQuota space({dir.File(""), 10});
  auto first = space.Create();
  auto second = space.Create();
  ASSERT_TRUE((*first)->Append("123456").ok());
  const absl::Status full = (*second)->Append("12345");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetErrorDetail(full).quota_subject, "gateway:spool");
  EXPECT_TRUE((*second)->Append("1234").ok());
  first->reset();
  EXPECT_TRUE((*second)->Append("123456").ok());
}

TEST(SpoolTest, WithoutAFolderTheSystemsIsUsedAndAMissingOneIsAnError) {
  TempFileQuota system({});
  EXPECT_TRUE(system.Create().ok());
  TempFileQuota nowhere({"/nowhere/at/all"});
  EXPECT_EQ(nowhere.Create().status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace seedance::engine
