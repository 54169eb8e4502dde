#include "service/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/config/certificates.h"
#include "service/config/config_rules.h"
#include "service/config/dialect.h"
#include "service/config/regular_file.h"
#include "service/config/tls_files.h"
#include "service/config/yaml_message.h"
#include "service/engine/uploads/temp_file.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

constexpr size_t kMaxSecretBytes = 16 << 10;

// One line per problem, in the order of the file.
absl::Status ToStatus(const std::vector<ConfigProblem>& problems, const ConfigSources& sources = {}) {
  if (problems.empty()) return absl::OkStatus();
  std::string text;
  for (const ConfigProblem& problem : problems) {
    if (!text.empty()) text += "\n";
    const std::string source = problem.line > 0 ? absl::StrCat("line ", problem.line) : sources.Of(problem.field);
    if (!source.empty()) absl::StrAppend(&text, source, ": ");
    absl::StrAppend(&text, problem.field.empty() ? "the file" : problem.field, ": ", problem.what);
  }
  return absl::InvalidArgumentError(text);
}

// Line of the field, or of the nearest enclosing one in the file; 0: unknown.
int LineOf(std::string field, const ConfigSources& sources) {
  while (!field.empty() && sources.others.count(field) == 0) {
    if (const auto line = sources.lines.find(field); line != sources.lines.end()) return line->second;
    field.resize(std::min(field.find_last_of(".["), field.size() - 1));
  }
  return 0;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file.is_open() || !(text << file.rdbuf())) {
    // An empty file sets failbit on `text`; it is treated as missing.
    return absl::NotFoundError(absl::StrCat(path, " cannot be read or is empty"));
  }
  return text.str();
}

void CheckSecret(const proto::Secret& secret, const std::string& field, std::vector<ConfigProblem>& problems) {
  const auto value = ReadSecret(secret);
  if (!value.ok()) problems.push_back({field, std::string(value.status().message()), 0});
}

void CheckSecrets(const GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  for (int i = 0; i < config.upstreams_size(); ++i) {
    const proto::Upstream& upstream = config.upstreams(i);
    const Dialect& dialect = DialectOf(upstream);
    const std::string path = absl::StrCat("upstreams[", i, "].", dialect.name(), ".");
    CheckSecret(dialect.api_key(upstream), path + "api_key", problems);
    const proto::Secret* webhook = dialect.webhook_secret(upstream);
    if (webhook != nullptr) CheckSecret(*webhook, path + "webhook_secret", problems);
  }
  const proto::Postgres& postgres = config.store().postgres();
  if (postgres.has_password()) CheckSecret(postgres.password(), "store.postgres.password", problems);
  const proto::Tracing& tracing = config.tracing();
  if (tracing.has_authorization()) CheckSecret(tracing.authorization(), "tracing.authorization", problems);
}

void CheckTls(const proto::Server& server, std::vector<ConfigProblem>& problems) {
  if (!server.has_tls()) return;
  const TlsFiles files = ReadTlsFiles(server.tls());
  problems.insert(problems.end(), files.problems.begin(), files.problems.end());
}

void CheckCaFile(const std::string& path, const std::string& field, std::vector<ConfigProblem>& problems) {
  if (path.empty()) return;
  CertificateFile file;
  const absl::Status read = ReadCertificateFile(path, file);
  if (!read.ok()) problems.push_back({field, std::string(read.message()), 0});
}

void CheckCaFiles(const GatewayConfig& config, std::vector<ConfigProblem>& problems) {
  for (int i = 0; i < config.upstreams_size(); ++i) {
    const proto::Upstream& upstream = config.upstreams(i);
    const Dialect& dialect = DialectOf(upstream);
    CheckCaFile(dialect.http(upstream).ca_file(), absl::StrCat("upstreams[", i, "].", dialect.name(), ".http.ca_file"),
                problems);
  }
  CheckCaFile(config.media_fetch().ca_file(), "media_fetch.ca_file", problems);
  CheckCaFile(config.tracing().ca_file(), "tracing.ca_file", problems);
}

void CheckStaging(const proto::Admin& admin, std::vector<ConfigProblem>& problems) {
  if (!admin.has_staging()) return;
  const std::string& directory = admin.staging().directory();
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    problems.push_back({"admin.staging.directory", absl::StrCat(directory, " is not a directory"), 0});
  } else if (const absl::Status checked = engine::TempFileQuota::Check(directory); !checked.ok()) {
    // Creates a file: permissions do not tell whether the file system is mounted read-only.
    problems.push_back({"admin.staging.directory", std::string(checked.message()), 0});
  }
}

// Uploads are buffered on disk; a directory that accepts no files would otherwise show only at the first upload.
void CheckSpool(const proto::Admin& admin, std::vector<ConfigProblem>& problems) {
  // With staging they are in its directory, so that they can be linked there.
  if (admin.has_staging()) return;
  const absl::Status checked = engine::TempFileQuota::Check("");
  if (!checked.ok()) problems.push_back({"temporary files", std::string(checked.message()), 0});
}

}  // namespace

absl::StatusOr<GatewayConfig> ParseConfig(const std::string& yaml, const std::vector<ConfigOverride>& overrides) {
  GatewayConfig config;
  std::vector<ConfigProblem> problems;
  const ConfigSources sources = ReadYaml(yaml, overrides, config, problems);
  ApplyConfigRules(config, problems);
  for (ConfigProblem& problem : problems) {
    if (problem.line == 0) problem.line = LineOf(problem.field, sources);
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ConfigProblem& left, const ConfigProblem& right) { return left.line < right.line; });
  if (!problems.empty()) return ToStatus(problems, sources);
  return config;
}

std::vector<ConfigOverride> OverridesIn(const char* const* environment) {
  constexpr std::string_view kPrefix = "SEEDANCE__";
  std::vector<ConfigOverride> overrides;
  for (; *environment != nullptr; ++environment) {
    const std::pair<std::string, std::string> variable = absl::StrSplit(*environment, absl::MaxSplits('=', 1));
    if (!absl::StartsWith(variable.first, std::string(kPrefix))) continue;
    ConfigOverride override;
    override.source = absl::StrCat("environment variable ", variable.first);
    const std::string path = absl::AsciiStrToLower(variable.first.substr(kPrefix.size()));
    override.path = absl::StrSplit(path, "__");
    override.value = variable.second;
    overrides.push_back(std::move(override));
  }
  // That of a list or a message before those of what is in it, and entries of a list in their order.
  const auto before = [](const std::string& left, const std::string& right) {
    size_t left_position = 0;
    size_t right_position = 0;
    const bool positions = absl::SimpleAtoi(left, &left_position) && absl::SimpleAtoi(right, &right_position);
    return positions ? left_position < right_position : left < right;
  };
  std::sort(overrides.begin(), overrides.end(), [&](const ConfigOverride& left, const ConfigOverride& right) {
    return std::lexicographical_compare(left.path.begin(), left.path.end(), right.path.begin(), right.path.end(),
                                        before);
  });
  return overrides;
}

absl::StatusOr<GatewayConfig> LoadConfig(const std::string& path) {
  absl::StatusOr<std::string> yaml = ReadFile(path);
  if (!yaml.ok()) return yaml.status();
  absl::StatusOr<GatewayConfig> config = ParseConfig(*yaml, OverridesIn(environ));
  if (!config.ok()) return config;
  std::vector<ConfigProblem> problems;
  CheckSecrets(*config, problems);
  CheckTls(config->server(), problems);
  CheckCaFiles(*config, problems);
  CheckStaging(config->admin(), problems);
  CheckSpool(config->admin(), problems);
  if (!problems.empty()) return ToStatus(problems);
  return config;
}

absl::StatusOr<base::Secret> ReadSecret(const proto::Secret& secret) {
  std::string value;
  std::string source;
  if (secret.source_case() == proto::Secret::kEnv) {
    source = absl::StrCat("environment variable ", secret.env());
    const char* text = std::getenv(secret.env().c_str());
    value = text == nullptr ? "" : text;
  } else {
    source = absl::StrCat("file ", secret.file());
    absl::StatusOr<RegularFile> file = ReadRegularFile(secret.file(), kMaxSecretBytes);
    if (!file.ok()) return file.status();
    value = std::move(file->bytes);
  }
  absl::StripAsciiWhitespace(&value);
  if (value.empty()) return absl::FailedPreconditionError(absl::StrCat(source, " is missing or empty"));
  // Secrets are sent in HTTP headers.
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return absl::FailedPreconditionError(absl::StrCat(source, " contains a line break or another control character"));
  }
  return base::Secret(std::move(value));
}

absl::StatusOr<std::string> CheckCertificates(const GatewayConfig& config, absl::Time now) {
  if (!config.server().has_tls()) return "";
  const proto::Tls& tls = config.server().tls();
  const TlsFindings findings = CheckTlsFiles(tls, ReadTlsFiles(tls), now);
  if (!findings.errors.empty()) return ToStatus(findings.errors);
  return std::string(ToStatus(findings.warnings).message());
}

}  // namespace seedance::config
