#include "service/server/admin_server.h"

#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/thread_pool.h"
#include "service/server/acceptor.h"
#include "service/server/admin_connection.h"
#include "service/server/admin_loop.h"

namespace seedance::server {
namespace {

// Each blocking hook has its own threads, so that a hanging one does not affect the others.
constexpr size_t kProbeQueue = 64;
constexpr size_t kHookThreads = 4;
constexpr size_t kHookQueue = 256;
constexpr char kRetrySeconds[] = "5";

AdminAnswer Busy() { return AdminAnswer{.status = 503, .headers = {{"Retry-After", kRetrySeconds}}, .body = "busy\n"}; }

// One of the places for sending files; returned by the destructor.
class TransferSlot {
 public:
  TransferSlot(std::atomic<size_t>& used, size_t most) : used_(used), taken_(used.fetch_add(1) < most) {}
  ~TransferSlot() { used_.fetch_sub(1); }
  TransferSlot(const TransferSlot&) = delete;
  TransferSlot& operator=(const TransferSlot&) = delete;

  bool taken() const { return taken_; }

 private:
  std::atomic<size_t>& used_;
  const bool taken_;
};

void LogRequest(const AdminRequest& request, const AdminAnswer& answer) {
  const std::string_view route = AdminAnswers::RouteOf(request.path);
  // Health probes, and requests of strangers.
  const bool routine = request.path == route || answer.status == 404;
  const bool refused = answer.status >= 400;
  base::Log(routine ? base::LogLevel::kDebug : base::LogLevel::kInfo, "admin_request",
            {{"method", request.method}, {"route", route}, {"status", answer.status}},
            {refused ? "admin_request_refused" : "", refused ? base::LogCause::kAnyone : base::LogCause::kOwn});
}

// The body of a request for which AdminAnswers needs it.
AdminBody BodyOf(const AdminRequest& request) {
  size_t length = 0;
  if (!request.transfer_encoding.empty() || !absl::SimpleAtoi(request.content_length, &length)) {
    return AdminBody::Chunked(kMaxWebhookBytes);
  }
  return AdminBody::OfLength(length);
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(std::unique_ptr<Acceptor> acceptor, const Limits& limits) : limits_(limits), acceptor_(std::move(acceptor)) {}
  ~Impl() { Stop(); }

  const std::string& address() const { return acceptor_->address(); }

  void Start(AdminHooks hooks) {
    const bool bodies_or_files = hooks.webhook != nullptr || hooks.staged_file != nullptr;
    const bool replicas = hooks.replicas != nullptr;
    const bool files = hooks.staged_file != nullptr;
    answers_.emplace(std::move(hooks));
    ready_.emplace("admin-ready", 1, kProbeQueue);
    metrics_.emplace("admin-metrics", 1, kProbeQueue);
    if (bodies_or_files) hooks_.emplace("admin-hooks", kHookThreads, kHookQueue);
    // Apart: vendors wait for those above, which need no database.
    if (replicas) replicas_.emplace("admin-replicas", 1, kProbeQueue);
    const auto on_received = [this](Connection connection) { OnReceived(std::move(connection)); };
    loop_.emplace("admin", limits_.loop, on_received);
    // A loop of its own, because reading a file may block. It receives nothing.
    if (files) files_.emplace("admin-files", limits_.loop, on_received);
    acceptor_->Start([this](int fd) { loop_->Add(std::make_unique<AdminConnection>(fd, base::RealClock().Now())); });
  }

  void Stop() {
    acceptor_->Stop();
    if (loop_.has_value()) loop_->Stop();
    if (files_.has_value()) files_->Stop();
    for (std::optional<base::ThreadPool>* pool : {&ready_, &metrics_, &hooks_, &replicas_}) {
      if (pool->has_value()) (*pool)->Stop();
    }
  }

 private:
  using Connection = std::unique_ptr<AdminConnection>;

  void OnReceived(Connection connection) {
    if (connection->phase() == AdminConnection::Phase::kBody) return OnBody(std::move(connection));
    if (connection->outcome() == AdminConnection::Outcome::kTooLarge) {
      return Give(std::move(connection), {}, AdminAnswer{.status = 431});
    }
    std::optional<AdminRequest> request = connection->Head();
    if (!request.has_value()) return Give(std::move(connection), {}, AdminAnswer{.status = 400});
    switch (AdminAnswers::HookOf(request->path)) {
      case AdminAnswers::Hook::kNone:
        return OnHead(std::move(connection), *std::move(request));
      case AdminAnswers::Hook::kReady:
        return AnswerOn(ready_, std::move(connection), *std::move(request));
      case AdminAnswers::Hook::kMetrics:
        return AnswerOn(metrics_, std::move(connection), *std::move(request));
      case AdminAnswers::Hook::kReplicas:
        return AnswerOn(replicas_, std::move(connection), *std::move(request));
      case AdminAnswers::Hook::kFile:
        return AnswerOn(hooks_, std::move(connection), *std::move(request));
    }
  }

  // Answers at once, or waits for the body.
  void OnHead(Connection connection, AdminRequest request) {
    if (std::optional<AdminAnswer> answer = answers_->Answer(request); answer.has_value()) {
      return Give(std::move(connection), request, *std::move(answer));
    }
    AdminBody body = BodyOf(request);
    if (connection->ExpectBody(std::move(request), std::move(body)) == AdminConnection::Step::kReceived) {
      return OnBody(std::move(connection));
    }
    loop_->Add(std::move(connection));
  }

  void OnBody(Connection connection) {
    const AdminRequest request = connection->request();
    switch (connection->outcome()) {
      case AdminConnection::Outcome::kBad:
        return Give(std::move(connection), request, AdminAnswer{.status = 400});
      case AdminConnection::Outcome::kTooLarge:
        return Give(std::move(connection), request, AdminAnswers::TooLarge());
      case AdminConnection::Outcome::kWhole:
        break;
    }
    Run(hooks_, std::move(connection), request,
        [this, request](AdminConnection& received) { return answers_->AnswerBody(request, received.body()); });
  }

  void AnswerOn(std::optional<base::ThreadPool>& pool, Connection connection, const AdminRequest& request) {
    Run(pool, std::move(connection), request, [this, request](AdminConnection&) {
      // Only webhooks have a body.
      return answers_->Answer(request).value_or(AdminAnswer{.status = 500});
    });
  }

  // Sends the result of `answer`, computed on a thread of the pool; 503 when the pool is full.
  template <typename Answer>
  void Run(std::optional<base::ThreadPool>& pool, Connection connection, const AdminRequest& request, Answer answer) {
    if (!pool.has_value()) return Give(std::move(connection), request, answer(*connection));
    // A pool destroys refused work with its captures: the connection is kept outside.
    auto shared = std::make_shared<Connection>(std::move(connection));
    const bool taken = pool->Submit([this, shared, request, answer = std::move(answer)] {
      AdminAnswer given = answer(**shared);
      Give(std::move(*shared), request, std::move(given));
    });
    if (!taken) Give(std::move(*shared), request, Busy());
  }

  void Give(Connection connection, const AdminRequest& request, AdminAnswer answer) {
    std::shared_ptr<TransferSlot> slot;
    if (answer.file != nullptr) {
      slot = std::make_shared<TransferSlot>(transfers_, limits_.max_transfers);
      if (!slot->taken()) {
        slot = nullptr;
        answer = Busy();
      }
    }
    LogRequest(request, answer);
    AdminLoop& loop = answer.file != nullptr ? *files_ : *loop_;
    connection->Answer(std::move(answer), request.method == "HEAD", std::move(slot));
    loop.Add(std::move(connection));
  }

  const Limits limits_;
  const std::unique_ptr<Acceptor> acceptor_;
  std::optional<AdminAnswers> answers_;
  std::atomic<size_t> transfers_ = 0;
  // Connections hold places among the transfers.
  std::optional<AdminLoop> loop_;
  std::optional<AdminLoop> files_;
  std::optional<base::ThreadPool> ready_;
  std::optional<base::ThreadPool> metrics_;
  std::optional<base::ThreadPool> replicas_;
  std::optional<base::ThreadPool> hooks_;
};

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Listen(const std::string& address, const Limits& limits) {
  Acceptor::Options options;
  options.address = address;
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor = Acceptor::Listen(options);
  if (!acceptor.ok()) return acceptor.status();
  return std::unique_ptr<AdminServer>(new AdminServer(std::make_unique<Impl>(*std::move(acceptor), limits)));
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() = default;

const std::string& AdminServer::address() const { return impl_->address(); }

void AdminServer::Start(AdminHooks hooks) { impl_->Start(std::move(hooks)); }

void AdminServer::Stop() { impl_->Stop(); }

}  // namespace seedance::server
