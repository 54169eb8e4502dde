"""Errors: one class for each reason, every detail, and nothing secret."""

import unittest

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from seedance_gateway import Options, errors, raise_for_error, v1

Task = v1.GenerationTask
REASONS = [name[len("ERROR_REASON_"):] for name in v1.ErrorReason.keys() if not name.endswith("_UNSPECIFIED")]


def trailers(*details):
    status = status_pb2.Status()
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return [("grpc-status-details-bin", status.SerializeToString()), ("resume-token", "here")]


class ErrorsTest(unittest.TestCase):
    def test_every_reason_has_a_class_with_its_name(self):
        for reason in REASONS:
            with self.subTest(reason):
                found = errors.from_status(grpc.StatusCode.UNKNOWN, "", trailers(error_details_pb2.ErrorInfo(reason=reason)))
                self.assertEqual(type(found).__name__.upper(), reason.replace("_", ""))

    def test_an_unknown_reason_is_kept(self):
        found = errors.from_status(grpc.StatusCode.ABORTED, "x", trailers(error_details_pb2.ErrorInfo(reason="NEW_ONE")))
        self.assertEqual((type(found), found.reason), (errors.GatewayError, "NEW_ONE"))

    def test_every_detail_is_read(self):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(1500)
        quota, bad = error_details_pb2.QuotaFailure(), error_details_pb2.BadRequest()
        quota.violations.add(subject="upstream:anyfast", description="50 assets")
        bad.field_violations.add(field="asset.display_name", description="is empty")
        found = errors.from_status(grpc.StatusCode.RESOURCE_EXHAUSTED, "full", trailers(
            error_details_pb2.ErrorInfo(reason="RATE_LIMITED", metadata={"advice": "wait", "upstream_code": "429"}),
            retry, quota, bad, error_details_pb2.ResourceInfo(resource_type="T", resource_name="assets/1")))
        self.assertEqual(
            (found.retry_delay, found.quota_subject, found.quota_description, found.violations, found.resource_type,
             found.resource_name, found.advice, found.metadata["upstream_code"], found.resume_token),
            (1.5, "upstream:anyfast", "50 assets", (errors.FieldViolation("asset.display_name", "is empty"),), "T",
             "assets/1", "wait", "429", "here"))
        self.assertIn("asset.display_name: is empty", str(found))

    def test_bytes_that_are_no_status_count_as_no_details(self):
        found = errors.from_status(grpc.StatusCode.UNAVAILABLE, "x", [("grpc-status-details-bin", b"\xff\xff")])
        self.assertEqual((type(found), found.reason), (errors.ConnectionFailed, ""))

    def test_a_status_without_a_reason_was_made_on_the_way(self):
        for code, cls in ((grpc.StatusCode.INTERNAL, errors.ConnectionFailed),
                          (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
                          (grpc.StatusCode.PERMISSION_DENIED, errors.GatewayError)):
            self.assertIs(type(errors.from_status(code, "", None)), cls)

    def test_an_unknown_outcome_says_what_to_do_with_which_request_id(self):
        found = errors.OutcomeUnknown("lost", grpc.StatusCode.UNKNOWN, "OUTCOME_UNKNOWN")
        found.request_id = "4b1e"
        self.assertIn("request_id: 4b1e", str(found))
        self.assertIn("Repeat the call with this request_id", str(found))

    def test_options_show_no_token(self):
        self.assertNotIn("secret", repr(Options(token="secret")))

    def test_files_of_tls_need_tls(self):
        with self.assertRaises(ValueError):
            Options(ca_file="ca.pem")
        with self.assertRaises(ValueError):
            Options(tls=True, certificate_file="c.pem")


class RaiseForErrorTest(unittest.TestCase):
    def test_a_failed_task_raises_its_reason_with_advice(self):
        task = Task(name="generationTasks/1", state=Task.STATE_FAILED, error=Task.Error(
            reason=v1.ERROR_REASON_OUTPUT_MODERATION, message="blocked", advice="change it", upstream_code="X"))
        with self.assertRaises(errors.OutputModeration) as raised:
            raise_for_error(task)
        self.assertIsInstance(raised.exception, errors.Moderated)
        self.assertEqual((raised.exception.advice, raised.exception.code), ("change it", None))

    def test_a_task_without_an_error_is_returned(self):
        for state in (Task.STATE_SUCCEEDED, Task.STATE_RUNNING):
            task = Task(state=state)
            self.assertIs(raise_for_error(task), task)

    def test_a_task_in_doubt_has_not_failed(self):
        task = Task(state=Task.STATE_SUBMIT_UNKNOWN, error=Task.Error(reason=v1.ERROR_REASON_OUTCOME_UNKNOWN))
        self.assertIs(raise_for_error(task), task)

    def test_a_cancelled_task_raises(self):
        with self.assertRaises(errors.Cancelled):
            raise_for_error(Task(state=Task.STATE_CANCELLED))

    def test_an_unknown_reason_of_an_asset_raises_the_base(self):
        with self.assertRaises(errors.GatewayError):
            raise_for_error(v1.Asset(state=v1.Asset.STATE_FAILED, error=v1.Asset.Error(reason=9999)))


if __name__ == "__main__":
    unittest.main()
