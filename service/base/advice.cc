#include "service/base/advice.h"

namespace seedance::base {

// No default: the compiler names a reason without advice.
std::string_view AdviceOf(Reason reason) {
  switch (reason) {
    case Reason::kUnspecified:
      return "";
    case Reason::kInvalidInput:
      return "Mend the named field and send the request again.";
    case Reason::kUpstreamInvalidInput:
      return "Mend the request as the vendor's text says; sent unchanged it is refused again.";
    case Reason::kInputModeration:
      return "Change the prompt or replace the references: the same input is refused again. A real person's face needs "
             "an "
             "asset of a verified group.";
    case Reason::kOutputModeration:
      return "Change the prompt or replace the references (likeness of a known person, protected characters or "
             "brands). "
             "The same input may pass another time; a blocked output is not billed.";
    case Reason::kUnauthenticated:
      return "Send the token or client certificate of exactly one tenant.";
    case Reason::kUpstreamAuthFailed:
      return "For the operator: the vendor refuses the key of this upstream, or its plan or rights do not suffice.";
    case Reason::kCreditsExhausted:
      return "For the operator: top the vendor's account up, activate the model there, or raise the limit set in its "
             "console; then send the request again.";
    case Reason::kQuotaExceeded:
      return "Wait until a place is free or until the time that the text names, then send the request again.";
    case Reason::kRateLimited:
      return "Send the request again after the delay in RetryInfo.";
    case Reason::kResourceNotFound:
      return "Check the name; the resource may be deleted or another tenant's.";
    case Reason::kRequestIdReused:
      return "Use a new request_id for a new request, or send the first request unchanged.";
    case Reason::kDisplayNameTaken:
      return "Choose another display name, or use the asset that has it.";
    case Reason::kAssetNotReady:
      return "Wait until the asset is ACTIVE. If it is, the vendor no longer has it for this account: create it again.";
    case Reason::kGroupNotEmpty:
      return "Delete the group's assets first, or set force.";
    case Reason::kCancelUnsupported:
      return "Wait for the end of the task, which is billed, or cancel with detach to give it up.";
    case Reason::kTaskAlreadyEnded:
      return "Read the task: it has its final state.";
    case Reason::kTaskNotSucceeded:
      return "Wait until the task is SUCCEEDED; one that ended otherwise has no such file.";
    case Reason::kResultExpired:
      return "The file is gone at the vendor: generate it again, and fetch results soon after their end.";
    case Reason::kSharedCredentials:
      return "For the operator: give the tenant an upstream with a key of its own.";
    case Reason::kOutcomeUnknown:
      return "Do not send it anew: it may be billed. Repeat it with the same request_id, or let the operator settle "
             "it.";
    case Reason::kUpstreamUnavailable:
      return "Try again later; the delay in RetryInfo is the least.";
    case Reason::kUpstreamProtocol:
      return "For the operator: the vendor's answer is not understood; check its base URL and paths, then report it.";
    case Reason::kUpstreamLost:
      return "Ask the vendor's support about the upstream_task_id before it is generated again: it may be billed.";
    case Reason::kDeadlineExceeded:
      return "Try again with a later deadline. A task that ran out of time may still be billed at the vendor.";
    case Reason::kUpstreamFailed:
      return "Try again with a new request_id. If it fails again, change the prompt or replace the references: the "
             "cause "
             "may be moderation that the vendor does not name.";
    case Reason::kResumeTokenExpired:
      return "Read the current state, then watch from the token in metadata.";
    case Reason::kSizeOutOfRange:
      return "Send as many bytes as declared and allowed, or read from an offset within the file.";
    case Reason::kDraining:
      return "Connect again; other servers or the next start answer.";
    case Reason::kStoreUnavailable:
      return "Try again later; if it lasts, the operator must look after the gateway's disk.";
    case Reason::kUnsupportedByUpstream:
      return "Use another upstream, or do without.";
    case Reason::kCancelled:
      return "Send it again if it is still wanted.";
    case Reason::kInternal:
      return "Report it to the operator with the time of the call.";
    case Reason::kAssetLibraryFull:
      return "Delete assets that are no longer needed; least_recently_used names candidates.";
    case Reason::kTaskNotEnded:
      return "Wait for the end of the task, or cancel it.";
    case Reason::kTaskNotInDoubt:
      return "Nothing is to be settled: read the task.";
    case Reason::kTransferTooSlow:
      return "Try again after the delay in RetryInfo over a faster connection; a download may go on at its offset.";
    case Reason::kResultMissing:
      return "The vendor counts the task as a success and bills it, but gives no file: ask its support with the "
             "upstream_task_id before it is generated again.";
    case Reason::kCreationNotInDoubt:
      return "Nothing is to be settled: list what is in doubt, or read the group or asset.";
  }
  return "";
}

std::string_view AdviceOf(Reason reason, bool at_full_progress) {
  if (reason != Reason::kUpstreamFailed || !at_full_progress) return AdviceOf(reason);
  return "A failure at 100 % is most often moderation of the output (likeness of a known person, protected characters "
         "or "
         "brands): change the prompt or replace the reference images.";
}

}  // namespace seedance::base
