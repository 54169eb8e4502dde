#include "tests/sandbox/wire/http_call.h"

#include <httplib.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "service/base/sha256.h"

namespace seedance::sandbox {
namespace {

constexpr size_t kMaxBody = 96 << 20;
constexpr size_t kMaxField = 1 << 20;
constexpr size_t kMaxHead = 64;

// Takes the parts of a multipart body one after the other.
class PartReader {
 public:
  explicit PartReader(ApiCall& call) : call_(call) {}

  template <typename Part>  // cpp-httplib 0.23 renamed its type.
  bool Begin(const Part& part) {
    field_ = nullptr;
    if (part.name != "file") {
      field_ = &call_.fields[part.name];
      return true;
    }
    if (call_.file.has_value()) return false;
    call_.file = UploadedFile{part.filename, part.content_type, 0, "", ""};
    return true;
  }

  bool Take(std::string_view bytes) {
    if (field_ != nullptr) {
      field_->append(bytes);
      return field_->size() <= kMaxField;
    }
    UploadedFile& file = *call_.file;
    if (file.head.size() < kMaxHead) file.head.append(bytes.substr(0, kMaxHead - file.head.size()));
    file.size += static_cast<int64_t>(bytes.size());
    hash_.Update(bytes);
    return true;
  }

  void Finish() {
    if (!call_.file.has_value()) return;
    call_.file->sha256 = hash_.Hex();
    call_.size = call_.file->size;
    call_.sha256 = call_.file->sha256;
  }

 private:
  ApiCall& call_;
  base::Sha256 hash_;
  std::string* field_ = nullptr;
};

bool ReadParts(const httplib::ContentReader& reader, ApiCall& call) {
  PartReader parts(call);
  const bool whole = reader([&](const auto& part) { return parts.Begin(part); },
                            [&](const char* data, size_t size) { return parts.Take(std::string_view(data, size)); });
  if (whole) parts.Finish();
  return whole;
}

bool ReadBody(const httplib::Request& request, const httplib::ContentReader& reader, ApiCall& call) {
  uint64_t length = 0;
  if (absl::SimpleAtoi(request.get_header_value("Content-Length"), &length)) {
    call.body.reserve(std::min<uint64_t>(length, kMaxBody));
  }
  const bool whole = reader([&](const char* data, size_t size) {
    call.body.append(data, size);
    return call.body.size() <= kMaxBody;
  });
  if (!whole) return false;
  call.size = static_cast<int64_t>(call.body.size());
  if (!call.body.empty()) call.sha256 = base::Sha256Hex(call.body);
  return true;
}

}  // namespace

std::string ApiCall::Query(const std::string& name) const {
  auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

int64_t ApiCall::QueryNumber(const std::string& name, int64_t otherwise) const {
  int64_t number = 0;
  return absl::SimpleAtoi(Query(name), &number) && number > 0 ? number : otherwise;
}

ApiReply JsonReply(int status, const Json& body) { return {status, Dump(body), "application/json", {}}; }

std::optional<ApiCall> ReadCall(const httplib::Request& request, const httplib::ContentReader* reader) {
  ApiCall call;
  call.method = request.method;
  call.path = request.path;
  call.query.insert(request.params.begin(), request.params.end());
  call.host = request.get_header_value("Host");
  call.authorization = request.get_header_value("Authorization");
  call.api_key = request.get_header_value("X-API-Key");
  call.user_agent = request.get_header_value("User-Agent");
  call.range = request.get_header_value("Range");
  call.multipart = request.is_multipart_form_data();
  if (reader == nullptr) return call;
  const bool whole = call.multipart ? ReadParts(*reader, call) : ReadBody(request, *reader, call);
  return whole ? std::optional<ApiCall>(std::move(call)) : std::nullopt;
}

}  // namespace seedance::sandbox
