"""Results as tags of a real OPC UA server, read by asyncua's client: values, counts, acknowledgement."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

from agents.outbox.courier import Couriers
from agents.outbox.opcua import ALARM, COUNTS, NAMESPACE, RESULT
from agents.outbox.outbox import Outbox
from agents.outbox.targets import receiver_of
from anomaly_core.errors import ConfigError


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(found: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.01)


def result(number: int, decision: str = "pass") -> str:
    found = {
        "id": f"part-{number}", "image": f"/in/{number}.png", "product": {"name": "plate"}, "p_value": 0.01,
        "decision": decision, "reasons": ["p 0.01 < 0.05"], "regions": [{}], "defect_type": {"name": "crack"},
    }  # fmt: skip
    return json.dumps(found)


def couriers(tmp_path: Path, said: list[str], url: str) -> Couriers:
    return Couriers(Outbox(tmp_path / "out.sqlite"), [receiver_of(url)], said.append, first_s=0.05)


def test_tags_show_the_last_result_counts_and_the_last_alarm(tmp_path: Path, port: int) -> None:
    said: list[str] = []
    error = {
        "id": "part-4",
        "image": "/in/4.png",
        "error": {"kind": "UnreadableImage", "message": "no image"},
    }
    alarm = {"id": "drift-1", "alarm": "drift", "product": "plate", "station": None,
             "since": "2026-11-02T08:00:00.000Z", "advice": "recalibrate"}  # fmt: skip
    url = f"opc.tcp://127.0.0.1:{port}/iad"
    outbox = Outbox(tmp_path / "out.sqlite")
    with couriers(tmp_path, said, url) as sent:

        async def read(*names: str) -> list[Any]:
            async with Client(url) as client:
                space = await client.get_namespace_index(NAMESPACE)
                nodes = [client.get_node(ua.NodeId(f"iad.{name}", space)) for name in names]
                with pytest.raises(ua.UaError):
                    await nodes[0].write_value("another")
                return [await node.read_value() for node in nodes]

        assert asyncio.run(read("Id", "Decision", *COUNTS)) == ["", "", 0, 0, 0, 0, 0]
        for number, decision in enumerate(("pass", "review", "fail", "fail")):
            sent.put(f"part-{number}", result(number, decision))
        until(lambda: outbox.waiting(url) == 0)
        assert asyncio.run(read(*RESULT)) == [
            "/in/3.png", "plate", "fail", 0.01, "crack", 1, "p 0.01 < 0.05", result(3, "fail"), "part-3"
        ]  # fmt: skip
        sent.put("part-4", json.dumps(error))
        sent.put("drift-1", json.dumps(alarm))
        until(lambda: outbox.waiting(url) == 0)
        assert asyncio.run(read(*COUNTS)) == [5, 1, 1, 2, 1]
        image, decision, p_value, reason, id_ = asyncio.run(
            read("Image", "Decision", "PValue", "Reason", "Id")
        )
        assert (image, decision, reason, id_) == ("/in/4.png", "error", "no image", "part-4")
        assert math.isnan(p_value)
        assert asyncio.run(read(*ALARM)) == [
            "plate",
            "",
            "2026-11-02T08:00:00.000Z",
            "recalibrate",
            "drift-1",
        ]
    outbox.close()
    assert said == []


@pytest.mark.slow
def test_each_result_is_shown_until_a_client_acknowledges_it_though_the_server_restarts(
    tmp_path: Path, port: int
) -> None:
    """A client that keeps each id it has acknowledged has every result once, whatever happens between."""
    said: list[str] = []
    url = f"opc.tcp://127.0.0.1:{port}/iad?acknowledge"
    taken: list[str] = []

    async def take(most: int) -> None:
        async with Client(url.partition("?")[0]) as client:
            space = await client.get_namespace_index(NAMESPACE)
            parent = client.get_node(ua.NodeId("iad", space))
            tag = client.get_node(ua.NodeId("iad.Id", space))
            method = ua.NodeId("iad.Acknowledge", space)
            assert await parent.call_method(method, "part-99") is False
            deadline = time.monotonic() + 60
            while len(taken) < most:
                assert time.monotonic() < deadline
                id_ = await tag.read_value()
                if id_ and id_ not in taken:
                    taken.append(id_)
                    assert await parent.call_method(method, id_)
            await parent.call_method(method, taken[-1])  # once more, which takes no other result

    with couriers(tmp_path, said, url) as sent:
        for number in range(40):
            sent.put(f"part-{number}", result(number))
        asyncio.run(take(15))
        time.sleep(0.2)
    waiting = 40 - len(taken)
    assert said[-1] == f"{waiting} results for OPC UA on port {port} wait; they are sent at the next start"
    with couriers(tmp_path, said, url):
        asyncio.run(take(40))
    assert taken == [f"part-{number}" for number in range(40)]


def test_an_address_that_cannot_be_served_at_is_named(port: int) -> None:
    with pytest.raises(ConfigError, match=r"0\.0\.0\.0:4840/iad"):
        receiver_of("opc.tcp:///iad")
    with pytest.raises(ConfigError, match="acknowledge"):
        receiver_of(f"opc.tcp://127.0.0.1:{port}/iad?ack")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ConfigError, match="free port"):
            receiver_of(f"opc.tcp://127.0.0.1:{port}/iad")
