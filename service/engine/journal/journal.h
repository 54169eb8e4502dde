#ifndef SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_H_
#define SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/journal/unwritten_ends.h"
#include "service/model/journal_entry.h"
#include "service/store/store.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// At most one vendor call per request id, for calls whose answer is a resource that the vendor names (groups,
// assets): the journal of the store, and the callers of this process that wait for the same id.
//
// Thread-safe.
class Journal {
 public:
  // Receives the name of the resource that the call made, or why it made none. Exactly once, on any thread.
  using Waiter = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  // What a call in doubt turned out to have made. Exactly one is set.
  struct Found {
    std::optional<model::AssetGroup> group;
    std::optional<model::Asset> asset;
    // What the vendor calls an asset that was created again. The asset itself is not written.
    std::optional<model::UpstreamHandle> again = {};

    std::string name() const;
  };
  // Receives what a look at the vendor found, nullopt when it is not known; an error when the look failed. Exactly
  // once, on any thread.
  using Looked = absl::AnyInvocable<void(absl::StatusOr<std::optional<Found>>)>;

  // What is done about calls in doubt: the journal itself cannot look at a vendor. This one does nothing: what is in
  // doubt stays so. Methods are called under no lock, must not block, and are thread-safe.
  class DoubtResolver {
   public:
    virtual ~DoubtResolver() = default;

    // Looks at the vendor for what the call of this row made.
    virtual void Look(const model::JournalEntry&, Looked done) { done(std::nullopt); }
    // A call of this process has ended in doubt.
    virtual void OnDoubt(const model::JournalEntry&) {}
    // It became known what an accepted call made whose callers were told that the outcome is not known: its end could
    // be written at last.
    virtual void OnFound(const model::JournalEntry&, const Found&) {}
  };

  // All outlive the journal. `resolver` is not used before the first other call. `metrics` null: ends are not counted.
  Journal(store::Store& store, DoubtResolver& resolver, base::Clock& clock, base::Random& random,
          base::Metrics* metrics = nullptr)
      : store_(store),
        resolver_(resolver),
        clock_(clock),
        random_(random),
        metrics_(metrics),
        unwritten_(store, clock, [this](const model::JournalKey& key) { WriteAgain(key); }),
        elsewhere_(clock, base::Timer::Alarm::Work::kMayBlock,
                   [this](const std::string& text) { LookElsewhere(text); }) {}

  // At the start, and when other processes of the store are gone: what was under way when a process died is in doubt.
  // What is in doubt is read.
  absl::Status Recover();

  // Begins to write again, every few seconds, the ends of calls that could not be written.
  void Start();
  // Tries to write them once more, and answers those who wait for other processes. Call it when no call is under way.
  void Stop();

  // The journal's row of an earlier call, nullopt when the key is new or the row may be used again (kNotAccepted).
  absl::StatusOr<std::optional<model::JournalEntry>> FindEarlier(const model::JournalKey& key);

  // What to do with a call of this key.
  enum class Role {
    kOwner,     // It is this caller's to go on with.
    kAnswered,  // The waiter was or will be called; do nothing.
  };

  // Registers a call in this process, not yet in the store: a crash leaves nothing of it. Others with the same key and
  // fingerprint wait for its end from now on. An empty request id is replaced by a new one in `call`. ALREADY_EXISTS
  // for the waiter names the first field that differs from the call that is under way. kOwner: call Begin, or Leave.
  Role Enter(model::JournalEntry& call, Waiter waiter);

  // Journals a call that has entered, at the moment when it is sent. True: send it, then call Accepted, AcceptedAs or
  // Failed exactly once, which calls the waiters. False: the waiters were or will be called, with: why `call.claim`
  // cannot be had (nothing is journalled then); the answer of an earlier call of the same key and fingerprint;
  // ALREADY_EXISTS naming the first differing field; for one that another process sends, what becomes of it; for one in
  // doubt, what a look at the vendor finds, else OUTCOME_UNKNOWN; or a store error.
  // Called again it is true: the call has begun.
  [[nodiscard]] bool Begin(const model::JournalEntry& call);

  // Ends a call that has entered, begun or not, and will not be sent; `why` is for the waiters.
  void Leave(const model::JournalEntry& call, const absl::Status& why);

  // Both at once, for calls that wait for nothing. kOwner: it has begun.
  Role Begin(model::JournalEntry& call, Waiter waiter);

  // As Begin for a call that cannot be sent, because its bytes were not read or are used up: it is journalled, if need
  // be, only to be answered. When there is no earlier
  // call to answer it (any more), the waiter gets kUpstreamUnavailable, and the request id can be used again.
  void AnswerEarlier(model::JournalEntry& call, Waiter waiter);

  // Answers a call with a resource that exists already: journals it as done, with `more` (late fields) in its
  // fingerprint. Nothing is to be sent. The waiter is called as by Begin, with `resource_name` when the key was new.
  void AnswerAs(model::JournalEntry& call, const std::string& resource_name, const model::Fingerprint& more,
                Waiter waiter);

  // Looks for what a call in doubt made, as Begin does for one who repeats it; callers that come meanwhile wait for the
  // outcome. `done(over)` is called exactly once, on any thread; over: the call is not in doubt, or not any more. Not
  // over: nothing was found, the store failed, or another look is under way. An error: why the vendor could not be
  // asked.
  void LookAgain(const model::JournalKey& key, absl::AnyInvocable<void(absl::StatusOr<bool> over)> done);

  // Ends a call in doubt by a person's word, or because the doubt has lost its meaning: `found` is what it made; not
  // set: the vendor did not take it, and the same request id may try again. Returns the row as it is now. Errors:
  // kResourceNotFound (no such call), kCreationNotInDoubt (also when its end was known and could only not be written),
  // kUpstreamUnavailable (it is being looked for just now), kStoreUnavailable: all is as it was.
  absl::StatusOr<model::JournalEntry> Settle(const model::JournalKey& key, std::optional<Found> found);

  // Whether a call in doubt may have created an asset of these bytes in this group.
  bool IsContentInDoubt(const model::UpstreamHandle& group, const std::string& sha256);

  // All calls that are in doubt, or whose end, of whatever kind, could not be written yet.
  absl::StatusOr<std::vector<model::JournalEntry>> InDoubt();
  // All calls of which it is not known what they made: those, and what is under way.
  absl::StatusOr<std::vector<model::JournalEntry>> Unsettled();

  // Ends a call that was accepted: writes `group` or `asset` with the journal's row, and calls every waiter.
  void Accepted(model::JournalEntry call, model::AssetGroup* group, model::Asset* asset);

  // The same for a call whose resource the caller keeps itself: `resource_name` is the answer, nothing else is written.
  void AcceptedAs(model::JournalEntry call, const std::string& resource_name);

  // Ends a call that was not accepted, as `acceptance` (not kAccepted) and `status` say.
  void Failed(model::JournalEntry call, upstream::Acceptance acceptance, const absl::Status& status);

 private:
  using Calls = std::map<model::JournalKey, model::JournalEntry>;

  // For a call that has entered here: answers by its row, after a look at the vendor if it is in doubt.
  void AnswerBy(const model::JournalEntry& row);
  // Answers those who wait for a call that another process sends, once that has ended or is in doubt.
  void LookElsewhere(const std::string& text);
  // Of a call that has entered.
  bool HasBegun(const model::JournalKey& key);
  // Writes the end, or has it written later: false.
  bool Finish(model::JournalEntry call, model::AssetGroup* group, model::Asset* asset,
              const absl::StatusOr<std::string>& answer);
  absl::Status Write(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset);
  // For a call that has entered: writes its end if that could not be written before. The row that is written then;
  // nullopt: there is no such end. An error, for the waiters: it still cannot be written.
  absl::StatusOr<std::optional<model::JournalEntry>> WriteKept(const model::JournalKey& key);
  // The same for one that nobody waits for.
  void WriteAgain(const model::JournalKey& key);
  // For a row in doubt that has entered: looks, and ends it with what is found.
  void Look(const model::JournalEntry& row, absl::AnyInvocable<void(absl::StatusOr<bool> over)> done);
  // `calls`, and those that the journal has in doubt.
  absl::StatusOr<std::vector<model::JournalEntry>> WithRows(Calls calls);
  void Release(const model::JournalKey& key, const absl::StatusOr<std::string>& answer);
  // Keeps up with whether the call is in doubt.
  void NoteContentLocked(const model::JournalEntry& call, bool in_doubt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store& store_;
  DoubtResolver& resolver_;
  base::Clock& clock_;
  base::Random& random_;
  base::Metrics* const metrics_;
  base::Mutex mutex_;
  // Calls of this process that are on their way, each with everyone who waits for it.
  struct Flight {
    model::JournalEntry call;
    bool begun = false;
    bool elsewhere = false;  // Another process sends it.
    std::vector<Waiter> waiters;
  };
  std::map<model::JournalKey, Flight> flights_ ABSL_GUARDED_BY(mutex_);
  // What calls in doubt may have created: texts of group and bytes, one for each call that knows its bytes.
  std::map<model::JournalKey, std::string> content_of_ ABSL_GUARDED_BY(mutex_);
  std::multiset<std::string> contents_ ABSL_GUARDED_BY(mutex_);
  // Last: they use the others.
  UnwrittenEnds unwritten_;
  base::DueQueue elsewhere_;  // Texts of keys of calls that another process sends, and somebody waits for here.
};

using model::FieldOf;
using model::FirstDifferenceFromJournal;
using model::kReusedField;
using model::kStreamHashField;

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_H_
