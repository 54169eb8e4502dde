"""When a call is tried again, by itself: no server, a clock that stands still."""

import random
import unittest

import grpc

from seedance_gateway import Options, RetryPolicy, Timeouts
from seedance_gateway.errors import ConnectionFailed, DeadlineExceeded, GatewayError
from seedance_gateway.retry import Attempts

Code = grpc.StatusCode


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def error(code, reason="R", delay=None):
    result = GatewayError("it failed", code, reason)
    result.retry_delay = delay
    return result


REFUSED = "failed to connect to all addresses; last error: Connection refused"


class RetryTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()

    def attempts(self, timeout=100.0, unit=0.5, policy=RetryPolicy(), connect=20.0, **more):
        options = Options("gateway:1", retry=policy, timeouts=Timeouts(connect=connect))
        return Attempts("Get", options, timeout, clock=self.clock, chance=lambda: unit, **more)

    def test_the_delay_is_that_of_retry_info_plus_full_jitter_that_doubles(self):
        attempts = self.attempts()
        delays = [attempts.failed(error(Code.UNAVAILABLE, delay=3.0)) for _ in range(4)]
        self.assertEqual(delays, [3.1, 3.2, 3.4, 3.8])

    def test_the_jitter_is_between_zero_and_the_longest_wait(self):
        self.assertEqual(RetryPolicy().jitter(0, 0.0), 0.0)
        self.assertEqual(RetryPolicy().jitter(1000, 1.0), 20.0)

    def test_a_call_ends_with_its_last_error_after_five_tries(self):
        attempts = self.attempts()
        for _ in range(4):
            attempts.failed(error(Code.UNAVAILABLE))
        last = error(Code.UNAVAILABLE)
        with self.assertRaises(GatewayError) as raised:
            attempts.failed(last)
        self.assertIs(raised.exception, last)

    def test_a_stream_bears_twenty_failures_in_a_row_after_a_message(self):
        attempts = self.attempts(timeout=None, stream=True)
        attempts.failed(error(Code.UNAVAILABLE))
        attempts.progressed()
        for _ in range(19):
            attempts.failed(error(Code.UNAVAILABLE))
        with self.assertRaises(GatewayError):
            attempts.failed(error(Code.UNAVAILABLE))

    def test_what_needs_a_retry_delay_is_not_repeated_without_one(self):
        for code in (Code.RESOURCE_EXHAUSTED, Code.ABORTED):
            self.assertGreater(self.attempts().failed(error(code, delay=2.0)), 2.0)
            with self.assertRaises(GatewayError):
                self.attempts().failed(error(code))

    def test_errors_of_the_request_are_not_repeated(self):
        for code in (Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS,
                     Code.UNKNOWN, Code.INTERNAL, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED, Code.OUT_OF_RANGE):
            with self.subTest(code), self.assertRaises(GatewayError):
                self.attempts().failed(error(code))

    def test_what_broke_off_on_the_way_is_repeated(self):
        self.assertEqual(self.attempts().failed(ConnectionFailed("Socket closed", Code.UNAVAILABLE)), 0.1)

    def test_a_wait_that_would_pass_the_deadline_is_not_begun(self):
        attempts = self.attempts(timeout=5.0)
        with self.assertRaises(GatewayError):
            attempts.failed(error(Code.UNAVAILABLE, delay=5.0))

    def test_the_time_of_a_watch_ends_with_deadline_exceeded(self):
        attempts = self.attempts(timeout=5.0, stream=True)
        self.clock.now += 5.0
        with self.assertRaises(DeadlineExceeded):
            attempts.failed(error(Code.UNAVAILABLE))

    def test_a_call_that_must_not_be_repeated_is_when_it_was_never_sent(self):
        attempts = self.attempts(repeat=False)
        self.assertEqual(attempts.failed(ConnectionFailed(REFUSED, Code.UNAVAILABLE)), 0.1)
        with self.assertRaises(ConnectionFailed):
            attempts.failed(ConnectionFailed("Socket closed", Code.UNAVAILABLE))

    def test_a_call_waits_for_a_connection_as_long_as_it_may(self):
        self.refuse_until_raised(self.attempts(timeout=None), 20)

    def test_a_watch_that_has_begun_waits_longer(self):
        attempts = self.attempts(timeout=None, stream=True)
        attempts.progressed()
        self.refuse_until_raised(attempts, 600)

    def refuse_until_raised(self, attempts, seconds):
        with self.assertRaises(ConnectionFailed) as raised:
            while True:
                delay = attempts.failed(ConnectionFailed(REFUSED, Code.UNAVAILABLE))
                self.assertLessEqual(delay, 2.0)
                self.clock.now += delay
        self.assertAlmostEqual(self.clock.now, 1000.0 + seconds)
        self.assertEqual(raised.exception.message,
                         f"cannot connect to gateway:1: connection refused (waited {seconds} s)")

    def test_without_a_wait_for_connections_a_call_fails_at_once(self):
        with self.assertRaises(ConnectionFailed) as raised:
            self.attempts(connect=0.0).failed(ConnectionFailed(REFUSED, Code.UNAVAILABLE))
        self.assertEqual(raised.exception.message, "cannot connect to gateway:1: connection refused")

    def test_one_warning_tells_of_a_gateway_that_is_away(self):
        options = Options("away:1")
        with self.assertLogs("seedance_gateway", "DEBUG") as logs:
            for _ in range(100):
                Attempts("Get", options, None, clock=self.clock).failed(ConnectionFailed(REFUSED, Code.UNAVAILABLE))
        self.assertEqual([record.levelname for record in logs.records].count("WARNING"), 1)

    def test_ten_seconds_of_refusals_are_at_most_twenty_calls(self):
        for seed in range(2000):
            options, chance = Options(), random.Random(seed)
            clock = Clock()
            attempts = Attempts("Watch", options, None, stream=True, clock=clock, chance=chance.random)
            attempts.progressed()
            calls = 0
            while clock.now < 1010.0:
                calls += 1
                clock.now += attempts.failed(error(Code.UNAVAILABLE))
            self.assertLessEqual(calls, 20, f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
