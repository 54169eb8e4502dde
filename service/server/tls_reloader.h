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
#include "service/base/repeated_work.h"
#include "service/config/tls_files.h"

namespace seedance::server {

// Certificate, key and client authorities for new TLS connections: the last usable ones. Reads the files every
// `server.tls.refresh_interval`. A change counts when two consecutive readings, at most a second apart, are equal, so
// that half-written files are not used. All three are then taken together, or refused together with one warning in the
// log while the previous ones stay in use. Certificates outside their dates are refused while those in use are inside
// theirs. Logs at start and daily which certificates expire within kExpiryWarning.
//
// Metrics: seedance_tls_certificate_expiry_timestamp_seconds, seedance_tls_reloads_total, seedance_tls_files_refused.
//
// Thread-safe, except Check().
class TlsReloader {
 public:
  // Reads the files and follows them. FAILED_PRECONDITION when they are not usable. `metrics` and
  // `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<TlsReloader>> Start(const gateway::config::v1::Tls& tls, base::Metrics& metrics,
                                                            base::Clock& clock);

  // For tests: follows nothing, Check() does the work. `first` must have no problems.
  TlsReloader(const gateway::config::v1::Tls& tls, config::TlsFiles first, base::Metrics& metrics, base::Clock& clock);

  // Files for new connections; another object after each reload. Never null.
  std::shared_ptr<const config::TlsFiles> current() const;

  // Whether clients must present a certificate.
  bool asks_for_certificates() const { return !tls_.client_ca_file().empty(); }

  // Reads the files once. Returns the time until the next reading.
  absl::Duration Check();

 private:
  // Takes or refuses files that two readings found equal.
  void Judge(const config::TlsFiles& read);
  void Refuse(const config::TlsFiles& read, const std::string& cause);
  void Take(const config::TlsFiles& read);
  void ReportDates();

  const gateway::config::v1::Tls tls_;
  base::Metrics& metrics_;
  base::Clock& clock_;
  base::Gauge refused_now_;

  // Used by the thread that calls Check().
  std::optional<config::TlsFiles> candidate_;  // The last reading, when it differs from the files in use.
  std::optional<config::TlsFiles> refused_;    // The last refused reading that was logged.
  absl::Time next_warning_ = absl::InfinitePast();

  mutable base::Mutex mutex_;
  std::shared_ptr<const config::TlsFiles> current_ ABSL_GUARDED_BY(mutex_);
  base::RepeatedWork work_;  // Last member: it uses the others.
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_TLS_RELOADER_H_
