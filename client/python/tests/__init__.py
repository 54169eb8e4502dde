import os

# These tests start processes beside live channels: where Python starts them by fork (3.9), gRPC would revive its poller
# in the child, whose files are closed by then, and abort.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
