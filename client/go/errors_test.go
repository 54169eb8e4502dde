package gateway

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	v1 "seedance.dev/gateway/v1"
)

// constants of reasons.go: value by name.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			found[spec.Names[0].Name], err = strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		}
		return err == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func words(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

func TestEveryReasonHasAConstantWithItsName(t *testing.T) {
	known := map[string]bool{}
	for name, value := range constants(t) {
		known[value] = true
		equal(t, name, strings.ToUpper(strings.TrimPrefix(name, "Err")), strings.ReplaceAll(value, "_", ""))
	}
	for number, name := range v1.ErrorReason_name {
		if reason := strings.TrimPrefix(name, "ERROR_REASON_"); number != 0 && !known[reason] {
			t.Errorf("no constant for %s", reason)
		}
	}
}

func TestEveryDetailIsRead(t *testing.T) {
	made, err := status.New(codes.ResourceExhausted, "full").WithDetails(
		&errdetails.ErrorInfo{Reason: "RATE_LIMITED", Metadata: map[string]string{"advice": "wait", "upstream_code": "429"}},
		after(1500*time.Millisecond),
		&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: "upstream:anyfast", Description: "50"}}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "asset.display_name", Description: "is empty"}, {Field: "asset", Description: "is bad"}}},
		&errdetails.ResourceInfo{ResourceType: "T", ResourceName: "assets/1"})
	if err != nil {
		t.Fatal(err)
	}
	found := fromCall(made.Err(), &peer.Peer{}, "4b1e")
	equal(t, "fields", words(found.Reason, found.Code, found.Message, found.Advice, found.Violations, found.RetryDelay,
		found.ResourceType, found.ResourceName, found.QuotaSubject, found.QuotaDescription, found.Metadata["upstream_code"]),
		"RATE_LIMITED ResourceExhausted full wait [{asset.display_name is empty} {asset is bad}] 1.5s T assets/1 upstream:anyfast 50 429")
	equal(t, "text", found.Error(), "RATE_LIMITED: full; asset.display_name: is empty; asset: is bad; wait; request_id 4b1e")
	equal(t, "status", status.Code(fmt.Errorf("wrapped: %w", found)), codes.ResourceExhausted)
}

func TestAnUnknownReasonIsKept(t *testing.T) {
	found := fromCall(fail(codes.Aborted, "NEW_ONE")(nil), &peer.Peer{}, "")
	equal(t, "reason", found.Reason, "NEW_ONE")
}

func TestAStatusWithoutAReasonWasMadeOnTheWay(t *testing.T) {
	for code, wanted := range map[codes.Code]Reason{
		codes.Internal: ErrConnectionFailed, codes.Unavailable: ErrConnectionFailed, codes.Unknown: ErrConnectionFailed,
		codes.DeadlineExceeded: ErrDeadlineExceeded, codes.Unauthenticated: ErrUnauthenticated, codes.PermissionDenied: ""} {
		equal(t, code.String(), fromCall(fail(code, "")(nil), &peer.Peer{}, "").Reason, wanted)
	}
}

func TestAnErrorIsItsReason(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", &Error{Reason: ErrOutputModeration})
	for target, wanted := range map[error]bool{
		ErrOutputModeration: true, ErrModerated: true, ErrInputModeration: false, context.Canceled: false} {
		equal(t, target.Error(), errors.Is(err, target), wanted)
	}
}

func TestAnUnknownOutcomeSaysWhatToDoWithWhichRequestID(t *testing.T) {
	found := fromCall(fail(codes.Unknown, "OUTCOME_UNKNOWN")(nil), &peer.Peer{}, "4b1e").Error()
	if !strings.Contains(found, "request_id 4b1e") || !strings.Contains(found, "repeat the call with this request_id") {
		t.Error(found)
	}
}

func TestOptionsShowNoToken(t *testing.T) {
	shown := fmt.Sprintf("%+v", Options{Token: StaticToken("secret")})
	equal(t, "shows the token", strings.Contains(shown, "secret"), false)
}

func TestAFailedTaskHasAnErrorWithAdvice(t *testing.T) {
	failed := task("generationTasks/1", v1.GenerationTask_STATE_FAILED, 1)
	failed.Error = &v1.GenerationTask_Error{Reason: v1.ErrorReason_ERROR_REASON_OUTPUT_MODERATION, Message: "blocked",
		Advice: "change it", UpstreamCode: "X"}
	var found *Error
	if err := ErrorOf(failed); !errors.As(err, &found) || !errors.Is(err, ErrModerated) {
		t.Fatal(err)
	}
	equal(t, "fields", words(found.Code, found.Advice, found.ResourceName, found.Metadata["upstream_code"]),
		"OK change it generationTasks/1 X")
}

func TestOnlyWhatHasFailedHasAnError(t *testing.T) {
	inDoubt := task("x", v1.GenerationTask_STATE_SUBMIT_UNKNOWN, 1)
	inDoubt.Error = &v1.GenerationTask_Error{Reason: v1.ErrorReason_ERROR_REASON_OUTCOME_UNKNOWN}
	for _, one := range []*v1.GenerationTask{inDoubt, task("x", v1.GenerationTask_STATE_SUCCEEDED, 1)} {
		if err := ErrorOf(one); err != nil {
			t.Error(err)
		}
	}
	equal(t, "cancelled", errors.Is(ErrorOf(task("x", v1.GenerationTask_STATE_CANCELLED, 1)), ErrCancelled), true)
	equal(t, "expired", errors.Is(ErrorOf(&v1.Asset{State: v1.Asset_STATE_EXPIRED}), ErrResourceNotFound), true)
	equal(t, "active", ErrorOf(&v1.Asset{State: v1.Asset_STATE_ACTIVE}), nil)
}

func TestAnUnknownReasonOfAnAssetIsAnErrorWithoutOne(t *testing.T) {
	var found *Error
	if err := ErrorOf(&v1.Asset{Name: "assets/1", Error: &v1.Asset_Error{Reason: 9999}}); !errors.As(err, &found) {
		t.Fatal(err)
	}
	equal(t, "reason", found.Reason, "")
	equal(t, "message", found.Message, "assets/1 failed")
}

func TestAStateThatIsNotKnownIsNoEnd(t *testing.T) {
	equal(t, "unknown", HasEnded(task("x", 99, 1)), false)
	equal(t, "lost", HasEnded(task("x", v1.GenerationTask_STATE_LOST, 1)), true)
	equal(t, "processing", HasEnded(&v1.Asset{State: v1.Asset_STATE_PROCESSING}), false)
	equal(t, "active", HasEnded(&v1.Asset{State: v1.Asset_STATE_ACTIVE}), true)
}
