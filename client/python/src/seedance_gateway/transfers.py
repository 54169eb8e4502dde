"""Files of uploads and downloads: where bytes come from and where they go. Blocking; AsyncClient uses a thread."""

from __future__ import annotations

import io
import os
import threading
from typing import BinaryIO, Callable, Optional, Union

from seedance_gateway import v1
from seedance_gateway.options import Options
from seedance_gateway.retry import Attempts
from seedance_gateway.rpcs import UPLOAD_ASSET, new_request_id
from seedance_gateway.errors import GatewayError

CHUNK_BYTES = 256 * 1024

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO]
Sink = Union[str, "os.PathLike[str]", BinaryIO]
# Told of each chunk: bytes done so far (0 again when an upload starts anew), and in all (0: unknown).
Progress = Callable[[int, int], None]


class Upload:
    """Bytes of one upload, from a path, bytes or a stream, read chunk by chunk and again for each try."""

    def __init__(self, source: Source, asset: v1.Asset, file_name: str, request_id: str, reuse_content: bool,
                 on_progress: Optional[Progress]) -> None:
        """OSError: the path cannot be read. A stream is read from where it stands, to its end; it is not closed."""
        self._owned = isinstance(source, (str, os.PathLike, bytes))
        if isinstance(source, bytes):
            self._file: BinaryIO = io.BytesIO(source)
        elif isinstance(source, (str, os.PathLike)):
            self._file = open(source, "rb")
            file_name = file_name or os.path.basename(os.fspath(source))
        else:
            self._file = source
        seekable = getattr(self._file, "seekable", None)
        self._begin = self._file.tell() if seekable is not None and seekable() else None
        self.total = 0
        if self._begin is not None:
            self.total = self._file.seek(0, os.SEEK_END) - self._begin
            self._file.seek(self._begin)
        self.request_id = request_id or new_request_id()
        self.first = v1.UploadAssetRequest(metadata=v1.UploadAssetRequest.Metadata(
            asset=asset, file_name=file_name or asset.display_name, size_bytes=self.total, request_id=self.request_id,
            reuse_content=reuse_content))
        self._on_progress = on_progress
        self._done = 0
        self._read = False
        self._lock = threading.Lock()
        self._try = 0

    def attempts(self, options: Options, timeout: Optional[float]) -> Attempts:
        return Attempts(UPLOAD_ASSET.name, options, options.timeouts.upload if timeout is None else timeout)

    def rewind(self, error: Optional[GatewayError]) -> int:
        """Begins a try and returns its number. Raises `error`, of the last one, where a stream cannot be read again."""
        with self._lock:  # gRPC reads in a thread of its own, which may still be at the last try.
            if self._read and self._begin is None and error is not None:
                raise error
            if self._read and self._begin is not None:
                self._file.seek(self._begin)
            self._try, self._done = self._try + 1, 0
        self.sent(self._try, 0)
        return self._try

    def chunk(self, number: int) -> bytes:
        """The next bytes for a try; none at the end, and for a try that is over."""
        with self._lock:
            self._read = True
            return self._file.read(CHUNK_BYTES) if number == self._try else b""

    def sent(self, number: int, count: int) -> None:
        """A try has sent so many bytes more."""
        if number == self._try:
            self._done += count
            if self._on_progress is not None:
                self._on_progress(self._done, self.total)

    def close(self) -> None:
        if self._owned:
            self._file.close()


class Target:
    """Where a download goes: a stream, or a path, which gets the file only when it is complete."""

    def __init__(self, sink: Sink) -> None:
        """OSError: the file cannot be created."""
        self._path = os.fspath(sink) if isinstance(sink, (str, os.PathLike)) else None
        self._file: BinaryIO = open(f"{self._path}.part", "wb") if isinstance(sink, (str, os.PathLike)) else sink

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def commit(self) -> None:
        if self._path is not None:
            self._file.close()
            os.replace(f"{self._path}.part", self._path)
            self._path = None

    def close(self) -> None:
        """Without `commit`: removes what there is of the file."""
        if self._path is not None:
            self._file.close()
            os.remove(f"{self._path}.part")
