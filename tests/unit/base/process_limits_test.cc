#include "service/base/host/process_limits.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/testing/temp_dir.h"

namespace seedance::base {
namespace {

class ControlGroupTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = dir_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  int64_t Limit() const { return ControlGroupMemory(dir_.path()); }
  int64_t ThreadsLeft() const { return ControlGroupThreadsLeft(dir_.path()); }

  testing::TempDir dir_;
};

TEST_F(ControlGroupTest, TheLeastLimitOfAllGroupsUpwardsCounts) {
  Write("/proc/self/cgroup", "0::/system.slice/gateway.service\n");
  EXPECT_EQ(Limit(), INT64_MAX);
  Write("/sys/fs/cgroup/system.slice/gateway.service/memory.max", "max\n");
  EXPECT_EQ(Limit(), INT64_MAX);
  Write("/sys/fs/cgroup/memory.max", "4000\n");
  EXPECT_EQ(Limit(), 4000);
  Write("/sys/fs/cgroup/system.slice/memory.max", "3000\n");
  EXPECT_EQ(Limit(), 3000);
  Write("/sys/fs/cgroup/system.slice/gateway.service/memory.max", "2000\n");
  EXPECT_EQ(Limit(), 2000);
}

TEST_F(ControlGroupTest, Version1HasAMountOfItsOwn) {
  Write("/proc/self/cgroup", "3:cpu,cpuacct:/x\n2:hugetlb,memory:/docker/abc\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "1000\n");
  EXPECT_EQ(Limit(), 1000);
}

TEST_F(ControlGroupTest, AContainerMaySeeItsOwnGroupAsTheRoot) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "5000\n");
  EXPECT_EQ(Limit(), 5000);
  Write("/proc/self/cgroup", "0::/kubepods/not/seen/here\n");
  EXPECT_EQ(Limit(), 5000);
}

TEST_F(ControlGroupTest, WithoutGroupsThereIsNone) {
  EXPECT_EQ(Limit(), INT64_MAX);
  EXPECT_EQ(ThreadsLeft(), INT64_MAX);
}

TEST_F(ControlGroupTest, ThreadsAreLeftByTheFullestGroup) {
  Write("/proc/self/cgroup", "0::/pods/one\n");
  Write("/sys/fs/cgroup/pods/one/pids.max", "max\n");
  Write("/sys/fs/cgroup/pods/one/pids.current", "10\n");
  EXPECT_EQ(ThreadsLeft(), INT64_MAX);
  Write("/sys/fs/cgroup/pods/one/pids.max", "100\n");
  EXPECT_EQ(ThreadsLeft(), 90);
  Write("/sys/fs/cgroup/pods/pids.max", "200\n");
  Write("/sys/fs/cgroup/pods/pids.current", "150\n");
  EXPECT_EQ(ThreadsLeft(), 50);
  Write("/sys/fs/cgroup/pods/pids.current", "201\n");
  EXPECT_EQ(ThreadsLeft(), 0) << "a limit may be set below what runs";
}

TEST_F(ControlGroupTest, ThreadsOfVersion1HaveAMountOfTheirOwn) {
  Write("/proc/self/cgroup", "8:pids:/docker/abc\n");
  Write("/sys/fs/cgroup/pids/docker/abc/pids.max", "64\n");
  Write("/sys/fs/cgroup/pids/docker/abc/pids.current", "60\n");
  EXPECT_EQ(ThreadsLeft(), 4);
}

// In a child process, because the limit can't be lifted without root.
TEST(ThreadsLeftDeathTest, AnAddressSpaceHoldsSoManyStacks) {
  const auto child = [] {
    int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    pthread_attr_t attributes;
    size_t stack = 0;
    pthread_attr_init(&attributes);
    pthread_attr_getstacksize(&attributes, &stack);
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)) + 10 * stack;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    const int64_t left = ThreadsLeft();
    _exit(left >= 8 && left <= 9 ? 0 : 1);  // Ten stacks less their guards.
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace seedance::base
