#include "service/config/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/testing/temp_dir.h"

namespace seedance::config {
namespace {

class MemoryLimitTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = dir_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  int64_t Limit() const { return ControlGroupMemory(dir_.path()); }

  testing::TempDir dir_;
};

TEST_F(MemoryLimitTest, TheLeastLimitOfAllGroupsUpwardsCounts) {
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

TEST_F(MemoryLimitTest, Version1HasAMountOfItsOwn) {
  Write("/proc/self/cgroup", "3:cpu,cpuacct:/x\n2:hugetlb,memory:/docker/abc\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "1000\n");
  EXPECT_EQ(Limit(), 1000);
}

TEST_F(MemoryLimitTest, AContainerMaySeeItsOwnGroupAsTheRoot) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max", "5000\n");
  EXPECT_EQ(Limit(), 5000);
  Write("/proc/self/cgroup", "0::/kubepods/not/seen/here\n");
  EXPECT_EQ(Limit(), 5000);
}

TEST_F(MemoryLimitTest, WithoutGroupsThereIsNone) { EXPECT_EQ(Limit(), INT64_MAX); }

}  // namespace
}  // namespace seedance::config
