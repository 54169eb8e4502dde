#include "client/cpp/ctl/live_line.h"

#include <chrono>
#include <utility>

namespace seedance::client::ctl {

LiveLine::LiveLine(Session& session, Render render)
    : session_(session), render_(std::move(render)), live_(session.live()) {
  if (!live_) return;
  // Now, for on a busy machine the command may end before the thread runs.
  DrawLocked();
  ticker_ = std::thread([this] { Run(); });
}

LiveLine::~LiveLine() {
  if (!live_) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }
  ticker_.join();
  EraseLocked();
}

void LiveLine::Update(const std::function<void()>& change) {
  std::lock_guard lock(mutex_);
  change();
}

void LiveLine::Print(const std::string& text) {
  std::lock_guard lock(mutex_);
  EraseLocked();
  session_.Note(text);
}

void LiveLine::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stopping_; })) DrawLocked();
}

void LiveLine::DrawLocked() {
  // One column stays free: some terminals wrap when the last one is written.
  const std::string line = render_(session_.Now(), frame_++, session_.console.width() - 1);
  session_.console.err << "\r" << line << "\x1b[K" << std::flush;
  drawn_ = true;
}

void LiveLine::EraseLocked() {
  if (!drawn_) return;
  session_.console.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace seedance::client::ctl
