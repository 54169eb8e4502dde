#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/run.h"

namespace seedance::client::ctl {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string ConfigFile() {
  if (std::string path = Environment("SEEDANCE_CONFIG"); !path.empty()) return path;
  std::string folder = Environment("XDG_CONFIG_HOME");
  if (const std::string home = Environment("HOME"); folder.empty() && !home.empty()) folder = home + "/.config";
  return folder.empty() ? "" : folder + "/seedancectl/config.yaml";
}

int Columns() {
  winsize size{};
  for (const int file : {STDERR_FILENO, STDOUT_FILENO}) {
    if (ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

// Turns the first SIGINT or SIGTERM into a cancellation, so that commands can say how to go on; the second one ends
// the process. Called before any other thread starts: all inherit the blocked signals.
void CancelOnSignal(Canceller& canceller) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, &canceller] {
    int signal = 0;
    sigwait(&signals, &signal);
    canceller.Cancel();
    sigwait(&signals, &signal);
    _exit(kExitInterrupted);
  }).detach();
}

int Main(int argc, char** argv) {
  // gRPC's own log lines would mix with ours; connection troubles come back as errors anyway.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  // Never destroyed: the signal thread uses it to the very end.
  static Canceller& interrupt = *new Canceller();
  CancelOnSignal(interrupt);
  Console console(std::cout, std::cerr);
  console.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  console.err_is_terminal = isatty(STDERR_FILENO) != 0 && Environment("TERM") != "dumb";
  console.width = Columns;
  console.no_color = !Environment("NO_COLOR").empty();
  console.endpoint = Environment("SEEDANCE_ENDPOINT");
  console.token = Environment("SEEDANCE_TOKEN");
  console.context = Environment("SEEDANCE_CONTEXT");
  console.config_file = ConfigFile();
  console.interrupt = &interrupt;
  return Run(argc, argv, console);
}

}  // namespace
}  // namespace seedance::client::ctl

int main(int argc, char** argv) { return seedance::client::ctl::Main(argc, argv); }
