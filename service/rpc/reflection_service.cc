#include "service/rpc/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "service/rpc/calls/answer.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {
namespace {

namespace reflection = grpc::reflection::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

void FillError(grpc::StatusCode code, const std::string& text, reflection::ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(text);
}

void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
             reflection::FileDescriptorResponse& response) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, response);
}

// Adds the file and its transitive imports.
void FillFile(const FileDescriptor* file, const std::string& what, reflection::ServerReflectionResponse& response) {
  if (file == nullptr) return FillError(grpc::StatusCode::NOT_FOUND, what + " is not known", response);
  std::set<const FileDescriptor*> seen;
  AddFile(*file, seen, *response.mutable_file_descriptor_response());
}

const FileDescriptor* FileOfExtension(const reflection::ExtensionRequest& request) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* type = pool.FindMessageTypeByName(request.containing_type());
  if (type == nullptr) return nullptr;
  const auto* extension = pool.FindExtensionByNumber(type, request.extension_number());
  return extension == nullptr ? nullptr : extension->file();
}

void FillExtensions(const std::string& name, reflection::ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* type = pool.FindMessageTypeByName(name);
  if (type == nullptr) return FillError(grpc::StatusCode::NOT_FOUND, name + " is not known", response);
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  pool.FindAllExtensions(type, &extensions);
  auto& numbers = *response.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(name);
  for (const auto* extension : extensions) numbers.add_extension_number(extension->number());
}

reflection::ServerReflectionResponse Answer(const Methods& methods,
                                            const reflection::ServerReflectionRequest& request) {
  using Request = reflection::ServerReflectionRequest;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  reflection::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      FillFile(pool.FindFileByName(request.file_by_filename()), "the file", response);
      break;
    case Request::kFileContainingSymbol:
      FillFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), "the symbol", response);
      break;
    case Request::kFileContainingExtension:
      FillFile(FileOfExtension(request.file_containing_extension()), "the extension", response);
      break;
    case Request::kAllExtensionNumbersOfType:
      FillExtensions(request.all_extension_numbers_of_type(), response);
      break;
    case Request::kListServices:
      for (const std::string& name : methods.services()) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      FillError(grpc::StatusCode::INVALID_ARGUMENT, "message_request is required", response);
      break;
  }
  return response;
}

// One stream: a request is read when the answer to the last one has left.
class ReflectionStream final : public Reactor {
 public:
  // `first` is invalid when the caller sent no message.
  ReflectionStream(const Methods& methods, RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer first)
      : methods_(methods), stream_(stream), call_(std::move(call)), bytes_(std::move(first)) {}

  void OnRequest(const grpc::ByteBuffer& bytes) {
    reflection::ServerReflectionRequest request;
    if (!ParseRequest(bytes, request)) return End(NotARequest());
    // The response echoes the request, so its size is bounded.
    if (request.ByteSizeLong() > kMaxRequestBytes) return End(NotARequest());
    const grpc::Slice slice = Serialize(Answer(methods_, request));
    base::MutexLock lock(mutex_);
    if (ending_.has_value()) return;
    writing_ = true;
    RpcContext& rpc_context = call_->rpc_context();
    rpc_context.limits().Charge(stream_.ticket(), slice.size());
    charged_ = slice.size();
    stream_.ExpectDelivery(rpc_context.deadlines(), rpc_context.options().answer_timeout);
    stream_.StartWrite(grpc::ByteBuffer(&slice, 1));
  }

  void OnReadDone(bool ok) override {
    if (ok) return OnRequest(bytes_);
    End(stream_.cancelled() ? call_->Gone() : absl::OkStatus());
  }

  void OnWriteDone(bool ok) override {
    {
      base::MutexLock lock(mutex_);
      writing_ = false;
      stream_.Delivered();
      call_->rpc_context().limits().Discharge(stream_.ticket(), charged_);
      if (ok && !ending_.has_value()) return stream_.StartRead(&bytes_);
    }
    End(EndOfCancelled(stream_, *call_));
  }

  void OnCancel() override { End(EndOfCancelled(stream_, *call_)); }

  void OnThrown(RpcStream& stream) override {
    base::MutexLock lock(mutex_);
    if (!std::exchange(finished_, true)) SendThrown(stream, *call_);
  }

 private:
  static constexpr size_t kMaxRequestBytes = 4096;

  // Ends with the first given status, after the write in flight.
  void End(const absl::Status& status) {
    base::MutexLock lock(mutex_);
    if (!ending_.has_value()) ending_ = status;
    if (!writing_ && !std::exchange(finished_, true)) SendStatus(stream_, *call_, *ending_);
  }

  const Methods& methods_;
  RpcStream& stream_;
  const std::unique_ptr<Call> call_;
  grpc::ByteBuffer bytes_;
  size_t charged_ = 0;  // For the write in flight.
  base::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void AddReflection(Methods& methods) {
  Method method;
  method.traits = {"ServerReflectionInfo", /*open=*/false, /*auxiliary=*/true};
  method.kind = RpcKind::kReflection;
  method.one_request = false;
  method.start = [&methods](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer& bytes) {
    const auto reactor = std::make_shared<ReflectionStream>(methods, stream, std::move(call), bytes);
    stream.SetReactor(reactor);
    reactor->OnReadDone(bytes.Valid());
  };
  // Both versions have the same wire format.
  for (const auto* request : {reflection::ServerReflectionRequest::descriptor(),
                              grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()}) {
    methods.Add(request->file()->service(0)->full_name(), method);
  }
}

}  // namespace seedance::rpc
