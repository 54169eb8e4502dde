#include "service/config/regular_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/testing/temp_dir.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;

std::string Failure(const std::string& path, size_t max_bytes = 100) {
  return std::string(ReadRegularFile(path, max_bytes).status().message());
}

TEST(RegularFile, IsReadWholeThroughASymbolicLinkAndMayBeEmpty) {
  const testing::TempDir dir;
  const std::string long_text(100'000, 'x');
  ASSERT_TRUE(testing::WriteFile(dir.File("text"), long_text));
  ASSERT_TRUE(testing::WriteFile(dir.File("empty"), ""));
  ASSERT_EQ(symlink("text", dir.File("link").c_str()), 0);
  ASSERT_EQ(chmod(dir.File("text").c_str(), 0640), 0);
  const auto read = ReadRegularFile(dir.File("link"), long_text.size());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bytes, long_text);
  EXPECT_EQ(read->mode & 0777, 0640u);
  EXPECT_EQ(ReadRegularFile(dir.File("empty"), 0)->bytes, "");
}

TEST(RegularFile, NothingElseIsRead) {
  const testing::TempDir dir;
  ASSERT_TRUE(testing::WriteFile(dir.File("long"), std::string(101, 'x')));
  ASSERT_EQ(mkfifo(dir.File("fifo").c_str(), 0600), 0);
  EXPECT_THAT(Failure(dir.File("none")), HasSubstr("file " + dir.File("none") + " cannot be opened: No such file"));
  EXPECT_THAT(Failure(dir.path()), HasSubstr("is a directory"));
  EXPECT_THAT(Failure(dir.File("fifo")), HasSubstr("is not a regular file"));
  EXPECT_THAT(Failure("/dev/zero"), HasSubstr("is not a regular file"));
  EXPECT_THAT(Failure(dir.File("long")), HasSubstr("has more than 100 bytes"));
}

}  // namespace
}  // namespace seedance::config
