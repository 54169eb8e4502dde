package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	v1 "seedance.dev/gateway/v1"
)

// Error is what a call, a task or an asset has failed with. Decide by Reason, or by errors.Is with one, never by a text.
// An error of a context is one too, and errors.Is finds context.Canceled and context.DeadlineExceeded in it.
type Error struct {
	Reason     Reason           // Empty: a status without a reason, which something on the way has made.
	Code       codes.Code       // Status of the call; OK: the error of a task or an asset.
	Message    string           // For people; may quote the request.
	Advice     string           // What to do, in a sentence or two for people.
	Violations []FieldViolation // Every broken rule of the request.
	RetryDelay time.Duration    // Not before it has passed; 0: not said.

	ResourceType     string            // For example "seedance.gateway.v1.Asset".
	ResourceName     string            // For example "assets/anyfast~asset-1"; of a failed create, what stays readable.
	QuotaSubject     string            // What the limit belongs to, for example "upstream:anyfast".
	QuotaDescription string            // What the limit is.
	Metadata         map[string]string // The vendor's "upstream_code", "upstream_message", and others.
	RequestID        string            // Of the call: another call with it never pays twice.

	status    *status.Status
	cause     error
	made      bool // By the gateway: it has an ErrorInfo.
	retryInfo bool
	drained   bool // The gateway ended the stream in good order.
	unsent    bool // No connection had taken the call: the request surely never left this machine.
}

// FieldViolation is a rule that a field of the request breaks.
type FieldViolation struct {
	Field       string // Path in the request, for example "generation_task.references[2].role".
	Description string // The rule, with the value and the limit.
}

func (e *Error) Error() string {
	parts := []string{e.Message}
	for _, one := range e.Violations {
		parts = append(parts, one.Field+": "+one.Description)
	}
	if e.Advice != "" {
		parts = append(parts, e.Advice)
	}
	if e.RequestID != "" {
		parts = append(parts, "request_id "+e.RequestID)
		if e.Reason == ErrOutcomeUnknown {
			parts = append(parts, "repeat the call with this request_id: it never pays twice; a new one may")
		}
	}
	return e.name() + ": " + strings.Join(parts, "; ")
}

// Is tells whether target is the Reason of the error.
func (e *Error) Is(target error) bool {
	reason, ok := target.(Reason)
	return ok && (reason == e.Reason ||
		reason == ErrModerated && (e.Reason == ErrInputModeration || e.Reason == ErrOutputModeration))
}

// Unwrap gives the error of the context that ended the call, or nil.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus gives the status of the call, for package status of gRPC; nil: the error of a task or an asset.
func (e *Error) GRPCStatus() *status.Status {
	if e.status == nil && e.Code != codes.OK {
		return status.New(e.Code, e.Message)
	}
	return e.status
}

func (e *Error) name() string {
	if e.Reason != "" {
		return string(e.Reason)
	}
	return e.Code.String()
}

// repeatable tells whether the same request may succeed later. What broke off on the way has no ErrorInfo.
func (e *Error) repeatable() bool {
	switch e.Code {
	case codes.Unavailable, codes.DeadlineExceeded:
		return true
	case codes.ResourceExhausted, codes.Aborted:
		return e.retryInfo
	case codes.Canceled, codes.Internal, codes.Unknown:
		return !e.made
	default:
		return false
	}
}

// reasonOf is that of a status that the gateway has not made.
func reasonOf(code codes.Code) (Reason, error) {
	switch code {
	case codes.Unavailable, codes.Internal, codes.Unknown:
		return ErrConnectionFailed, nil
	case codes.DeadlineExceeded:
		return ErrDeadlineExceeded, context.DeadlineExceeded
	case codes.Canceled:
		return ErrCancelled, context.Canceled
	case codes.Unauthenticated:
		return ErrUnauthenticated, nil
	default:
		return "", nil
	}
}

func newError(reason Reason, code codes.Code, format string, arguments ...any) *Error {
	return &Error{Reason: reason, Code: code, Message: fmt.Sprintf(format, arguments...)}
}

func broken(text string) *Error { return newError(ErrConnectionFailed, codes.Unavailable, "%s", text) }

// fromCall reads everything from an error of gRPC. Details that it cannot read count as none.
func fromCall(err error, server *peer.Peer, requestID string) *Error {
	found := status.Convert(err)
	result := &Error{Code: found.Code(), Message: found.Message(), RequestID: requestID, status: found}
	for _, detail := range found.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			result.made, result.Reason, result.Metadata = true, Reason(detail.GetReason()), detail.GetMetadata()
			result.Advice = result.Metadata["advice"]
		case *errdetails.BadRequest:
			for _, one := range detail.GetFieldViolations() {
				result.Violations = append(result.Violations, FieldViolation{one.GetField(), one.GetDescription()})
			}
		case *errdetails.RetryInfo:
			result.retryInfo, result.RetryDelay = true, detail.GetRetryDelay().AsDuration()
		case *errdetails.ResourceInfo:
			result.ResourceType, result.ResourceName = detail.GetResourceType(), detail.GetResourceName()
		case *errdetails.QuotaFailure:
			for _, one := range detail.GetViolations()[:min(1, len(detail.GetViolations()))] {
				result.QuotaSubject, result.QuotaDescription = one.GetSubject(), one.GetDescription()
			}
		}
	}
	if !result.made {
		result.Reason, result.cause = reasonOf(result.Code)
		result.unsent = result.Code == codes.Unavailable && server.Addr == nil
	}
	return result
}

// Resource is what can be watched.
type Resource interface {
	*v1.GenerationTask | *v1.Asset
	GetName() string
	GetRevision() int64
}

// HasEnded tells whether a task has ended, or an asset's check has. States that this release does not know have not.
func HasEnded[R Resource](resource R) bool {
	switch resource := any(resource).(type) {
	case *v1.GenerationTask:
		switch resource.GetState() {
		case v1.GenerationTask_STATE_SUCCEEDED, v1.GenerationTask_STATE_FAILED, v1.GenerationTask_STATE_CANCELLED,
			v1.GenerationTask_STATE_EXPIRED, v1.GenerationTask_STATE_LOST:
			return true
		}
	case *v1.Asset:
		switch resource.GetState() {
		case v1.Asset_STATE_ACTIVE, v1.Asset_STATE_FAILED, v1.Asset_STATE_EXPIRED:
			return true
		}
	}
	return false
}

// ErrorOf gives the *Error that a task or an asset has ended with (FAILED, EXPIRED, LOST, CANCELLED), else nil. A task in
// doubt has not failed.
func ErrorOf[R Resource](resource R) error {
	var found interface {
		GetReason() v1.ErrorReason
		GetMessage() string
		GetAdvice() string
		GetUpstreamCode() string
	}
	result := &Error{ResourceName: resource.GetName()}
	switch resource := any(resource).(type) {
	case *v1.GenerationTask:
		switch {
		case resource.GetState() == v1.GenerationTask_STATE_CANCELLED:
			result.Reason, result.Message = ErrCancelled, resource.GetName()+" was cancelled"
			return result
		case resource.GetState() == v1.GenerationTask_STATE_SUBMIT_UNKNOWN || resource.GetError() == nil:
			return nil
		}
		found = resource.GetError()
	case *v1.Asset:
		switch {
		case resource.GetState() == v1.Asset_STATE_EXPIRED:
			result.Reason, result.Message = ErrResourceNotFound, resource.GetName()+" is no longer kept by the vendor"
			return result
		case resource.GetError() == nil:
			return nil
		}
		found = resource.GetError()
	}
	if name, known := v1.ErrorReason_name[int32(found.GetReason())]; known {
		result.Reason = Reason(strings.TrimPrefix(name, "ERROR_REASON_"))
	}
	result.Message, result.Advice = found.GetMessage(), found.GetAdvice()
	if result.Message == "" {
		result.Message = resource.GetName() + " failed"
	}
	if code := found.GetUpstreamCode(); code != "" {
		result.Metadata = map[string]string{"upstream_code": code}
	}
	return result
}
