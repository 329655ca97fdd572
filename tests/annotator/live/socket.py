"""A websocket to the ASGI application, in the test's own process. (channels.testing would need daphne.)"""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

TIMEOUT_S = 5


class Socket(ApplicationCommunicator):
    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
            "scheme": "ws",
        }
        super().__init__(application, scope)

    async def connect(self) -> dict[str, Any]:
        """The application's first answer: websocket.accept or websocket.close."""
        await self.send_input({"type": "websocket.connect"})
        return await self.receive_output(TIMEOUT_S)

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def receive_event(self, kind: str | None = None) -> dict[str, Any]:
        """The next event (of this kind)."""
        while True:
            message = await self.receive_output(TIMEOUT_S)
            assert message["type"] == "websocket.send", message
            event = json.loads(message["text"])
            if kind is None or event["kind"] == kind:
                return event

    async def closing_code(self) -> int:
        message = await self.receive_output(TIMEOUT_S)
        while message["type"] == "websocket.send":
            message = await self.receive_output(TIMEOUT_S)
        assert message["type"] == "websocket.close", message
        return message["code"]

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(TIMEOUT_S)
