#include "tests/testing/gateway_process.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "service/base/sha256.h"
#include "tests/testing/eventually.h"
#include "tests/testing/loopback.h"

namespace seedance::testing {
namespace {

constexpr char kKeyVariable[] = "SEEDANCE_TEST_VENDOR_KEY";
constexpr char kWebhookVariable[] = "SEEDANCE_TEST_WEBHOOK_SECRET";
constexpr char kWebhookSecret[] = "hush";

std::string Seconds(absl::Duration duration) { return absl::StrFormat("%.9gs", absl::ToDoubleSeconds(duration)); }

std::string Lines(const std::string& indent, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, indent, line, "\n");
  return text;
}

// The lines of a section, if it has any.
std::string Section(const std::string& indent, const std::string& name, const std::vector<std::string>& lines) {
  return lines.empty() ? "" : absl::StrCat(indent, name, ":\n", Lines(indent + "  ", lines));
}

std::string UpstreamYaml(const GatewayOptions& options) {
  std::string text = absl::StrCat("upstreams:\n  - name: ", options.upstream, "\n",
                                  Lines("    ", options.upstream_lines), "    rate:\n",            //
                                  "      polls_per_second: ", options.polls_per_second, "\n",      //
                                  "      submits_per_second: ", options.submits_per_second, "\n",  //
                                  Lines("      ", options.rate), "    ", options.dialect, ":\n",   //
                                  "      base_url: \"", options.sandbox_url, "\"\n",               //
                                  "      api_key:\n        env: ", kKeyVariable, "\n",             //
                                  "      allow_plain_http: true\n");
  if (options.dialect == "piapi") {
    absl::StrAppend(&text, "      upload_url: \"", options.sandbox_url, "/api/ephemeral_resource\"\n");
  }
  if (options.webhooks) absl::StrAppend(&text, "      webhook_secret:\n        env: ", kWebhookVariable, "\n");
  absl::StrAppend(&text, Lines("      ", options.dialect_lines), Section("      ", "http", options.http));
  return text;
}

std::string AdminYaml(const GatewayOptions& options, const GatewayPlaces& places) {
  if (places.admin_address.empty()) return "";
  std::string text = absl::StrCat("admin:\n  listen: \"", places.admin_address, "\"\n  public_base_url: \"http://",
                                  places.admin_address, "\"\n");
  if (options.staging) absl::StrAppend(&text, "  staging:\n    directory: \"", places.staging_directory, "\"\n");
  return text;
}

std::string TenantsYaml(const GatewayOptions& options) {
  if (options.tenants.empty()) return "";
  std::string text = "tenants:\n";
  for (const GatewayOptions::Tenant& tenant : options.tenants) {
    absl::StrAppend(&text, "  - name: ", tenant.name, "\n");
    std::vector<std::string> hashes;
    for (const std::string& token : tenant.tokens) hashes.push_back("- " + base::Sha256Hex(token));
    std::vector<std::string> certificates;
    for (const std::string& each : tenant.certificates) certificates.push_back("- " + each);
    absl::StrAppend(&text, Section("    ", "token_sha256", hashes),
                    Section("    ", "client_certificate", certificates));
  }
  return text;
}

std::string StoreYaml(const GatewayOptions& options, const std::string& sqlite_path) {
  if (!options.postgres.empty()) return absl::StrCat("store:\n", Section("  ", "postgres", options.postgres));
  return absl::StrCat("store:\n  sqlite:\n    path: \"", sqlite_path, "\"\n", Lines("    ", options.sqlite));
}

}  // namespace

std::string FreeAddress() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
}

std::string GatewayBinary() { return SEEDANCE_GATEWAY_BINARY; }

std::string GatewayConfigYaml(const GatewayOptions& options, const GatewayPlaces& places) {
  return absl::StrCat("server:\n",                                                                    //
                      "  listen: \"", places.listen, "\"\n",                                          //
                      "  port_file: \"", places.port_file, "\"\n",                                    //
                      "  drain_grace: ", Seconds(options.drain_grace), "\n",                          //
                      Lines("  ", options.server),                                                    //
                      StoreYaml(options, places.sqlite_path),                                         //
                      UpstreamYaml(options), TenantsYaml(options), AdminYaml(options, places),        //
                      Section("", "media_fetch", options.media_fetch),                                //
                      Section("", "transfers", options.transfers),                                    //
                      "tasks:\n",                                                                     //
                      "  poll_interval_queued: ", Seconds(options.poll_interval_queued), "\n",        //
                      "  poll_interval_running: ", Seconds(options.poll_interval_running), "\n",      //
                      "  poll_interval_asset: ", Seconds(options.poll_interval_asset), "\n",          //
                      "  poll_interval_unwatched: ", Seconds(options.poll_interval_unwatched), "\n",  //
                      Lines("  ", options.tasks),                                                     //
                      "log:\n  level: ", options.log_level, "\n");
}

GatewayProcess::GatewayProcess(const GatewayOptions& options)
    : options_(options),
      sqlite_path_(options.sqlite_path.empty() ? dir_.File("gateway.db") : options.sqlite_path),
      config_path_(dir_.File("config.yaml")),
      address_(options.listen),
      admin_address_(options.admin_address) {
  if (admin_address_.empty() && (options.admin || options.webhooks || options.staging)) admin_address_ = FreeAddress();
}

absl::StatusOr<std::unique_ptr<GatewayProcess>> GatewayProcess::Start(const GatewayOptions& options) {
  auto gateway = std::unique_ptr<GatewayProcess>(new GatewayProcess(options));
  if (const absl::Status launched = gateway->Launch(); !launched.ok()) return launched;
  return gateway;
}

absl::StatusOr<std::unique_ptr<GatewayProcess>> GatewayProcess::StartWaiting(const GatewayOptions& options) {
  auto gateway = std::unique_ptr<GatewayProcess>(new GatewayProcess(options));
  if (const absl::Status spawned = gateway->Spawn(); !spawned.ok()) return spawned;
  return gateway;
}

bool GatewayProcess::Listens() const { return absl::StripAsciiWhitespace(ReadFile(dir_.File("port"))) == address_; }

std::string GatewayProcess::webhook_path() const {
  return absl::StrCat(
      "/webhooks/", options_.dialect, "/",
      base::Sha256Hex(absl::StrCat("webhook path\n", options_.upstream, "\n", kWebhookSecret)).substr(0, 32));
}

std::string GatewayProcess::webhook_secret() { return kWebhookSecret; }

std::string GatewayProcess::Log() const { return ReadFile(dir_.File("stderr")); }

std::vector<std::string> GatewayProcess::SanitizerReports() const {
  std::vector<std::string> reports;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(Log(), '\n'))) {
    if (absl::StrContains(line, "Sanitizer") || absl::StrContains(line, "runtime error:")) reports.push_back(line);
  }
  return reports;
}

absl::StatusOr<int> GatewayProcess::Stop(int signal, absl::Duration deadline) {
  process_->Kill(signal);
  const std::optional<int> code = process_->Wait(deadline);
  if (!code.has_value()) return absl::DeadlineExceededError(absl::StrCat("the gateway still runs: ", Log()));
  return *code;
}

absl::Status GatewayProcess::Restart(const std::vector<std::string>& arguments) {
  if (process_->running()) return absl::FailedPreconditionError("the gateway still runs");
  return Launch(arguments);
}

absl::StatusOr<GatewayProcess::Finished> GatewayProcess::RunCommand(const std::vector<std::string>& arguments) {
  const TempDir outputs;
  Process::Options options = Command(arguments);
  options.stdout_path = outputs.File("stdout");
  options.stderr_path = outputs.File("stderr");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  const std::optional<int> code = (*process)->Wait(absl::Seconds(60));
  if (!code.has_value()) return absl::DeadlineExceededError("the command still runs");
  return Finished{*code, ReadFile(options.stdout_path) + ReadFile(options.stderr_path)};
}

Process::Options GatewayProcess::Command(const std::vector<std::string>& arguments) const {
  if (options_.open_to_all) chmod(dir_.File("").c_str(), 0777);
  Process::Options options;
  options.argv = options_.wrapper;
  options.argv.insert(options.argv.end(), {GatewayBinary(), "--config", config_path_});
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.env = options_.env;
  options.env[kKeyVariable] = options_.key;
  options.env[kWebhookVariable] = kWebhookSecret;
  return options;
}

absl::Status GatewayProcess::Spawn(const std::vector<std::string>& arguments) {
  const std::string port_file = dir_.File("port");
  remove(port_file.c_str());
  const std::string staging = dir_.File("staging");
  if (options_.staging) mkdir(staging.c_str(), 0700);
  const GatewayPlaces places = {address_.empty() ? "127.0.0.1:0" : address_, port_file, sqlite_path_, admin_address_,
                                staging};
  if (!WriteFile(config_path_, GatewayConfigYaml(options_, places))) {
    return absl::InternalError(absl::StrCat("cannot write ", config_path_));
  }
  Process::Options options = Command(arguments);
  options.stdout_path = dir_.File("stdout");
  options.stderr_path = dir_.File("stderr");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  return absl::OkStatus();
}

absl::Status GatewayProcess::Launch(const std::vector<std::string>& arguments) {
  if (const absl::Status spawned = Spawn(arguments); !spawned.ok()) return spawned;
  const std::string port_file = dir_.File("port");
  std::string address;
  // Whole when it reads the same twice: nobody promises that it is written at once.
  const auto listening = [&] {
    const std::string before = std::exchange(address, std::string(absl::StripAsciiWhitespace(ReadFile(port_file))));
    return (!address.empty() && address == before) || !process_->running();
  };
  if (!Eventually(listening, absl::Seconds(30)) || address.empty()) {
    return absl::UnavailableError(absl::StrCat("seedance-gateway did not start: ", Log()));
  }
  address_ = address;
  return absl::OkStatus();
}

}  // namespace seedance::testing
