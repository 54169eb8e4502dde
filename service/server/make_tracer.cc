#include "service/server/make_tracer.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/host/host_port.h"
#include "service/http/http_transport.h"
#include "service/server/version.h"
#include "service/tracing/otlp_tracer.h"

namespace seedance::server {

absl::StatusOr<std::unique_ptr<base::Tracer>> MakeTracer(const gateway::config::v1::Tracing& tracing,
                                                         base::Metrics& metrics, base::Random& random) {
  constexpr char kPath[] = "/v1/traces";
  tracing::OtlpTracer::Options options;
  options.url = tracing.otlp_endpoint();
  if (!absl::EndsWith(options.url, kPath)) options.url += kPath;
  if (tracing.has_authorization()) {
    absl::StatusOr<base::Secret> secret = config::ReadSecret(tracing.authorization());
    if (!secret.ok()) return secret.status();
    options.authorization = *std::move(secret);
  }
  options.sample_ratio = tracing.sample_ratio();
  options.resource = {{"service.name", tracing.service_name()},
                      {"service.version", absl::StrCat(Version(), "+", GitHash())},
                      {"service.instance.id", base::MakeUuidV4(random)}};
  http::HttpOptions http;
  http.ca_file = tracing.ca_file();
  return std::make_unique<tracing::OtlpTracer>(std::move(options), http::MakeHttpTransport(http), metrics, random);
}

}  // namespace seedance::server
