#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_CHANGE_LISTENER_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_CHANGE_LISTENER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "service/base/mutex.h"
#include "service/store/postgres/connector.h"

namespace seedance::store::postgres {

// Hears of the commits of other replicas, on a session of its own (LISTEN). A notification may be lost with a
// connection, so it also speaks up once in a while: who hears it looks at the revisions.
//
// Tests: tests/unit/store/postgres/replica_test.cc
class ChangeListener {
 public:
  // SQL that tells those who listen of a commit, as part of it.
  static std::string Notification(Connection& connection, const std::string& schema);

  // `own_process`: the server's process of this replica's writes, of which it needs not be told. `on_change` runs on
  // the listener's thread. `connector` must outlive it. Throws ThreadStartError.
  ChangeListener(Connector& connector, std::function<int64_t()> own_process, absl::AnyInvocable<void()> on_change);
  ~ChangeListener() { Stop(); }

  // `on_change` neither runs nor will. May be called twice.
  void Stop();

 private:
  void Listen();
  bool stopped();
  // While there is no session.
  void Pause();
  // The session, listening; null: not now.
  std::unique_ptr<Connection> Connect();

  Connector& connector_;
  const std::function<int64_t()> own_process_;
  absl::AnyInvocable<void()> on_change_;
  base::Mutex mutex_;
  base::CondVar stop_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_CHANGE_LISTENER_H_
