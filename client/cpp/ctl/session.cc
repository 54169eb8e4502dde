#include "client/cpp/ctl/session.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/error_text.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/error.h"

namespace seedance::client::ctl {
namespace {

// People want to hear soon that nothing listens there.
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string token((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open()) return absl::InvalidArgumentError("cannot read token file " + path);
  absl::StripAsciiWhitespace(&token);
  if (token.empty()) return absl::InvalidArgumentError("token file " + path + " is empty");
  return token;
}

bool IsLoopback(const std::string& endpoint) {
  return endpoint.starts_with("127.") || endpoint.starts_with("localhost:") || endpoint.starts_with("[::1]") ||
         endpoint.starts_with("unix:");
}

// Whether a create that ended so may have been accepted, or may be accepted when tried again.
bool WorthRepeating(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  absl::Duration duration;
  if (!absl::ParseDuration(number ? text + "s" : text, &duration) || duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("\"" + text + "\" is no duration; write 90s, 5m or 1h");
  }
  return duration;
}

absl::Status Session::Connect() {
  if (!options.timeout.empty()) {
    const absl::StatusOr<absl::Duration> timeout = ParseTimeout(options.timeout);
    if (!timeout.ok()) return timeout.status();
    timeout_ = *timeout;
  }
  absl::StatusOr<Connection> chosen = ChooseConnection(console, options.connection, options.context);
  if (!chosen.ok()) return chosen.status();
  connection_ = *std::move(chosen);
  ClientOptions client;
  client.endpoint = connection_.endpoint;
  client.tls = connection_.UsesTls();
  client.ca_file = connection_.ca_file;
  client.certificate_file = connection_.certificate_file;
  client.private_key_file = connection_.private_key_file;
  client.server_name = connection_.server_name;
  client.token = TokenFor(connection_, console, options.connection);
  client.user_agent = "seedancectl";
  client.connect_timeout = kConnectTimeout;
  client.timing = console.timing;
  if (!connection_.token_file.empty()) {
    absl::StatusOr<std::string> token = ReadToken(connection_.token_file);
    if (!token.ok()) return token.status();
    client.token = *std::move(token);
  }
  if (!client.token.empty() && !client.tls && !IsLoopback(client.endpoint)) {
    Note("warning: without --tls the token travels readable to " + client.endpoint);
  }
  absl::StatusOr<std::unique_ptr<Client>> made = Client::Create(std::move(client));
  if (!made.ok()) return made.status();
  client_ = *std::move(made);
  return absl::OkStatus();
}

CallOptions Session::call() const {
  CallOptions call;
  call.timeout = timeout_;
  call.canceller = console.interrupt;
  return call;
}

View Session::view() const {
  View view;
  view.human = console.out_is_terminal;
  view.width = console.out_is_terminal ? console.width() : 0;
  view.color = color_out();
  view.now = Now();
  return view;
}

void Session::Note(const std::string& text) { console.err << text << "\n" << std::flush; }

int Session::Fail(const std::string& what, const absl::Status& status, const std::string& request_id) {
  const ExitCode code = ExitCodeOf(status);
  console.err << (code == kExitInterrupted ? "interrupted: " + what + "\n" : FormatError(what, status));
  if (status.code() == absl::StatusCode::kUnavailable && DecodeError(status).reason.empty()) {
    // gRPC words a TLS mismatch like any other failure to connect, so say what was tried.
    console.err << "  tried: " << connection_.endpoint
                << (connection_.UsesTls() ? " with TLS" : " in plain text (--tls, --ca-file: with TLS)") << "\n";
  }
  if (!request_id.empty() && WorthRepeating(status)) {
    console.err << "  to try again without paying twice, repeat the command with --request-id " << request_id << "\n";
  }
  console.err << std::flush;
  return code;
}

std::string Session::CommandLine(const std::string& arguments) const {
  std::string line = "seedancectl";
  if (!options.context.empty()) absl::StrAppend(&line, " --context ", options.context);
  for (const ConnectionField& field : ConnectionFields()) {
    const std::string& value = options.connection.*field.value;
    if (!value.empty()) absl::StrAppend(&line, " --", field.option, " ", value);
  }
  if (options.connection.tls) absl::StrAppend(&line, " --tls");
  return absl::StrCat(line, " ", arguments);
}

}  // namespace seedance::client::ctl
