"""The framework alone: an application that only says hello, under the same server and client library.

Started by `web.py` with the number of its port; what it costs, nothing that is built on it can undercut.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/hello")
def hello() -> dict[str, str]:
    return {"answer": "hello"}


@app.get("/ticks")
async def ticks() -> StreamingResponse:
    """One event a second."""

    async def events() -> AsyncIterator[str]:
        while True:
            yield "event: progress\ndata: {}\n\n"
            await asyncio.sleep(1.0)

    return StreamingResponse(events(), media_type="text/event-stream")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
