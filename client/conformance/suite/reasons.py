"""Every ErrorReason with its gRPC status, as error_reason.proto says them."""

import os
import re

import grpc

PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../../proto/seedance/gateway/v1/error_reason.proto")
STATUSES = {code.name: code for code in grpc.StatusCode}


def reasons():
    """{name without prefix: gRPC status}; a reason that only tasks and assets have comes with FAILED_PRECONDITION."""
    found, comment = {}, ""
    with open(PROTO, encoding="utf-8") as file:
        for line in file:
            if match := re.match(r"\s*ERROR_REASON_(\w+) = (\d+);", line):
                if match.group(1) != "UNSPECIFIED":
                    words = [word for word in re.findall(r"[A-Z_]{4,}", comment) if word in STATUSES]
                    found[match.group(1)] = STATUSES[words[0] if words else "FAILED_PRECONDITION"]
                comment = ""
            elif match := re.match(r"\s*//(.*)", line):
                comment += match.group(1)
    return found
