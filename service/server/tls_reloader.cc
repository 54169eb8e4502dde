#include "service/server/tls_reloader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/log.h"
#include "service/config/config.h"

namespace seedance::server {
namespace {

using gateway::config::v1::Tls;

// Time between the two readings of a change.
constexpr absl::Duration kSettle = absl::Seconds(1);
constexpr absl::Duration kWarningInterval = absl::Hours(24);

std::string Date(absl::Time time) { return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone()); }

double DaysUntil(absl::Time time, absl::Time now) { return absl::ToDoubleHours(time - now) / 24; }

// Why `read` must not replace `used`, for its dates; empty: it may.
std::string BadDates(const Tls& tls, const config::TlsFiles& read, const config::TlsFiles& used, absl::Time now) {
  const std::vector<config::CertificateRole> olds = config::RolesOf(tls, used);
  for (const config::CertificateRole& role : config::RolesOf(tls, read)) {
    const auto old = std::find_if(olds.begin(), olds.end(),
                                  [&](const config::CertificateRole& each) { return each.name == role.name; });
    if (old == olds.end() || old->Expired(now) || old->NotYetValid(now)) continue;
    if (role.Expired(now)) return absl::StrCat(role.field, ": file ", role.file, " has expired");
    if (role.NotYetValid(now)) return absl::StrCat(role.field, ": file ", role.file, " is not valid yet");
  }
  return "";
}

base::Counter Reloads(base::Metrics& metrics, const char* result) {
  return metrics.Counter("seedance_tls_reloads_total", {{"result", result}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsReloader>> TlsReloader::Start(const Tls& tls, base::Metrics& metrics,
                                                                base::Clock& clock) {
  config::TlsFiles files = config::ReadTlsFiles(tls);
  if (!files.problems.empty()) return absl::FailedPreconditionError(files.Cause());
  if (files.key_is_public) {
    base::Log(base::LogLevel::kWarning, "tls_key_is_public",
              {{"file", tls.private_key_file()}, {"hint", "it is readable by every user of the machine"}});
  }
  auto reloader = std::make_unique<TlsReloader>(tls, std::move(files), metrics, clock);
  reloader->work_.Start(config::FromProto(tls.refresh_interval()), [each = reloader.get()] { return each->Check(); });
  return reloader;
}

TlsReloader::TlsReloader(const Tls& tls, config::TlsFiles first, base::Metrics& metrics, base::Clock& clock)
    : tls_(tls),
      metrics_(metrics),
      clock_(clock),
      refused_now_(metrics.Gauge("seedance_tls_files_refused")),
      current_(std::make_shared<const config::TlsFiles>(std::move(first))),
      work_(clock) {
  Reloads(metrics_, "taken");
  Reloads(metrics_, "refused");
  refused_now_.Set(0);
  ReportDates();
}

std::shared_ptr<const config::TlsFiles> TlsReloader::current() const {
  base::MutexLock lock(mutex_);
  return current_;
}

absl::Duration TlsReloader::Check() {
  const absl::Duration interval = config::FromProto(tls_.refresh_interval());
  config::TlsFiles read = config::ReadTlsFiles(tls_);
  absl::Duration pause = interval;
  if (read.Same(*current())) {
    candidate_.reset();
    refused_.reset();
    refused_now_.Set(0);
  } else if (candidate_.has_value() && read.Same(*candidate_)) {
    Judge(read);
  } else {
    candidate_ = std::move(read);
    pause = std::min(interval, kSettle);
  }
  ReportDates();
  return pause;
}

void TlsReloader::Judge(const config::TlsFiles& read) {
  const std::string cause = read.problems.empty() ? BadDates(tls_, read, *current(), clock_.Now()) : read.Cause();
  if (cause.empty()) return Take(read);
  Refuse(read, cause);
}

void TlsReloader::Refuse(const config::TlsFiles& read, const std::string& cause) {
  if (refused_.has_value() && refused_->Same(read)) return;
  refused_ = read;
  refused_now_.Set(1);
  Reloads(metrics_, "refused").Add();
  base::Log(base::LogLevel::kWarning, "tls_files_refused",
            {{"cause", cause}, {"hint", "new connections use the previous files"}});
}

void TlsReloader::Take(const config::TlsFiles& read) {
  candidate_.reset();
  refused_.reset();
  refused_now_.Set(0);
  Reloads(metrics_, "taken").Add();
  next_warning_ = absl::InfinitePast();
  base::Log(base::LogLevel::kInfo, "tls_files_taken",
            {{"subject", read.chain.front().subject},
             {"serial", read.chain.front().serial},
             {"not_after", Date(read.chain.front().not_after)}});
  auto taken = std::make_shared<const config::TlsFiles>(read);
  base::MutexLock lock(mutex_);
  current_ = std::move(taken);
}

void TlsReloader::ReportDates() {
  const std::shared_ptr<const config::TlsFiles> files = current();
  const absl::Time now = clock_.Now();
  const bool warn = now >= next_warning_;
  for (const config::CertificateRole& role : config::RolesOf(tls_, *files)) {
    const config::Certificate& soonest = role.Soonest();
    const double days = DaysUntil(soonest.not_after, now);
    metrics_.Gauge("seedance_tls_certificate_expiry_timestamp_seconds", {{"role", role.name}})
        .Set(absl::ToDoubleSeconds(soonest.not_after - absl::UnixEpoch()));
    if (!warn || soonest.not_after >= now + config::kExpiryWarning) continue;
    next_warning_ = now + kWarningInterval;
    base::Log(base::LogLevel::kWarning, days < 0 ? "tls_certificate_expired" : "tls_certificate_expires",
              {{"role", role.name},
               {"file", role.file},
               {"subject", soonest.subject},
               {"serial", soonest.serial},
               {"not_after", Date(soonest.not_after)},
               {"days_left", days}});
  }
}

}  // namespace seedance::server
