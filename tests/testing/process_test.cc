#include "tests/testing/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/testing/eventually.h"
#include "tests/testing/temp_dir.h"

namespace seedance::testing {
namespace {

absl::StatusOr<std::unique_ptr<Process>> Shell(const std::string& script, const TempDir& dir) {
  Process::Options options;
  options.argv = {"/bin/sh", "-c", script};
  options.env = {{"GREETING", "hello"}};
  options.stdout_path = dir.File("out");
  options.stderr_path = dir.File("err");
  return Process::Start(options);
}

TEST(ProcessTest, GivesOutputEnvironmentAndExitCode) {
  TempDir dir;
  auto process = Shell("echo $GREETING; echo bad >&2; exit 7", dir);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->Wait(absl::Seconds(20)), 7);
  EXPECT_EQ((*process)->Wait(absl::ZeroDuration()), 7);
  EXPECT_EQ(ReadFile(dir.File("out")), "hello\n");
  EXPECT_EQ(ReadFile(dir.File("err")), "bad\n");
}

TEST(ProcessTest, WaitGivesNothingWhileItRunsAndTheSignalAfterwards) {
  TempDir dir;
  auto process = Shell("exec sleep 100", dir);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->Wait(absl::Milliseconds(20)), std::nullopt);
  EXPECT_TRUE((*process)->running());
  (*process)->Kill(SIGKILL);
  EXPECT_EQ((*process)->Wait(absl::Seconds(20)), 128 + SIGKILL);
}

TEST(ProcessTest, DestructionLeavesNoChildBehind) {
  TempDir dir;
  pid_t pid = 0;
  {
    auto process = Shell("exec sleep 100", dir);
    ASSERT_TRUE(process.ok()) << process.status();
    pid = (*process)->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ProcessTest, AMissingBinaryIsNotFound) {
  EXPECT_EQ(Process::Start({{"/no/such/binary"}, {}, "", ""}).status().code(), absl::StatusCode::kNotFound);
}

TEST(EventuallyTest, GivesUpAtTheDeadline) {
  int asked = 0;
  EXPECT_TRUE(Eventually([&] { return ++asked == 3; }));
  EXPECT_FALSE(Eventually([] { return false; }, absl::Milliseconds(20)));
  EXPECT_TRUE(Always([] { return true; }, absl::Milliseconds(20)));
  EXPECT_FALSE(Always([&] { return ++asked < 5; }, absl::Seconds(20)));
}

TEST(TempDirTest, IsRemovedWithItsContents) {
  std::string path;
  {
    TempDir dir;
    path = dir.File("file");
    ASSERT_TRUE(WriteFile(path, "text"));
    EXPECT_EQ(ReadFile(path), "text");
  }
  EXPECT_FALSE(WriteFile(path, "text"));
}

}  // namespace
}  // namespace seedance::testing
