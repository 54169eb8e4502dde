package gateway

// A Reason is what an Error is about: the name of an ErrorReason of the gateway, or one of the client's own. It is an
// error itself, for errors.Is(err, gateway.ErrRateLimited), and can be compared: switch failed.Reason. A newer gateway
// may send one that has no constant here.
type Reason string

func (r Reason) Error() string { return string(r) }

// The reasons of the gateway; error_reason.proto says what each means, with which status it comes, and what to do.
const (
	ErrInvalidInput          Reason = "INVALID_INPUT"
	ErrUpstreamInvalidInput  Reason = "UPSTREAM_INVALID_INPUT"
	ErrInputModeration       Reason = "INPUT_MODERATION"
	ErrOutputModeration      Reason = "OUTPUT_MODERATION"
	ErrUnauthenticated       Reason = "UNAUTHENTICATED"
	ErrUpstreamAuthFailed    Reason = "UPSTREAM_AUTH_FAILED"
	ErrCreditsExhausted      Reason = "CREDITS_EXHAUSTED"
	ErrQuotaExceeded         Reason = "QUOTA_EXCEEDED"
	ErrRateLimited           Reason = "RATE_LIMITED"
	ErrResourceNotFound      Reason = "RESOURCE_NOT_FOUND"
	ErrRequestIDReused       Reason = "REQUEST_ID_REUSED"
	ErrDisplayNameTaken      Reason = "DISPLAY_NAME_TAKEN"
	ErrAssetNotReady         Reason = "ASSET_NOT_READY"
	ErrGroupNotEmpty         Reason = "GROUP_NOT_EMPTY"
	ErrCancelUnsupported     Reason = "CANCEL_UNSUPPORTED"
	ErrTaskAlreadyEnded      Reason = "TASK_ALREADY_ENDED"
	ErrTaskNotSucceeded      Reason = "TASK_NOT_SUCCEEDED"
	ErrResultExpired         Reason = "RESULT_EXPIRED"
	ErrSharedCredentials     Reason = "SHARED_CREDENTIALS"
	ErrUpstreamUnavailable   Reason = "UPSTREAM_UNAVAILABLE"
	ErrUpstreamProtocol      Reason = "UPSTREAM_PROTOCOL"
	ErrUpstreamLost          Reason = "UPSTREAM_LOST"
	ErrDeadlineExceeded      Reason = "DEADLINE_EXCEEDED" // Also of a context.
	ErrUpstreamFailed        Reason = "UPSTREAM_FAILED"
	ErrResumeTokenExpired    Reason = "RESUME_TOKEN_EXPIRED"
	ErrSizeOutOfRange        Reason = "SIZE_OUT_OF_RANGE"
	ErrDraining              Reason = "DRAINING"
	ErrStoreUnavailable      Reason = "STORE_UNAVAILABLE"
	ErrUnsupportedByUpstream Reason = "UNSUPPORTED_BY_UPSTREAM"
	ErrCancelled             Reason = "CANCELLED" // Also of a context, and of a task.
	ErrInternal              Reason = "INTERNAL"
	ErrAssetLibraryFull      Reason = "ASSET_LIBRARY_FULL"
	ErrTaskNotEnded          Reason = "TASK_NOT_ENDED"
	ErrTaskNotInDoubt        Reason = "TASK_NOT_IN_DOUBT"
	ErrTransferTooSlow       Reason = "TRANSFER_TOO_SLOW"
	ErrResultMissing         Reason = "RESULT_MISSING"
	ErrCreationNotInDoubt    Reason = "CREATION_NOT_IN_DOUBT"

	// ErrOutcomeUnknown: the vendor may have taken, and billed, the creation; its answer was lost. Call again with
	// RequestID of the Error: that never sends a second request, and answers once the gateway has found what the vendor
	// made. A new request_id may pay twice. ListCreationsInDoubt and ReconcileCreation settle what stays in doubt.
	ErrOutcomeUnknown Reason = "OUTCOME_UNKNOWN"
)

// The client's own.
const (
	// ErrConnectionFailed: no connection, or it broke off; nobody said what became of the call. Its RequestID is safe to
	// repeat.
	ErrConnectionFailed Reason = "CONNECTION_FAILED"
	// ErrDataLoss: the bytes of a download are not those of the file; their number or their SHA-256 differs.
	ErrDataLoss Reason = "DATA_LOSS"
	// ErrModerated is ErrInputModeration or ErrOutputModeration, for errors.Is alone: change prompt or references.
	ErrModerated Reason = "MODERATED"
)
