#ifndef SEEDANCE_TESTS_TESTING_POSTGRES_GATE_H_
#define SEEDANCE_TESTS_TESTING_POSTGRES_GATE_H_

#include <atomic>
#include <list>
#include <string>
#include <thread>

#include "tests/testing/temp_dir.h"

namespace seedance::testing {

// A proxy on a Unix socket between a client and a PostgresProcess that loses connections at the worst moment. For
// clients of user root or of this process. Commands are thread-safe.
class PostgresGate {
 public:
  // What becomes of the next COMMIT.
  enum class NextCommit {
    kPass,
    kNeverSent,   // Both sides are closed before the server has it.
    kHeld,        // The client's side is closed; the server waits for the COMMIT in an open session.
    kUnanswered,  // Both sides are closed when the server has answered; the client does not get the answer.
  };

  // Leads to the server whose socket is in `folder`. Aborts when it cannot listen.
  explicit PostgresGate(const std::string& folder);
  ~PostgresGate();
  PostgresGate(const PostgresGate&) = delete;
  PostgresGate& operator=(const PostgresGate&) = delete;

  // Of the gate's own socket.
  const std::string& folder() const { return folder_.path(); }

  void SetNextCommit(NextCommit next) { next_ = next; }
  // Closes new connections at once, from when a commit was lost or from now on.
  void CloseToAll() { closed_ = true; }
  void CloseToAllAfterCommit() { closes_ = true; }
  void Open() { closed_ = closes_ = false; }

 private:
  struct Link {
    int client;
    int server;
    bool ends_with_answer = false;
  };

  void Loop();
  void Accept();
  // False: the link has ended.
  bool FromClient(Link& link);
  bool FromServer(Link& link);
  void End(Link& link);

  const std::string server_folder_;
  TempDir folder_;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> closes_ = false;
  std::atomic<NextCommit> next_ = NextCommit::kPass;
  std::list<Link> links_;  // Of the gate's thread.
  std::thread thread_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_POSTGRES_GATE_H_
