#include "service/rpc/validate/request_rules.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/proto_time.h"
#include "service/base/random.h"
#include "service/rpc/validate/text_shape.h"

namespace seedance::rpc {
namespace {

constexpr size_t kMaxUrlBytes = 2048;
constexpr long kMaxDataBytes = 3 << 20;
constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
constexpr size_t kMaxResumeTokenBytes = 256;
constexpr size_t kMaxLabelKeyBytes = 63;
constexpr size_t kMaxLabelValueBytes = 255;

bool IsLabelKey(const std::string& key) {
  if (key.empty() || key.size() > kMaxLabelKeyBytes || key[0] < 'a' || key[0] > 'z') return false;
  return std::all_of(key.begin(), key.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

bool IsWebSafeBase64(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; }

bool HasScheme(const std::string& uri, const char* scheme) {
  return absl::StartsWithIgnoreCase(uri.substr(0, 16), scheme);
}

constexpr std::string_view kHttps = "https://";

// The part of an https URL between scheme and path.
std::string AuthorityOf(const std::string& url) {
  return url.substr(kHttps.size(), url.find_first_of("/?#", kHttps.size()) - kHttps.size());
}

// Browsers, and vendors that parse URLs like them, skip slashes before the host and treat a backslash as one: an
// apparent path may be user and host there.
bool NamesHost(const std::string& authority) { return !authority.empty() && authority.find('\\') == std::string::npos; }

// The rule that a data URI breaks, empty if none.
std::string DataUriFault(std::string_view uri) {
  const size_t comma = uri.substr(0, 256).find(',');
  if (comma == std::string_view::npos || !absl::EndsWithIgnoreCase(std::string(uri.substr(0, comma)), ";base64")) {
    return "must have the form data:<media type>;base64,<data>";
  }
  const long size = Base64DataSize(uri.substr(comma + 1));
  if (size <= 0) return "must have valid Base64 after the comma";
  if (size > kMaxDataBytes) return absl::StrCat("has ", size, " bytes; at most 3 MiB are allowed, use UploadAsset");
  return "";
}

std::string NotAName(const std::string& name, std::string_view form) {
  if (name.empty()) return "is required";
  return absl::StrCat("must have the form ", std::string(form));
}

}  // namespace

void RequestRules::Add(std::string_view field, std::string_view rule) {
  violations_.push_back({std::string(field), std::string(rule)});
}

void RequestRules::Name(std::string_view field, const std::string& text, size_t most) {
  const TextShape shape = ShapeOf(text);
  if (text.empty()) {
    Add(field, "is required");
  } else if (!shape.utf8) {
    Add(field, "must be UTF-8");
  } else if (shape.control || shape.line_or_tab) {
    Add(field, "must not contain control characters");
  } else if (shape.characters > most) {
    Add(field, absl::StrCat("must have 1 to ", most, " characters, has ", shape.characters));
  }
}

void RequestRules::Text(std::string_view field, const std::string& text, size_t most) {
  const TextShape shape = ShapeOf(text);
  if (!shape.utf8) {
    Add(field, "must be UTF-8");
  } else if (shape.control) {
    Add(field, "must not contain control characters");
  } else if (shape.characters > most) {
    Add(field, absl::StrCat("must have at most ", most, " characters, has ", shape.characters));
  }
}

void RequestRules::RequestId(std::string_view field, const std::string& id) {
  if (!id.empty() && !base::IsUuid(id)) Add(field, "must be a UUID such as 123e4567-e89b-12d3-a456-426614174000");
}

void RequestRules::Upstream(std::string_view field, const std::string& name) {
  if (!name.empty() && !model::IsUpstreamName(name)) Add(field, "must be the name of a configured upstream");
}

void RequestRules::HttpsUrl(std::string_view field, const std::string& url) {
  const TextShape shape = ShapeOf(url.substr(0, kMaxUrlBytes + 1));
  if (url.empty()) {
    Add(field, "is required");
  } else if (!HasScheme(url, "https://") || url.size() == kHttps.size()) {
    Add(field, "must begin with https://");
  } else if (url.size() > kMaxUrlBytes) {
    Add(field, absl::StrCat("must have at most ", kMaxUrlBytes, " bytes, has ", url.size()));
  } else if (!NamesHost(AuthorityOf(url))) {
    Add(field, "must have a host right after https://, without a slash or backslash before it");
  } else if (AuthorityOf(url).find('@') != std::string::npos) {
    Add(field, "must not contain a user name or password: the URL is sent to the vendor and stored");
  } else if (!shape.utf8 || shape.control || shape.line_or_tab || url.find(' ') != std::string::npos) {
    Add(field, "must not contain spaces or control characters");
  }
}

void RequestRules::MediaUri(std::string_view field, const std::string& uri) {
  if (uri.empty() || uri.substr(0, 64).find("://") != std::string::npos) return HttpsUrl(field, uri);
  if (HasScheme(uri, "data:")) {
    if (const std::string fault = DataUriFault(uri); !fault.empty()) Add(field, fault);
    return;
  }
  const long size = Base64DataSize(uri);
  if (size <= 0) {
    Add(field, "must be an https:// URL, a data URI or Base64");
  } else if (size > kMaxDataBytes) {
    Add(field, absl::StrCat("has ", size, " bytes; at most 3 MiB are allowed, use UploadAsset"));
  }
}

void RequestRules::Labels(std::string_view field, const std::map<std::string, std::string>& labels, size_t most) {
  if (labels.size() > most) Add(field, absl::StrCat("must have at most ", most, " labels, has ", labels.size()));
  for (const auto& [key, value] : labels) {
    const std::string path = absl::StrCat(std::string(field), "[", key.substr(0, kMaxLabelKeyBytes), "]");
    if (!IsLabelKey(key)) {
      Add(path, "must have a key of 1 to 63 characters a-z, 0-9, _ or -, starting with a letter");
    }
    if (value.size() > kMaxLabelValueBytes) {
      Add(path, absl::StrCat("must have at most ", kMaxLabelValueBytes, " bytes, has ", value.size()));
    }
  }
}

absl::Time RequestRules::Time(std::string_view field, const google::protobuf::Timestamp& time) {
  constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z, as timestamp.proto says.
  constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z.
  const bool valid = time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
                     time.nanos() < 1'000'000'000;
  if (valid) return base::FromProto(time);
  Add(field, "must be a time of the years 1 to 9999, with 0 to 999,999,999 nanoseconds");
  return absl::UnixEpoch();
}

int RequestRules::PageSize(int32_t page_size) {
  if (page_size < 0) Add("page_size", absl::StrCat("must be 0 to ", kMaxPageSize, ", is ", page_size));
  return page_size <= 0 ? kDefaultPageSize : std::min<int>(page_size, kMaxPageSize);
}

model::PageCursor RequestRules::PageToken(const std::string& token, const std::string& filter) {
  absl::StatusOr<model::PageCursor> cursor = model::DecodePageToken(token, filter);
  if (cursor.ok()) return *std::move(cursor);
  for (base::FieldViolation& violation : base::GetErrorDetail(cursor.status()).violations) {
    violations_.push_back(std::move(violation));
  }
  return {};
}

void RequestRules::ResumeToken(const std::string& token) {
  if (token.size() > kMaxResumeTokenBytes) {
    Add("resume_token", absl::StrCat("must have at most ", kMaxResumeTokenBytes, " bytes, has ", token.size()));
  } else if (!std::all_of(token.begin(), token.end(), IsWebSafeBase64)) {
    Add("resume_token", "must be a resume_token of this method");
  }
}

std::set<std::string> RequestRules::UpdateMask(const google::protobuf::FieldMask& mask,
                                               const std::set<std::string>& known) {
  std::set<std::string> paths;
  for (int i = 0; i < mask.paths_size(); ++i) {
    if (known.count(mask.paths(i)) == 0) {
      Add(absl::StrCat("update_mask.paths[", i, "]"), absl::StrCat("must be one of ", absl::StrJoin(known, ", ")));
    }
    paths.insert(mask.paths(i));
  }
  return paths;
}

model::UpstreamHandle RequestRules::GroupName(std::string_view field, const std::string& name) {
  auto handle = model::ParseAssetGroupName(name);
  if (!handle.has_value()) Add(field, NotAName(name, "assetGroups/{upstream}~{id}"));
  return handle.value_or(model::UpstreamHandle{});
}

model::UpstreamHandle RequestRules::AssetName(std::string_view field, const std::string& name) {
  auto handle = model::ParseAssetName(name);
  if (!handle.has_value()) Add(field, NotAName(name, "assets/{upstream}~{id}"));
  return handle.value_or(model::UpstreamHandle{});
}

std::string RequestRules::TaskId(std::string_view field, const std::string& name) {
  std::optional<std::string> id = model::ParseGenerationTaskName(name);
  if (!id.has_value()) Add(field, NotAName(name, "generationTasks/{UUID}"));
  return id.value_or("");
}

void RequestRules::Enum(std::string_view field, bool valid, int value) {
  if (!valid) Add(field, absl::StrCat("has the value ", value, ", which is unknown to this server"));
}

absl::Status RequestRules::ToStatus() const {
  return violations_.empty() ? absl::OkStatus() : base::InvalidInput(violations_);
}

std::string FilterOf(const google::protobuf::MessageLite& request) {
  std::string text;
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    (void)request.SerializeToCodedStream(&coded);
  }
  return text;
}

}  // namespace seedance::rpc
