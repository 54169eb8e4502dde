#include "tests/sandbox/piapi/upload.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/piapi/errors.h"
#include "tests/sandbox/world/inline_media.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {
namespace {

constexpr size_t kMaxName = 128;
constexpr int64_t kMaxUpload = 10 << 20;
constexpr absl::Duration kLife = absl::Hours(24);

// The extension without its dot; empty when the name has none or breaks a rule.
std::string ExtensionOf(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() > kMaxName) return "";
  std::string extension = name.substr(dot + 1);
  const bool plain = std::all_of(extension.begin(), extension.end(),
                                 [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); });
  return plain ? extension : "";
}

}  // namespace

ApiReply UploadEphemeralFile(Shared shared, const std::string& key, const ApiCall& call) {
  if (!shared.options.piapi.ephemeral_plan_ok) return PiApiError(403, "Insufficient plan level");
  const std::optional<Json> body = ParseObject(call.body);
  if (!body.has_value()) return PiApiError(400, "Invalid request parameters");
  EphemeralFile file;
  file.name = TextOf(*body, "file_name");
  const std::string extension = ExtensionOf(file.name);
  const Json* data = Find(*body, "file_data");
  if (extension.empty() || data == nullptr || !data->is_string()) return PiApiError(400, "Invalid request parameters");
  std::string bytes;
  const std::optional<UploadedFile> decoded = DecodeInlineMedia(data->get_ref<const std::string&>(), &bytes);
  if (!decoded.has_value() || decoded->size > kMaxUpload) return PiApiError(400, "Invalid request parameters");
  file.path = absl::StrCat("/files/ephemeral/", shared.ids.Random("", 24), ".", extension);
  file.key = key;
  file.sha256 = decoded->sha256;
  file.bytes = std::make_shared<const std::string>(std::move(bytes));
  file.created = shared.clock.Now();
  file.expires = file.created + kLife;
  const std::string url = absl::StrCat("http://", call.host, file.path);
  shared.uploads.Add(std::move(file));
  return {200, Dump({{"code", 200}, {"data", {{"url", url}}}, {"message", "success"}}), "application/json", {}};
}

}  // namespace seedance::sandbox
