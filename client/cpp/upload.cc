#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/request_id.h"

namespace seedance::client {
namespace {

using gateway::v1::Asset;
using gateway::v1::UploadAssetRequest;
using Writer = grpc::ClientWriter<UploadAssetRequest>;

// Sends the whole file; stops early when the server has ended the call (its status says why). An error only where the
// file cannot be read.
absl::Status SendFile(std::ifstream& file, int64_t total_bytes, const UploadOptions& options, Writer& writer) {
  UploadAssetRequest message;
  std::string& chunk = *message.mutable_chunk();
  int64_t sent = 0;
  while (true) {
    chunk.resize(static_cast<size_t>(options.chunk_bytes));
    file.read(chunk.data(), options.chunk_bytes);
    if (file.bad()) return absl::InternalError("reading the file failed");
    chunk.resize(static_cast<size_t>(file.gcount()));
    if (chunk.empty() || !writer.Write(message)) return absl::OkStatus();
    sent += file.gcount();
    if (options.on_progress) options.on_progress(sent, total_bytes);
  }
}

absl::StatusOr<int64_t> FileSize(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return absl::InvalidArgumentError("cannot read " + path + ": no such file");
  if (!S_ISREG(facts.st_mode)) return absl::InvalidArgumentError(path + " is not a regular file");
  return static_cast<int64_t>(facts.st_size);
}

}  // namespace

absl::StatusOr<Asset> Client::UploadFile(const std::string& path, UploadAssetRequest::Metadata metadata,
                                         const UploadOptions& options) {
  const absl::StatusOr<int64_t> size = FileSize(path);
  if (!size.ok()) return size.status();
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError("cannot open " + path);
  metadata.set_size_bytes(*size);
  if (metadata.file_name().empty()) metadata.set_file_name(std::filesystem::path(path).filename().string());
  if (metadata.request_id().empty()) metadata.set_request_id(NewRequestId());
  UploadAssetRequest first;
  *first.mutable_metadata() = std::move(metadata);

  const absl::Time deadline = Deadline(options, options_.upload_timeout);
  Attempts attempts(options_, options.canceller, deadline);
  while (true) {
    file.clear();
    file.seekg(0);
    if (options.on_progress) options.on_progress(0, *size);
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(options.canceller, &context);
    Asset asset;
    const std::unique_ptr<Writer> writer = assets_->UploadAsset(&context, &asset);
    absl::Status sent;
    if (writer->Write(first)) sent = SendFile(file, *size, options, *writer);
    // A stream that is cut creates nothing; one that ends short might.
    if (!sent.ok()) context.TryCancel();
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    if (!sent.ok()) return sent;
    if (status.ok()) return asset;
    if (const auto end = attempts.AfterCall(status); end.has_value()) return *end;
  }
}

}  // namespace seedance::client
