#include "service/engine/notice_board.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/base/log.h"

namespace seedance::engine {
namespace {

using Cooldown = VendorNews::Cooldown;

// Keys begin with these.
constexpr char kCooldown[] = "cooldown/";  // And `<kind>/<upstream>/<process>`.
constexpr char kDown[] = "down/";          // And the upstream.
constexpr char kNews[] = "news/";          // And `<upstream>/<the vendor's id>`.
constexpr char kGone[] = "gone/";          // And the name of the asset.
constexpr char kWatched[] = "watched/";    // And `<process>/<part>`.

// How long others can make use of a notice.
constexpr absl::Duration kShort = absl::Minutes(1);
constexpr absl::Duration kOfOutage = absl::Minutes(5);
// Who watches is told again so often.
constexpr absl::Duration kWatchersAgain = absl::Seconds(20);
// Ids of watched tasks that are named.
constexpr size_t kMostNamed = 20'000;
// Of one transaction.
constexpr size_t kMostAtOnce = 500;

// What is heard is not told on.
thread_local bool hearing = false;

using Facts = std::map<std::string, std::string>;

Facts FactsOf(const std::string& text) {
  Facts facts;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    facts.insert(std::pair<std::string, std::string>(absl::StrSplit(word, absl::MaxSplits('=', 1))));
  }
  return facts;
}

int64_t NumberOf(const Facts& facts, const std::string& name) {
  const auto fact = facts.find(name);
  int64_t number = 0;
  return fact != facts.end() && absl::SimpleAtoi(fact->second, &number) ? number : 0;
}

// Microseconds since 1970; 0: InfinitePast.
int64_t MicrosOf(absl::Time time) { return std::max<int64_t>(absl::ToUnixMicros(time), 0); }
absl::Time TimeOf(int64_t micros) { return micros <= 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros); }

std::string TextOf(const Cooldown& cooldown, absl::Time now) {
  return absl::StrCat("until=", MicrosOf(cooldown.until), " left=", absl::ToInt64Microseconds(cooldown.until - now),
                      " callers=", cooldown.callers_until > now ? 1 : 0, " cause=", static_cast<int>(cooldown.cause),
                      " trials=", cooldown.trials ? 1 : 0, " over=", cooldown.over ? 1 : 0);
}

// As it is for this host: no longer than it was for the one that told it, however far their clocks are apart.
Cooldown ParseCooldown(const std::string& text, absl::Time now) {
  const Facts facts = FactsOf(text);
  Cooldown cooldown;
  cooldown.until = TimeOf(NumberOf(facts, "until"));
  cooldown.over = NumberOf(facts, "over") != 0;
  if (!cooldown.over) cooldown.until = std::min(cooldown.until, now + absl::Microseconds(NumberOf(facts, "left")));
  cooldown.callers_until = NumberOf(facts, "callers") != 0 ? cooldown.until : absl::InfinitePast();
  const int64_t cause = NumberOf(facts, "cause");
  // A cause of a newer release is none that can be named.
  const bool known = cause >= 0 && cause <= static_cast<int64_t>(CooldownCause::kTrouble);
  cooldown.cause = known ? static_cast<CooldownCause>(cause) : CooldownCause::kRate;
  cooldown.trials = NumberOf(facts, "trials") != 0;
  return cooldown;
}

}  // namespace

NoticeBoard::NoticeBoard(const Dependencies& with)
    : with_(with),
      process_(base::MakeUuidV4(with.random)),
      alarm_(with.clock, base::Timer::Alarm::Work::kMayBlock, [this] { Tell(); }) {
  watched_due_.fill(absl::InfinitePast());
}

void NoticeBoard::Start() {
  if (with_.ownership.shared()) alarm_.Set(with_.clock.Now());
}

void NoticeBoard::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  alarm_.Stop();
}

void NoticeBoard::OnVendorNews(const std::string& upstream) {
  if (!with_.ownership.shared() || hearing) return;
  {
    base::MutexLock lock(mutex_);
    changed_.insert(upstream);
  }
  alarm_.Set(with_.clock.Now());
}

void NoticeBoard::OnTaskNews(const std::string& upstream, const std::string& upstream_task_id) {
  Put({absl::StrCat(kNews, upstream, "/", upstream_task_id), "", with_.clock.Now() + kShort});
}

void NoticeBoard::OnAssetGone(const std::string& name) {
  Put({absl::StrCat(kGone, name), "", with_.clock.Now() + kShort});
}

void NoticeBoard::Put(store::Notice notice) {
  if (!with_.ownership.shared() || hearing) return;
  {
    base::MutexLock lock(mutex_);
    untold_[notice.key] = std::move(notice);
  }
  alarm_.Set(with_.clock.Now());
}

void NoticeBoard::Tell() {
  // First: what is put meanwhile is told at once.
  alarm_.Set(with_.clock.Now() + kTick);
  PutVendorNews();
  PutWatchers();
  for (std::vector<store::Notice> telling = Take(); !telling.empty(); telling = Take()) {
    if (with_.ownership.Post(telling).ok()) continue;
    // The store is away. A newer one of the key counts.
    base::MutexLock lock(mutex_);
    for (store::Notice& notice : telling) {
      const std::string key = notice.key;
      untold_.emplace(key, std::move(notice));
    }
    return alarm_.Set(with_.clock.Now() + kTick);
  }
}

std::vector<store::Notice> NoticeBoard::Take() {
  const absl::Time now = with_.clock.Now();
  base::MutexLock lock(mutex_);
  std::vector<store::Notice> notices;
  while (!stopped_ && !untold_.empty() && notices.size() < kMostAtOnce) {
    store::Notice notice = std::move(untold_.extract(untold_.begin()).mapped());
    if (notice.until > now) notices.push_back(std::move(notice));
  }
  return notices;
}

void NoticeBoard::PutVendorNews() {
  std::set<std::string> changed;
  {
    base::MutexLock lock(mutex_);
    changed.swap(changed_);
  }
  const absl::Time now = with_.clock.Now();
  for (const std::string& upstream : changed) {
    VendorAccount* account = with_.accounts.Named(upstream);
    if (account == nullptr) continue;
    const VendorNews news = account->requests().TakeNews();
    for (size_t i = 0; i < news.cooldowns.size(); ++i) {
      if (!news.cooldowns[i].has_value()) continue;
      const Cooldown& cooldown = *news.cooldowns[i];
      Put({absl::StrCat(kCooldown, i, "/", upstream, "/", process_), TextOf(cooldown, now),
           std::max(cooldown.until, now + kShort)});
    }
    if (news.down.has_value()) Put({absl::StrCat(kDown, upstream), *news.down ? "1" : "0", now + kOfOutage});
  }
}

NoticeBoard::Parts NoticeBoard::Watched() {
  Parts parts;
  size_t named = 0;
  const auto add = [&](const std::string& id) {
    // The owner sees its own watchers.
    if (id.empty() || with_.ownership.OwnsId(id)) return;
    named += parts[store::ShardOf(id) % kParts].tasks.insert(id).second ? 1 : 0;
  };
  for (const std::string& name : with_.task_hub.Watched()) add(model::ParseGenerationTaskName(name).value_or(""));
  const TaskFeeds::Followed followed = with_.feeds.AllFollowed();
  for (const std::string& id : followed.tasks) add(id);
  if (named > kMostNamed) {
    parts.fill({});
    parts[0].all = true;
  }
  parts[0].tenants.insert(followed.tenants.begin(), followed.tenants.end());
  return parts;
}

void NoticeBoard::PutWatchers() {
  const absl::Time now = with_.clock.Now();
  Parts parts = Watched();
  for (size_t i = 0; i < kParts; ++i) {
    const bool again = parts[i] != WatchedTasks() && now >= watched_due_[i];
    if (parts[i] == told_watched_[i] && !again) continue;
    Put({absl::StrCat(kWatched, process_, "/", i), engine::TextOf(parts[i]), now + kShort});
    watched_due_[i] = now + kWatchersAgain;
  }
  told_watched_ = std::move(parts);
}

void NoticeBoard::Hear(const store::Notice& notice) {
  if (notice.until <= with_.clock.Now()) return;
  hearing = true;
  absl::string_view about = notice.key;
  if (absl::ConsumePrefix(&about, kCooldown)) {
    HearCooldown(std::string(about), notice);
  } else if (absl::ConsumePrefix(&about, kDown)) {
    VendorAccount* account = with_.accounts.Named(std::string(about));
    if (account != nullptr) account->requests().HearDown(notice.text == "1");
  } else if (absl::ConsumePrefix(&about, kNews)) {
    const std::pair<std::string, std::string> task = absl::StrSplit(about, absl::MaxSplits('/', 1));
    (void)with_.tracker.Notify(task.first, task.second);
  } else if (absl::ConsumePrefix(&about, kGone)) {
    with_.asset_hub.PublishGone(std::string(about));
  } else if (absl::ConsumePrefix(&about, kWatched)) {
    const WatchedTasks watched = ParseWatchedTasks(notice.text);
    for (const std::string& id : with_.watchers.Heard(std::string(about), watched, notice.until)) {
      with_.table.OnWatcher(id);
    }
  }
  hearing = false;
}

void NoticeBoard::HearCooldown(const std::string& about, const store::Notice& notice) {
  const std::vector<std::string> parts = absl::StrSplit(about, '/');
  size_t i = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &i) || i >= kRequestKinds.size()) return;
  VendorAccount* account = with_.accounts.Named(parts[1]);
  if (account == nullptr) return;
  account->requests().HearCooldown(kRequestKinds[i], ParseCooldown(notice.text, with_.clock.Now()));
}

}  // namespace seedance::engine
