#include "service/upstream/piapi/vendor_error.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

// Bytes kept of an unknown body.
constexpr size_t kMaxUnknown = 200;
// Of a task's log: newest lines examined, lines kept, and bytes kept of each.
constexpr size_t kMaxExaminedLines = 200;
constexpr size_t kMaxLines = 6;
constexpr size_t kMaxLine = 200;

// Lines common to all tasks, or unrelated to the cause.
constexpr std::string_view kNoise[] = {"auto-detected", "audio: enabled", "frozen points", "webhook"};

// Words or prefixes in lines that state a cause.
constexpr std::string_view kCauseWords[] = {
    "fail",       "error",      "reject",    "restrict",    "violat",      "invalid",   "person",
    "face",       "sensitive",  "denied",    "exceed",      "timeout",     "timed out", "not found",
    "not active", "refus",      "block",     "unsupported", "hard cap",    "limit",     "insufficient",
    "policy",     "moderation", "copyright", "expired",     "unreachable",
};

template <size_t kSize>
bool HoldsAny(const std::string& text, const std::string_view (&words)[kSize]) {
  return std::any_of(std::begin(words), std::end(words),
                     [&text](std::string_view word) { return text.find(word) != std::string::npos; });
}

// A line of a log, which may be an object.
std::string LineOf(const JsonNode& entry) {
  return entry.IsObject() ? entry.First({"message", "msg", "text", "log"}).Text() : entry.Text();
}

std::vector<std::string> CausesIn(const JsonNode& logs) {
  std::vector<std::string> causes;
  const size_t size = logs.size();
  for (size_t i = size - std::min(size, kMaxExaminedLines); i < size; ++i) {
    const std::string line = BoundUtf8(LineOf(logs[i]), kMaxLine);
    const std::string lower = absl::AsciiStrToLower(line);
    if (HoldsAny(lower, kNoise) || !HoldsAny(lower, kCauseWords)) continue;
    // The cause of a repeated attempt counts only if nothing came after it.
    if (!causes.empty() && absl::StrContains(absl::AsciiStrToLower(causes.back()), "retrying")) causes.pop_back();
    if (std::find(causes.begin(), causes.end(), line) == causes.end()) causes.push_back(line);
  }
  if (causes.size() > kMaxLines) causes.erase(causes.begin(), causes.end() - kMaxLines);
  return causes;
}

bool SaysNothing(const std::string& code) {
  return code.empty() || code == "0" || code == "200" || code == "201" || absl::EqualsIgnoreCase(code, "success");
}

// Adds `text`, unless it is contained already.
void Add(const std::string& text, std::string& message) {
  if (text.empty() || absl::EqualsIgnoreCase(text, "success") || absl::StrContains(message, text)) return;
  absl::StrAppend(&message, message.empty() ? "" : "; ", text);
}

// Adds the contents of a text, an object, or a list of either.
void AddAll(const JsonNode& place, VendorError& error) {
  for (size_t i = 0; i < std::min<size_t>(place.size(), 4); ++i) AddAll(place[i], error);
  if (place.IsText()) Add(place.Text(), error.message);
  if (!place.IsObject()) return;
  if (const std::string code = place["code"].Text(); !SaysNothing(code)) {
    error.code = code;
    // The origin's codes are names; the vendor's numbers say little.
    if (!place["code"].Integer().has_value()) Add(code, error.message);
  }
  for (const char* key : {"message", "raw_message", "msg", "detail", "error"}) {
    if (place[key].IsText()) Add(place[key].Text(), error.message);
  }
}

VendorError Finish(VendorError error) {
  error.recognised = !error.message.empty() || !error.code.empty();
  error.trail = absl::StrCat(error.code, "\n", error.message, "\n");
  return error;
}

// The network in front of the vendor writes JSON too when it blocks or times out.
bool IsOfTheNetwork(const JsonNode& root) {
  return root["cloudflare_error"].exists() || root["ray_id"].exists() || root["error_code"].exists();
}

}  // namespace

VendorError PiApiPlainError(const JsonNode& error) {
  VendorError said;
  AddAll(error, said);
  return Finish(std::move(said));
}

VendorError PiApiTaskError(const JsonNode& task) {
  VendorError error;
  AddAll(task["error"], error);
  const std::vector<std::string> causes = CausesIn(task["logs"]);
  if (!causes.empty()) {
    absl::StrAppend(&error.message, error.message.empty() ? "log: " : "; log: ", absl::StrJoin(causes, " | "));
  }
  return Finish(std::move(error));
}

bool PiApiSaysFailure(const JsonNode& root) {
  return !SaysNothing(root["code"].Text()) || root["success"].Truth() == false;
}

VendorError ParsePiApiError(std::string_view body) {
  const JsonNode root = JsonNode::Parse(body);
  VendorError error;
  if (root.IsObject() && !IsOfTheNetwork(root)) {
    AddAll(root, error);
    for (const char* key : {"error", "detail", "errors", "results"}) AddAll(root[key], error);
    const VendorError inner = PiApiTaskError(root["data"]);
    if (!inner.code.empty()) error.code = inner.code;
    Add(inner.message, error.message);
    error = Finish(std::move(error));
    // A bare message may be a proxy's. The vendor's codes are numbers, like those of others: never `named`.
    error.vendor_shape = error.recognised && root.First({"code", "error", "detail", "errors", "results"}).exists();
    const std::optional<int64_t> code = root["code"].Integer();
    if (code.has_value() && *code >= 400 && *code < 600) error.http_status = static_cast<int>(*code);
  }
  // Unknown JSON is not shown: it may echo the request with the webhook's secret.
  if (!error.recognised && !root.IsObject()) error.message = std::string(body.substr(0, kMaxUnknown));
  return error;
}

}  // namespace seedance::upstream
