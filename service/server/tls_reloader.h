#ifndef SEEDANCE_SERVICE_SERVER_TLS_RELOADER_H_
#define SEEDANCE_SERVICE_SERVER_TLS_RELOADER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/repeating_thread.h"
#include "service/config/tls_files.h"

namespace seedance::server {

// The certificate, key and client authorities that new TLS connections use: the last ones that were usable. It reads
// the files every `server.tls.refresh_interval`. A change counts once two readings in a row, a second apart at most,
// found the same, so that files that are being rewritten are not taken half; then all three are taken together, or
// refused together with one warning in the log, and what is in use stays. Certificates outside their dates are refused
// while those in use are inside theirs. Says in the log, at the start and daily, which certificates expire within
// kExpiryWarning.
//
// Metrics: seedance_tls_certificate_days_left, seedance_tls_reloads_total, seedance_tls_files_refused.
//
// Thread-safe, but for Check().
class TlsReloader {
 public:
  // Reads the files and follows them on a thread of its own. FAILED_PRECONDITION when they are not usable. `metrics`
  // and `clock` outlive it.
  static absl::StatusOr<std::unique_ptr<TlsReloader>> Start(const gateway::config::v1::Tls& tls, base::Metrics& metrics,
                                                            base::Clock& clock);

  // Without a thread: Check() does its work. `first` has no problems.
  TlsReloader(const gateway::config::v1::Tls& tls, config::TlsFiles first, base::Metrics& metrics, base::Clock& clock);

  // What new connections use. Another object after each reload. Never null.
  std::shared_ptr<const config::TlsFiles> current() const;

  // Whether callers need a certificate.
  bool asks_for_certificates() const { return !tls_.client_ca_file().empty(); }

  // Reads the files once. Returns the time to the next reading.
  absl::Duration Check();

 private:
  // Takes or refuses what two readings found.
  void Judge(const config::TlsFiles& read);
  void Refuse(const config::TlsFiles& read, const std::string& cause);
  void Take(const config::TlsFiles& read);
  void ReportDates();

  const gateway::config::v1::Tls tls_;
  base::Metrics& metrics_;
  base::Clock& clock_;
  base::Gauge refused_now_;

  // Of the thread that calls Check().
  std::optional<config::TlsFiles> candidate_;  // The last reading, when it differs from what is in use.
  std::optional<config::TlsFiles> refused_;    // The last one that the log names.
  absl::Time next_warning_ = absl::InfinitePast();

  mutable base::Mutex mutex_;
  std::shared_ptr<const config::TlsFiles> current_ ABSL_GUARDED_BY(mutex_);
  base::RepeatingThread thread_;  // Last: it uses the others.
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_TLS_RELOADER_H_
