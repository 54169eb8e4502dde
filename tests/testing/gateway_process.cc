#include "tests/testing/gateway_process.h"

#include <stdio.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/sha256.h"
#include "tests/testing/eventually.h"

namespace seedance::testing {
namespace {

constexpr char kKeyVariable[] = "SEEDANCE_TEST_VENDOR_KEY";

std::string Seconds(absl::Duration duration) { return absl::StrFormat("%.9gs", absl::ToDoubleSeconds(duration)); }

std::string Lines(const std::string& indent, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, indent, line, "\n");
  return text;
}

std::string TenantsYaml(const GatewayOptions& options) {
  if (options.tenants.empty()) return "";
  std::string text = "tenants:\n";
  for (const GatewayOptions::Tenant& tenant : options.tenants) {
    absl::StrAppend(&text, "  - name: ", tenant.name, "\n    token_sha256:\n");
    for (const std::string& token : tenant.tokens) absl::StrAppend(&text, "      - ", base::Sha256Hex(token), "\n");
  }
  return text;
}

}  // namespace

std::string GatewayConfigYaml(const GatewayOptions& options, const std::string& listen, const std::string& port_file,
                              const std::string& sqlite_path) {
  const std::string http = options.http.empty() ? "" : absl::StrCat("      http:\n", Lines("        ", options.http));
  return absl::StrCat("server:\n",                                                                //
                      "  listen: \"", listen, "\"\n",                                             //
                      "  port_file: \"", port_file, "\"\n",                                       //
                      "  drain_grace: ", Seconds(options.drain_grace), "\n",                      //
                      Lines("  ", options.server),                                                //
                      "store:\n  sqlite:\n    path: \"", sqlite_path, "\"\n",                     //
                      "upstreams:\n  - name: ", options.upstream, "\n    anyfast:\n",             //
                      "      base_url: \"", options.sandbox_url, "\"\n",                          //
                      "      api_key:\n        env: ", kKeyVariable, "\n",                        //
                      "      allow_plain_http: true\n", http,                                     //
                      TenantsYaml(options),                                                       //
                      "tasks:\n",                                                                 //
                      "  poll_interval_queued: ", Seconds(options.poll_interval_queued), "\n",    //
                      "  poll_interval_running: ", Seconds(options.poll_interval_running), "\n",  //
                      "  poll_interval_asset: ", Seconds(options.poll_interval_asset), "\n",      //
                      Lines("  ", options.tasks),                                                 //
                      "log:\n  level: ", options.log_level, "\n");
}

GatewayProcess::GatewayProcess(const GatewayOptions& options)
    : options_(options),
      sqlite_path_(options.sqlite_path.empty() ? dir_.File("gateway.db") : options.sqlite_path),
      config_path_(dir_.File("config.yaml")) {}

absl::StatusOr<std::unique_ptr<GatewayProcess>> GatewayProcess::Start(const GatewayOptions& options) {
  auto gateway = std::unique_ptr<GatewayProcess>(new GatewayProcess(options));
  if (const absl::Status launched = gateway->Launch(); !launched.ok()) return launched;
  return gateway;
}

std::string GatewayProcess::Log() const { return ReadFile(dir_.File("stderr")); }

absl::StatusOr<int> GatewayProcess::Stop(int signal, absl::Duration deadline) {
  process_->Kill(signal);
  const std::optional<int> code = process_->Wait(deadline);
  if (!code.has_value()) return absl::DeadlineExceededError(absl::StrCat("the gateway still runs: ", Log()));
  return *code;
}

absl::Status GatewayProcess::Restart() {
  if (process_->running()) return absl::FailedPreconditionError("the gateway still runs");
  return Launch();
}

absl::Status GatewayProcess::Launch() {
  const std::string port_file = dir_.File("port");
  remove(port_file.c_str());
  const std::string listen = address_.empty() ? "127.0.0.1:0" : address_;
  if (!WriteFile(config_path_, GatewayConfigYaml(options_, listen, port_file, sqlite_path_))) {
    return absl::InternalError(absl::StrCat("cannot write ", config_path_));
  }
  Process::Options options;
  options.argv = {SEEDANCE_GATEWAY_BINARY, "--config", config_path_};
  options.env = options_.env;
  options.env[kKeyVariable] = options_.key;
  options.stdout_path = dir_.File("stdout");
  options.stderr_path = dir_.File("stderr");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
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
