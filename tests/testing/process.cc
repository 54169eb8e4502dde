#include "tests/testing/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace seedance::testing {
namespace {

// Everything that the child needs, made before the fork: afterwards only async-signal-safe calls are allowed.
struct Image {
  std::vector<char*> argv;
  std::vector<std::string> env_texts;
  std::vector<char*> env;
  const char* out;
  const char* err;
};

const char* PathOrNull(const std::string& path) { return path.empty() ? "/dev/null" : path.c_str(); }

Image MakeImage(const Process::Options& options) {
  Image image;
  for (const std::string& argument : options.argv) image.argv.push_back(const_cast<char*>(argument.c_str()));
  image.argv.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!options.env.contains(text.substr(0, text.find('=')))) image.env_texts.push_back(text);
  }
  for (const auto& [name, value] : options.env) image.env_texts.push_back(absl::StrCat(name, "=", value));
  for (std::string& text : image.env_texts) image.env.push_back(text.data());
  image.env.push_back(nullptr);
  image.out = PathOrNull(options.stdout_path);
  image.err = PathOrNull(options.stderr_path);
  return image;
}

void Redirect(const char* path, int target) {
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (file >= 0) dup2(file, target);
}

[[noreturn]] void Become(const Image& image, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // The parent died before the line above.
  // A signal mask survives exec; what a test blocks must not reach the child.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  Redirect("/dev/null", STDIN_FILENO);
  Redirect(image.out, STDOUT_FILENO);
  Redirect(image.err, STDERR_FILENO);
  execve(image.argv[0], image.argv.data(), image.env.data());
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const Options& options) {
  if (options.argv.empty() || access(options.argv[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("no binary: ", options.argv.empty() ? "(none)" : options.argv[0]));
  }
  const Image image = MakeImage(options);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  if (child == 0) Become(image, parent);
  // Not pidfd_open(): glibc 2.36 declares it without C linkage.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  if (pidfd < 0) {
    const std::string reason = strerror(errno);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return absl::InternalError(absl::StrCat("pidfd_open: ", reason));
  }
  return std::unique_ptr<Process>(new Process(child, pidfd));
}

Process::~Process() {
  Kill(SIGKILL);
  Wait(absl::InfiniteDuration());
  close(pidfd_);
}

void Process::Kill(int signal) {
  // Not reaped yet, so the number cannot belong to another process.
  if (!exit_code_.has_value()) kill(pid_, signal);
}

std::optional<int> Process::Wait(absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  while (!exit_code_.has_value()) {
    const absl::Duration left = std::clamp(end - absl::Now(), absl::ZeroDuration(), absl::Seconds(10));
    pollfd ended{pidfd_, POLLIN, 0};
    const int ready =
        poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready > 0) {
      int status = 0;
      if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (absl::Now() >= end) {
      return std::nullopt;
    }
  }
  return exit_code_;
}

}  // namespace seedance::testing
