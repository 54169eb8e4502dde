#include "service/base/advice.h"

namespace seedance::base {

// No default: the compiler names a reason without advice.
std::string_view AdviceOf(Reason reason) {
  switch (reason) {
    case Reason::kUnspecified:
      return "";
    case Reason::kInvalidInput:
      return "Correct the named field and send the request again.";
    case Reason::kUpstreamInvalidInput:
      return "Correct the request as the vendor's message says; unchanged it will be refused again.";
    case Reason::kInputModeration:
      return "Change the prompt or replace the references: the same input will be refused again. A real person's "
             "face requires an asset of a verified group.";
    case Reason::kOutputModeration:
      return "Change the prompt or replace the references (likeness of a known person, protected characters or "
             "brands). The same input may pass on another attempt; a blocked output is not billed.";
    case Reason::kUnauthenticated:
      return "Send the token or client certificate of exactly one tenant.";
    case Reason::kUpstreamAuthFailed:
      return "For the operator: the vendor refuses this upstream's API key, or its plan or permissions do not suffice.";
    case Reason::kCreditsExhausted:
      return "For the operator: top up the vendor account, activate the model there, or raise the limit set in its "
             "console; then send the request again.";
    case Reason::kQuotaExceeded:
      return "Wait until a place is free, or until the time in the message, then send the request again.";
    case Reason::kRateLimited:
      return "Send the request again after the delay in RetryInfo.";
    case Reason::kResourceNotFound:
      return "Check the name; the resource may be deleted or belong to another tenant.";
    case Reason::kRequestIdReused:
      return "Use a new request_id for a new request, or send the first request unchanged.";
    case Reason::kDisplayNameTaken:
      return "Choose another display name, or use the asset that has it.";
    case Reason::kAssetNotReady:
      return "Wait until the asset is ACTIVE. If it is, the vendor no longer has it for this account: create it again.";
    case Reason::kGroupNotEmpty:
      return "Delete the group's assets first, or set force.";
    case Reason::kCancelUnsupported:
      return "Wait for the task to end (it is billed), or cancel with detach to abandon it.";
    case Reason::kTaskAlreadyEnded:
      return "Read the task; it is in its final state.";
    case Reason::kTaskNotSucceeded:
      return "Wait until the task is SUCCEEDED; a task that ended otherwise has no such file.";
    case Reason::kResultExpired:
      return "The vendor has deleted the file: generate it again, and download results soon after a task ends.";
    case Reason::kSharedCredentials:
      return "For the operator: give the tenant an upstream with its own API key.";
    case Reason::kOutcomeUnknown:
      return "Do not send it with a new request_id: it may be billed. Repeat it with the same one, or let the operator "
             "settle it.";
    case Reason::kUpstreamUnavailable:
      return "Retry later, at the earliest after the delay in RetryInfo.";
    case Reason::kUpstreamProtocol:
      return "For the operator: the vendor's answer was unexpected; check base URL and paths, then report it.";
    case Reason::kUpstreamLost:
      return "Ask the vendor's support about the upstream_task_id before generating it again: it may be billed.";
    case Reason::kDeadlineExceeded:
      return "Retry with a later deadline. The vendor may still bill a task that exceeded its deadline.";
    case Reason::kUpstreamFailed:
      return "Retry with a new request_id. If it fails again, change the prompt or replace the references: the "
             "cause may be moderation that the vendor does not report.";
    case Reason::kResumeTokenExpired:
      return "Read the current state, then watch with the resume token in the metadata.";
    case Reason::kSizeOutOfRange:
      return "Send as many bytes as declared and allowed, or read from an offset within the file.";
    case Reason::kDraining:
      return "Reconnect; another server, or this one after its restart, will answer.";
    case Reason::kStoreUnavailable:
      return "Retry later; if it persists, the operator must check the gateway's store.";
    case Reason::kUnsupportedByUpstream:
      return "Use another upstream, or leave the feature out.";
    case Reason::kCancelled:
      return "Send it again if it is still needed.";
    case Reason::kInternal:
      return "Report it to the operator with the time of the call.";
    case Reason::kAssetLibraryFull:
      return "Delete assets that are no longer needed; least_recently_used names candidates.";
    case Reason::kTaskNotEnded:
      return "Wait for the task to end, or cancel it.";
    case Reason::kTaskNotInDoubt:
      return "Nothing needs to be settled; read the task.";
    case Reason::kTransferTooSlow:
      return "Retry after the delay in RetryInfo over a faster connection; a download can continue at its offset.";
    case Reason::kResultMissing:
      return "The vendor reports success and bills the task, but provides no file: ask its support with the "
             "upstream_task_id before generating it again.";
    case Reason::kCreationNotInDoubt:
      return "Nothing needs to be settled; list the creations in doubt, or read the group or asset.";
  }
  return "";
}

std::string_view AdviceOf(Reason reason, bool at_full_progress) {
  if (reason != Reason::kUpstreamFailed || !at_full_progress) return AdviceOf(reason);
  return "A failure at 100 % is most often moderation of the output (likeness of a known person, protected characters "
         "or brands): change the prompt or replace the reference images.";
}

}  // namespace seedance::base
