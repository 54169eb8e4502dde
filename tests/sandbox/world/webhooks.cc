#include "tests/sandbox/world/webhooks.h"

#include <utility>

#include "service/base/clock.h"
#include "tests/sandbox/piapi/view.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {
namespace {

constexpr int kMaxAttempts = 3;
constexpr size_t kMaxDeliveries = 10'000;
constexpr absl::Duration kRetryPause = absl::Seconds(10);

}  // namespace

Webhooks::Webhooks(const Options& options, VirtualClock& clock, const Links& links, uint64_t seed)
    : options_(options),
      clock_(clock),
      links_(links),
      seed_(seed),
      settings_(options.webhook),
      random_(seed),
      thread_([this] { Run(); }) {}

void Webhooks::Schedule(const Task& task) {
  if (task.piapi == nullptr || task.piapi->request.webhook_endpoint.empty()) return;
  const auto kept = std::make_shared<const Task>(task);
  const TaskPlan& plan = task.plan;
  const char* end = StageAt(plan, plan.ended) == Stage::kFailed ? "failed" : "completed";
  base::MutexLock lock(mutex_);
  const auto plan_event = [&](const char* name, absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (time == absl::InfiniteFuture() || ForgottenAt(plan, time)) return;
    queue_.emplace(time, Event{kept, name, time});
  };
  if (settings_.events == WebhookEvents::kAll) {
    plan_event("created", plan.submitted);
    plan_event("staged", plan.queued);
    plan_event("processing", plan.started);
  }
  plan_event(end, plan.ended);
  changed_.NotifyAll();
}

void Webhooks::Wake() {
  base::MutexLock lock(mutex_);
  changed_.NotifyAll();
}

WebhookOptions Webhooks::settings() {
  base::MutexLock lock(mutex_);
  return settings_;
}

void Webhooks::SetFaults(double loss, double duplicates, absl::Duration delay) {
  base::MutexLock lock(mutex_);
  settings_.loss = loss;
  settings_.duplicates = duplicates;
  settings_.delay = delay;
}

std::vector<WebhookDelivery> Webhooks::Deliveries() {
  base::MutexLock lock(mutex_);
  return {deliveries_.begin(), deliveries_.end()};
}

void Webhooks::Reset() {
  base::MutexLock lock(mutex_);
  ++resets_;
  settings_ = options_.webhook;
  random_.seed(seed_);
  queue_.clear();
  last_seq_ = 0;
  deliveries_.clear();
}

void Webhooks::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  web_.Stop();
  if (thread_.joinable()) thread_.join();
}

void Webhooks::Run() {
  while (std::optional<Event> event = Next()) Deliver(*std::move(event));
}

// Waits for the next event to send; nothing after Stop.
std::optional<Webhooks::Event> Webhooks::Next() {
  base::MutexLock lock(mutex_);
  while (!stopped_) {
    if (queue_.empty() || queue_.begin()->first > clock_.Now()) {
      WaitLocked();
      continue;
    }
    Event event = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    if (event.drawn) return event;
    if (std::optional<Event> drawn = DrawLocked(std::move(event))) return drawn;
  }
  return std::nullopt;
}

void Webhooks::WaitLocked() {
  if (queue_.empty() || options_.speed <= 0) return changed_.Wait(mutex_);
  const absl::Duration real = (queue_.begin()->first - clock_.Now()) / options_.speed;
  base::RealClock().WaitUntil(changed_, mutex_, base::RealClock().Now() + real);
}

std::optional<Webhooks::Event> Webhooks::DrawLocked(Event event) {
  event.drawn = true;
  if (ChanceLocked(settings_.loss)) {
    NoteLocked(event, "lost", 0);
    return std::nullopt;
  }
  const absl::Time due = event.time + settings_.delay;
  // Before events of the same moment that were planned later.
  const auto queue = [&](const Event& queued) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    queue_.emplace_hint(queue_.lower_bound(due), due, queued);
  };
  if (ChanceLocked(settings_.duplicates)) {
    Event duplicate = event;
    duplicate.duplicate = true;
    queue(duplicate);
  }
  if (due <= clock_.Now()) return event;
  queue(event);
  return std::nullopt;
}

bool Webhooks::ChanceLocked(double probability) {
  const double draw = static_cast<double>(random_() >> 11) * 0x1.0p-53;
  return draw < probability;
}

void Webhooks::Deliver(Event event) {
  int64_t resets = 0;
  {
    base::MutexLock lock(mutex_);
    resets = resets_;
  }
  const PiApiRequest& request = event.task->piapi->request;
  const Json body = {{"timestamp", absl::ToUnixSeconds(event.time)},
                     {"data", PiApiTaskJson(*event.task, event.time, event.task->piapi->host, options_, links_)}};
  WebClient::Headers headers;
  if (!request.webhook_secret.empty()) headers.emplace_back("x-webhook-secret", request.webhook_secret);
  const int status = web_.Post(request.webhook_endpoint, headers, Dump(body));
  const bool delivered = status >= 200 && status <= 299;

  base::MutexLock lock(mutex_);
  if (resets != resets_) return;
  NoteLocked(event, delivered ? "delivered" : "failed", status);
  if (delivered || event.attempt == kMaxAttempts) return;
  ++event.attempt;
  queue_.emplace(clock_.Now() + kRetryPause, std::move(event));
}

void Webhooks::NoteLocked(const Event& event, const std::string& outcome, int status) {
  deliveries_.push_back(
      {++last_seq_, event.task->id, event.name, outcome, status, event.attempt, event.duplicate, clock_.Now()});
  if (deliveries_.size() > kMaxDeliveries) deliveries_.pop_front();
}

}  // namespace seedance::sandbox
