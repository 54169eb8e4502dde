#include "service/upstream/anyfast/vendor_error.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace seedance::upstream {
namespace {

// Maximum nesting of error bodies as text.
constexpr int kMaxNesting = 4;
// Bytes kept of an unknown body.
constexpr size_t kMaxUnknown = 200;

// Whether the code only says which program answered.
bool SaysNothing(const std::string& code) {
  return code.empty() || code == "new_api_error" || code == "fail_to_fetch_task" || code == "upstream_error" ||
         code == "success" || code == "bad_response_status_code";
}

// `upstream_error: [NotFound.group_id] The specified ...` has its code in brackets.
std::string BracketedCode(const std::string& message) {
  const size_t begin = message.find('[');
  const size_t end = message.find(']', begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos || end - begin < 4) return "";
  const std::string code = message.substr(begin + 1, end - begin - 1);
  const bool plain = std::all_of(code.begin(), code.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_';
  });
  return plain && absl::ascii_isupper(static_cast<unsigned char>(code[0])) ? code : "";
}

// Whether the code is that of a relay that quotes the program behind it.
bool IsRelay(const std::string& code) {
  return code == "fail_to_fetch_task" || absl::StartsWith(code, "upstream_error") ||
         absl::StartsWith(code, "bad_response");
}

bool HoldsLetter(const std::string& code) {
  return std::any_of(code.begin(), code.end(),
                     [](char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); });
}

// Whether the code of `object` is a name, as all programs of the vendor write it. Proxies repeat the status as a number
// or have codes of their own.
bool NamesError(const JsonNode& object) {
  if (HoldsLetter(object.First({"code", "Code"}).Text())) return true;
  return !object.First({"type", "Type"}).Text().empty() ||
         absl::StartsWith(object.First({"message", "Message"}).Text(), "upstream_error");
}

VendorError ReadObject(const JsonNode& root, int nesting);

// Replaces an error by the one that its message contains.
void Unwrap(VendorError& error, int nesting) {
  if (nesting <= 0) return;
  const size_t begin = error.message.find('{');
  const size_t end = error.message.rfind('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return;
  const JsonNode inner = JsonNode::Parse(std::string_view(error.message).substr(begin, end - begin + 1));
  if (!inner.IsObject()) return;
  VendorError found = ReadObject(inner, nesting - 1);
  if (!found.recognised) return;
  if (found.code.empty()) found.code = error.code;
  found.trail.insert(0, error.trail);
  error = std::move(found);
}

VendorError ReadObject(const JsonNode& root, int nesting) {
  VendorError error = ReadVendorError(root);
  if (nesting <= 0) return error;
  for (const std::string_view key : {"error", "Error", "ResponseMetadata"}) {
    const JsonNode inner = root[key];
    if (!inner.IsText() && !inner.IsObject()) continue;
    if (inner.IsText()) {
      error.message = inner.Text();
      absl::StrAppend(&error.trail, error.message, "\n");
    } else if (inner.IsObject()) {
      const VendorError found = ReadObject(inner, nesting - 1);
      if (!found.recognised) continue;
      if (!SaysNothing(found.code) || error.code.empty()) error.code = found.code;
      if (!found.message.empty()) error.message = found.message;
      error.trail += found.trail;
    }
    break;
  }
  error.recognised = !error.message.empty() || !SaysNothing(error.code);
  Unwrap(error, nesting);
  if (SaysNothing(error.code)) {
    if (std::string code = BracketedCode(error.message); !code.empty()) error.code = code;
  }
  return error;
}

}  // namespace

VendorError ReadVendorError(const JsonNode& object) {
  VendorError error;
  error.code = object.First({"code", "Code"}).Text();
  error.message = object.First({"message", "Message", "msg", "error_msg"}).Text();
  const std::string type = object.First({"type", "Type"}).Text();
  if ((SaysNothing(error.code) || error.code == "0") && !error.message.empty() && !type.empty()) error.code = type;
  error.recognised = !error.message.empty() || !SaysNothing(error.code);
  error.trail = absl::StrCat(error.code, "\n", error.message, "\n");
  return error;
}

VendorError ParseVendorError(std::string_view body) {
  const JsonNode root = JsonNode::Parse(body);
  VendorError error;
  if (root.IsObject()) error = ReadObject(root, kMaxNesting);
  error.vendor_shape =
      error.recognised && !absl::EqualsIgnoreCase(root["code"].Text(), "success") &&
      (root["error"].IsObject() ? NamesError(root["error"])
                                : root["code"].exists() && root["message"].exists() && NamesError(root));
  error.named = error.vendor_shape && HoldsLetter(error.code) && !IsRelay(error.code);
  if (!error.recognised) error.message = std::string(body.substr(0, kMaxUnknown));
  return error;
}

VendorError ParseVendorText(std::string_view text) {
  VendorError error;
  error.recognised = !text.empty();
  error.message = std::string(text);
  Unwrap(error, kMaxNesting);
  if (error.code.empty()) error.code = BracketedCode(error.message);
  return error;
}

}  // namespace seedance::upstream
