#ifndef SEEDANCE_CLIENT_CPP_CTL_LIVE_LINE_H_
#define SEEDANCE_CLIENT_CPP_CTL_LIVE_LINE_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "client/cpp/ctl/session.h"

namespace seedance::client::ctl {

// One line on stderr that is redrawn ten times a second while a command waits; it vanishes at the end. Where stderr
// is no terminal nothing is drawn, and only Print shows. Print and Update are thread-safe.
class LiveLine {
 public:
  // Gives the line; called with the lock held, by a thread of this object.
  using Render = std::function<std::string(absl::Time now, int frame, int width)>;

  LiveLine(Session& session, Render render);
  // Erases the line.
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Changes the state that `render` reads.
  void Update(const std::function<void()>& change);
  // Writes a whole line above the live one.
  void Print(const std::string& text);
  bool live() const { return live_; }

 private:
  void Run();
  void DrawLocked();
  void EraseLocked();

  Session& session_;
  const Render render_;
  const bool live_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // Guarded by mutex_, like all below.
  bool drawn_ = false;
  int frame_ = 0;
  std::thread ticker_;  // Last, so that it starts when the rest is ready.
};

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_LIVE_LINE_H_
