#include "service/store/postgres/change_listener.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/thread.h"

namespace seedance::store::postgres {
namespace {

// A change whose notification was lost is seen so much later.
constexpr absl::Duration kLook = absl::Seconds(1);
// A stop is seen, and a lost session made again, so much later.
constexpr absl::Duration kWait = absl::Milliseconds(250);

std::string Channel(Connection& connection, const std::string& schema) {
  return connection.Quoted(absl::StrCat("seedance_store ", schema));
}

}  // namespace

std::string ChangeListener::Notification(Connection& connection, const std::string& schema) {
  return absl::StrCat("NOTIFY ", Channel(connection, schema));
}

ChangeListener::ChangeListener(Connector& connector, std::function<int64_t()> own_process,
                               absl::AnyInvocable<void()> on_change)
    : connector_(connector),
      own_process_(std::move(own_process)),
      on_change_(std::move(on_change)),
      thread_(base::StartThread("store-listener", [this] { Listen(); })) {}

void ChangeListener::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool ChangeListener::stopped() {
  base::MutexLock lock(mutex_);
  return stopped_;
}

void ChangeListener::Pause() {
  base::Clock& clock = base::RealClock();
  const absl::Time end = clock.Now() + kWait;
  base::MutexLock lock(mutex_);
  while (!stopped_ && clock.Now() < end) clock.WaitUntil(stop_, mutex_, end);
}

std::unique_ptr<Connection> ChangeListener::Connect() {
  absl::StatusOr<std::unique_ptr<Connection>> made = connector_.Connect();
  if (!made.ok()) return nullptr;
  try {
    (*made)->Execute(absl::StrCat("LISTEN ", Channel(**made, connector_.options().schema)));
  } catch (const PostgresError& error) {
    StatusOf(error).IgnoreError();
    return nullptr;
  }
  return *std::move(made);
}

void ChangeListener::Listen() {
  base::Clock& clock = base::RealClock();  // A socket waits in real time.
  std::unique_ptr<Connection> connection;
  absl::Time next_look = absl::InfinitePast();
  while (!stopped()) {
    const absl::Time wake = std::min(std::max(next_look, clock.Now()), clock.Now() + kWait);
    bool changed = false;
    if (connection == nullptr || !connection->usable()) {
      connection = Connect();
      changed = connection != nullptr;  // What was told before is lost.
      if (connection == nullptr) Pause();
    } else {
      try {
        const std::vector<int64_t> from = connection->AwaitNotifications(wake);
        const int64_t own = own_process_();
        changed = std::any_of(from.begin(), from.end(), [own](int64_t process) { return process != own; });
      } catch (const PostgresError& error) {
        StatusOf(error).IgnoreError();
      }
    }
    if (!changed && clock.Now() < next_look) continue;
    next_look = clock.Now() + kLook;
    on_change_();
  }
}

}  // namespace seedance::store::postgres
