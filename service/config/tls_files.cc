#include "service/config/tls_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/config/regular_file.h"

namespace seedance::config {
namespace {

using gateway::config::v1::Tls;

constexpr char kChainField[] = "server.tls.certificate_file";
constexpr char kKeyField[] = "server.tls.private_key_file";
constexpr char kClientCaField[] = "server.tls.client_ca_file";

void AddProblem(const char* field, const std::string& what, TlsFiles& files) {
  files.problems.push_back({field, what, 0});
}

// Empty when there is a problem.
std::string ReadKey(const std::string& path, TlsFiles& files) {
  absl::StatusOr<RegularFile> file = ReadRegularFile(path, kMaxCertificateFile);
  if (!file.ok()) {
    AddProblem(kKeyField, std::string(file.status().message()), files);
    return "";
  }
  files.key_is_public = (file->mode & S_IROTH) != 0;
  if (file->bytes.empty()) AddProblem(kKeyField, absl::StrCat("file ", path, " is empty"), files);
  return std::move(file->bytes);
}

void ReadCertificatesInto(const char* field, const std::string& path, TlsFiles& files, std::string& pem,
                          std::vector<Certificate>& certificates) {
  CertificateFile file;
  const absl::Status read = ReadCertificateFile(path, file);
  if (!read.ok()) AddProblem(field, std::string(read.message()), files);
  pem = std::move(file.pem);
  certificates = std::move(file.certificates);
}

std::string Date(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone()); }

}  // namespace

bool TlsFiles::Same(const TlsFiles& other) const {
  return certificate_chain == other.certificate_chain && private_key == other.private_key &&
         client_ca == other.client_ca && Cause() == other.Cause();
}

std::string TlsFiles::Cause() const {
  return absl::StrJoin(problems, "; ", [](std::string* text, const ConfigProblem& problem) {
    absl::StrAppend(text, problem.field, ": ", problem.what);
  });
}

TlsFiles ReadTlsFiles(const Tls& tls) {
  TlsFiles files;
  ReadCertificatesInto(kChainField, tls.certificate_file(), files, files.certificate_chain, files.chain);
  files.private_key = ReadKey(tls.private_key_file(), files);
  if (!files.chain.empty() && !files.private_key.empty()) {
    const absl::Status pair = CheckKeyPair(files.certificate_chain, files.private_key);
    if (!pair.ok()) {
      AddProblem(kKeyField, absl::StrCat("file ", tls.private_key_file(), " ", std::string(pair.message())), files);
    }
  }
  if (!tls.client_ca_file().empty()) {
    ReadCertificatesInto(kClientCaField, tls.client_ca_file(), files, files.client_ca, files.authorities);
  }
  return files;
}

const Certificate& CertificateRole::Soonest() const {
  return *std::min_element(
      certificates->begin(), certificates->end(),
      [](const Certificate& left, const Certificate& right) { return left.not_after < right.not_after; });
}

bool CertificateRole::Expired(absl::Time now) const { return Deciding().not_after < now; }

const Certificate& CertificateRole::Deciding() const {
  if (name == "server") return certificates->front();
  return *std::max_element(
      certificates->begin(), certificates->end(),
      [](const Certificate& left, const Certificate& right) { return left.not_after < right.not_after; });
}

bool CertificateRole::NotYetValid(absl::Time now) const {
  const auto early = [now](const Certificate& each) { return each.not_before > now; };
  return name == "server" ? early(certificates->front())
                          : std::all_of(certificates->begin(), certificates->end(), early);
}

std::vector<CertificateRole> RolesOf(const Tls& tls, const TlsFiles& files) {
  std::vector<CertificateRole> roles;
  if (!files.chain.empty()) roles.push_back({"server", kChainField, tls.certificate_file(), &files.chain});
  if (!files.authorities.empty()) {
    roles.push_back({"client_ca", kClientCaField, tls.client_ca_file(), &files.authorities});
  }
  return roles;
}

TlsFindings CheckTlsFiles(const Tls& tls, const TlsFiles& files, absl::Time now) {
  TlsFindings findings;
  for (const CertificateRole& role : RolesOf(tls, files)) {
    const Certificate& soonest = role.Soonest();
    const auto what = [&role](const Certificate& each) {
      return absl::StrCat("file ", role.file, ": the certificate of `", each.subject, "` ");
    };
    if (role.Expired(now)) {
      const Certificate& deciding = role.Deciding();
      findings.errors.push_back({role.field, absl::StrCat(what(deciding), "expired on ", Date(deciding.not_after)), 0});
    } else if (soonest.not_after < now + kExpiryWarning) {
      const char* verb = soonest.not_after < now ? "expired on " : "expires on ";
      findings.warnings.push_back({role.field, absl::StrCat(what(soonest), verb, Date(soonest.not_after)), 0});
    }
    if (role.NotYetValid(now)) {
      findings.warnings.push_back({role.field, absl::StrCat("file ", role.file, " is not valid yet"), 0});
    }
  }
  if (files.key_is_public) {
    findings.warnings.push_back(
        {kKeyField, absl::StrCat("file ", tls.private_key_file(), " is readable by every user of the machine"), 0});
  }
  return findings;
}

}  // namespace seedance::config
