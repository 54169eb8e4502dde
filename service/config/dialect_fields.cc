#include "service/config/dialect_fields.h"

#include "absl/strings/match.h"
#include "service/config/field_rules.h"
#include "service/http/url.h"

namespace seedance::config {

namespace proto = gateway::config::v1;

void ApplyHttpRules(proto::Http& http, const std::string& path, std::vector<ConfigProblem>& problems) {
  FieldRules rules(http, path, problems);
  rules.Duration("connect_timeout", 5, 0.1, 60);
  rules.Duration("read_timeout", 30, 0.1, 600);
  rules.Duration("submit_timeout", 300, 1, 3600);
  rules.Duration("transfer_timeout", 900, 1, 7200);
  rules.Number("max_submits", 32, 1, 1024);
  rules.Number("max_polls", 32, 1, 1024);
  rules.Number("max_transfers", 32, 1, 1024);
  if (!http.proxy().empty() && !absl::StartsWith(http.proxy(), "http://")) {
    rules.Add("proxy", "must have the form http://host:port");
  }
}

std::unique_ptr<http::HttpTransport> MakeTransport(const proto::Http& http, const std::string& base_url) {
  http::HttpOptions options;
  const std::optional<http::Url> home = http::ParseUrl(base_url);
  if (home.has_value()) options.home = home->host;
  options.allow_private_links = http.allow_private_links();
  options.connect_timeout = FromProto(http.connect_timeout());
  options.ca_file = http.ca_file();
  options.proxy = http.proxy();
  return http::MakeHttpTransport(options);
}

}  // namespace seedance::config
