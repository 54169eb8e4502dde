// seedance-sandbox: a vendor of Seedance videos on this machine, for development and tests without paying.
#include <signal.h>
#include <stdio.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sandbox/command.h"
#include "tests/sandbox/piapi/flags.h"
#include "tests/sandbox/sandbox.h"

namespace {

using seedance::sandbox::Options;
using seedance::sandbox::PiApiFlags;

constexpr char kDescription[] =
    "An emulator of the AnyFast and PiAPI REST APIs for Seedance video generation. It costs nothing, keeps everything "
    "in "
    "memory, and returns real, playable MP4 files.";

constexpr char kFooter[] = R"(
Words in a task's prompt:        [moderation] [input-moderation] [fail] [stuck] [forget] [legacy] [nourl] [unknown]
                                 [face]
Words in an asset's name or URL: fail-<Code> makes it Failed with that code; `slow` in the name takes ten times as long

Try it:
  seedance-sandbox --speed 10 &
  curl -s localhost:18080/v1/video/generations -H 'Authorization: Bearer sandbox-key' \
    -d '{"model":"seedance","content":[{"type":"text","text":"a cat"}]}'
  curl -s localhost:18080/v1/video/generations/<id> -H 'Authorization: Bearer sandbox-key'
  curl -s localhost:18080/api/v1/task -H 'X-API-Key: sandbox-key' \
    -d '{"model":"seedance","task_type":"seedance-2-fast","input":{"prompt":"a cat"}}'
  curl -s localhost:18081/ledger                                   what it would have cost
  curl -s localhost:18081/advance -d '{"seconds":60}'              let a minute pass
  curl -s localhost:18081/faults -d '{"method":"POST","path":"/v1/video/generations","kind":"drop_reply"}'
)";

// The command line as numbers and words.
struct Flags {
  Options options;
  std::string port_file;
  double asset_seconds = 3;
  double task_seconds = 60;
  double group_lag_seconds = 2;
  double link_seconds = 43200;
  double usage_log_lag_seconds = 1;
  std::vector<std::string> command;
  PiApiFlags piapi;
};

void AddTimeFlags(CLI::App& app, Flags& flags) {
  const auto positive = CLI::Range(0.0, 1e9);
  app.add_option("--speed", flags.options.speed, "Virtual seconds per real second; 0: only /advance moves time")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--asset-seconds", flags.asset_seconds, "Virtual time until an asset is Active")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--task-seconds", flags.task_seconds, "Virtual time until a task ends")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--group-lag-seconds", flags.group_lag_seconds, "Virtual time until a new group is visible")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--link-seconds", flags.link_seconds, "Virtual life of signed links")
      ->check(positive)
      ->capture_default_str();
}

void AddUsageLogFlags(CLI::App& app, Flags& flags) {
  seedance::sandbox::UsageLogOptions& log = flags.options.usage_log;
  app.add_option("--usage-log", log.mode, "AnyFast's log of what a key was billed: on, empty, or off")
      ->check(CLI::IsMember({"on", "empty", "off"}))
      ->capture_default_str();
  app.add_option("--usage-log-lag-seconds", flags.usage_log_lag_seconds, "Virtual time until the log shows a row")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--usage-log-ids", log.task_ids, "Whether rows of tasks tell their ids")->capture_default_str();
  app.add_flag("--usage-log-query-key", log.query_key, "The log takes the key from the query only (?key=)");
  app.add_option("--usage-log-limit", log.limit, "Reads of the log in 20 virtual minutes; 0: no limit")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--usage-log-most-rows", log.most_rows, "Rows that the log shows, the newest")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--usage-log-rows", log.rows, "What the log shows: all, or refunds: nothing that was consumed")
      ->check(CLI::IsMember({"all", "refunds"}))
      ->capture_default_str();
  app.add_option("--usage-log-damage", log.damage, "none; null: every other row is null; untimed: no created_at")
      ->check(CLI::IsMember({"none", "null", "untimed"}))
      ->capture_default_str();
  app.add_flag("--usage-log-at-end", log.at_end, "Rows of tasks are written when their tasks end");
  app.add_flag("--own-seeds", flags.options.own_seeds, "AnyFast's models ignore seeds and show their own");
}

void AddFlags(CLI::App& app, Flags& flags) {
  Options& options = flags.options;
  app.add_option("--listen", options.listen, "host:port of the vendor API; port 0: a free one")->capture_default_str();
  app.add_option("--control", options.control, "host:port of the control port; port 0: a free one")
      ->capture_default_str();
  app.add_option("--port-file", flags.port_file,
                 "Written once both ports listen: lines `listen=HOST:PORT` and `control=HOST:PORT`");
  app.add_option("--key", options.keys,
                 "Accepted vendor key, repeatable; keys do not see each other's data [sandbox-key]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--seed", options.seed, "Same seed and same calls: same ids and same decisions");
  AddTimeFlags(app, flags);
  app.add_flag("--strict-media", options.strict_media,
               "Uploads of a wrong type or over the vendor's size become Failed");
  app.add_flag("--prefix-names", options.prefix_names, "Show group names with the vendor's isolation prefix");
  app.add_flag("--liveness-groups", options.liveness_groups,
               "AnyFast: let keys create groups of type LivenessFace, which are listed only when asked for");
  app.add_option("--unknown-task-status", options.unknown_task_status, "HTTP status of a GET for an unknown task")
      ->check(CLI::IsMember({404, 400}))
      ->capture_default_str();
  app.add_flag("--fetch-urls", options.fetch_urls,
               "Really fetch the URLs of new assets; one that cannot be fetched becomes Failed");
  AddUsageLogFlags(app, flags);
  flags.piapi.AddTo(app);
  app.add_option("COMMAND", flags.command,
                 "Run after `--` once both ports listen; the sandbox lives as long as it, and exits as it does");
}

Options OptionsOf(const Flags& flags) {
  Options options = flags.options;
  options.asset_time = absl::Seconds(flags.asset_seconds);
  options.task_time = absl::Seconds(flags.task_seconds);
  options.group_lag = absl::Seconds(flags.group_lag_seconds);
  options.link_life = absl::Seconds(flags.link_seconds);
  options.usage_log.lag = absl::Seconds(flags.usage_log_lag_seconds);
  flags.piapi.Apply(options);
  return options;
}

// Readers see the whole file or none.
bool WritePortFile(const std::string& path, const seedance::sandbox::Sandbox& sandbox) {
  const std::string unfinished = absl::StrCat(path, ".tmp");
  {
    std::ofstream file(unfinished);
    file << "listen=" << sandbox.listen() << "\ncontrol=" << sandbox.control() << "\n";
    if (!file.flush()) return false;
  }
  return rename(unfinished.c_str(), path.c_str()) == 0;
}

// Before any thread starts, so that all of them leave the signals to WaitForSignal or RunCommand.
sigset_t BlockSignals(bool of_children) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (of_children) sigaddset(&signals, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  flags.options.listen = "127.0.0.1:18080";
  flags.options.control = "127.0.0.1:18081";
  CLI::App app(kDescription, "seedance-sandbox");
  app.footer(kFooter);
  AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);

  const sigset_t signals = BlockSignals(!flags.command.empty());
  seedance::sandbox::Sandbox sandbox(OptionsOf(flags));
  if (const absl::Status started = sandbox.Start(); !started.ok()) {
    std::cerr << "seedance-sandbox: " << std::string(started.message()) << "\n";
    return 1;
  }
  if (!flags.port_file.empty() && !WritePortFile(flags.port_file, sandbox)) {
    std::cerr << "seedance-sandbox: cannot write " << flags.port_file << "\n";
    return 1;
  }
  std::cout << "seedance-sandbox: AnyFast and PiAPI on http://" << sandbox.listen() << ", control on http://"
            << sandbox.control() << std::endl;
  int code = 0;
  if (flags.command.empty()) {
    WaitForSignal(signals);
  } else {
    code = seedance::sandbox::RunCommand(flags.command, signals);
  }
  sandbox.Stop();
  return code;
}
