// `seedance-sandbox -- COMMAND`: the command has the sandbox for as long as it runs.
#include "tests/sandbox/command.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/eventually.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::sandbox {
namespace {

using testing::Process;

constexpr absl::Duration kPatience = absl::Seconds(30);

class CommandTest : public ::testing::Test {
 protected:
  std::unique_ptr<Process> Start(const std::vector<std::string>& command) {
    Process::Options options;
    options.argv = {SEEDANCE_SANDBOX_BINARY, "--listen",    "127.0.0.1:0", "--control",
                    "127.0.0.1:0",           "--port-file", ports(),       "--"};
    options.argv.insert(options.argv.end(), command.begin(), command.end());
    options.stdout_path = folder_.File("out");
    options.stderr_path = folder_.File("err");
    auto process = Process::Start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }

  std::string ports() const { return folder_.File("ports"); }
  std::string Written(const std::string& name) const { return testing::ReadFile(folder_.File(name)); }

  testing::TempDir folder_;
};

TEST_F(CommandTest, ItStartsOnceTheSandboxListensAndItsExitCodeIsTheSandboxs) {
  EXPECT_EQ(Start({"/bin/sh", "-c", "test -s " + ports() + " && exit 7"})->Wait(kPatience), 7);
  EXPECT_EQ(Start({"/bin/sh", "-c", "kill -KILL $$"})->Wait(kPatience), 128 + SIGKILL);
}

TEST_F(CommandTest, AStopIsPassedOnToIt) {
  const auto process = Start({"/bin/sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"});
  ASSERT_TRUE(testing::Eventually([&] { return Written("out").find("ready") != std::string::npos; }));
  process->Kill(SIGTERM);
  EXPECT_EQ(process->Wait(kPatience), 3);
}

TEST_F(CommandTest, OneThatCannotBeStartedIsNamed) {
  EXPECT_EQ(Start({"/nonexistent/program"})->Wait(kPatience), 127);
  EXPECT_THAT(Written("err"), ::testing::HasSubstr("cannot start /nonexistent/program"));
}

}  // namespace
}  // namespace seedance::sandbox
