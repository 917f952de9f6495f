"""The sandbox in the test's own process, and its control API."""

from pathlib import Path
from typing import Any

import aiohttp

from sandbox.disk import Disk
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Live
from sandbox.server import Kernel, start


class InProcess:
    """Without a folder all is kept in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / "sandbox.sqlite" if folder is not None else None
        self.kernel: Kernel
        self.http: aiohttp.ClientSession

    async def open(self) -> None:
        self.kernel = Kernel(Journal(), Faults(), Disk(self._file), Live())
        self._runner = await start(self.kernel, "127.0.0.1", 0)
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))

    async def close(self) -> None:
        await self.http.close()
        await self._runner.cleanup()
        self.kernel.disk.close()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control API that must succeed."""
        url = f"{self.kernel.base_url}/_control/{path}"
        async with self.http.request(method, url, json=body) as answer:
            told = await answer.json()
            assert answer.status == 200, told
            return told

    async def refused(self, method: str, path: str, body: Any = None) -> str:
        """The sentence with which a control call is refused."""
        url = f"{self.kernel.base_url}/_control/{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status in (400, 404)
            return str((await answer.json())["error"])
