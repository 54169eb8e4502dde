#include "tests/sandbox/command.h"

#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <optional>

namespace seedance::sandbox {
namespace {

constexpr int kCannotStart = 127;  // As shells say it.

// The number of a system error, or 0.
int Spawn(const std::vector<std::string>& command, pid_t& child) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int failed = posix_spawnp(&child, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return failed;
}

// The exit code of `child`, if it has ended.
std::optional<int> Reap(pid_t child) {
  int status = 0;
  for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return std::nullopt;
}

}  // namespace

int RunCommand(const std::vector<std::string>& command, const sigset_t& signals) {
  pid_t child = 0;
  if (const int failed = Spawn(command, child); failed != 0) {
    std::cerr << "seedance-sandbox: cannot start " << command.front() << ": " << strerror(failed) << "\n";
    return kCannotStart;
  }
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGCHLD) {
      kill(child, signal);
    } else if (const std::optional<int> code = Reap(child); code.has_value()) {
      return *code;
    }
  }
}

}  // namespace seedance::sandbox
