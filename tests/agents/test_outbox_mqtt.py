"""Results on a real MQTT broker: topics, presence, and nothing lost or doubled while the broker restarts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from brokers import Mosquitto, Subscriber, mosquitto

from agents.outbox.courier import Couriers
from agents.outbox.mqtt import Broker
from agents.outbox.outbox import Outbox
from agents.outbox.targets import receiver_of
from anomaly_core.errors import ConfigError


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as found:
        yield found


def until(found: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.01)


def couriers(tmp_path: Path, said: list[str], port: int) -> Couriers:
    receiver = receiver_of(f"mqtt://127.0.0.1:{port}/plant/line-3")
    return Couriers(Outbox(tmp_path / "out.sqlite"), [receiver], said.append, first_s=0.05)


def result(number: int, product: str = "plate") -> str:
    return json.dumps({"id": f"part-{number}", "product": {"name": product}, "decision": "pass"})


def test_each_kind_has_its_topic_and_the_sender_says_whether_it_is_there(
    tmp_path: Path, broker: Mosquitto
) -> None:
    broker.start()
    subscriber = Subscriber(broker.port, "plant/#")
    said: list[str] = []
    with couriers(tmp_path, said, broker.port) as sent:
        sent.put("part-0", result(0))
        sent.put("part-1", result(1, "M4 nut / steel #2"))
        sent.put("part-2", json.dumps({"id": "part-2", "image": "x.png", "error": {"kind": "Unreadable"}}))
        sent.put("drift-7", json.dumps({"id": "drift-7", "alarm": "drift", "product": "plate"}))
        until(lambda: len(subscriber.heard) == 5)
    until(lambda: len(subscriber.heard) == 6)
    subscriber.close()
    assert [topic.removeprefix("plant/line-3/") for topic, _ in subscriber.heard] == [
        "status", "results/plate", "results/M4 nut _ steel _2", "failures", "alarms/plate", "status"
    ]  # fmt: skip
    assert [text for topic, text in subscriber.heard if topic.endswith("status")] == ["online", "offline"]
    assert json.loads(subscriber.heard[1][1])["id"] == "part-0"
    assert said == []


def test_what_is_no_broker_is_named(tmp_path: Path) -> None:
    for target in ("mqtt://host", "mqtt:///prefix", "mqtts://host/a/+/b"):
        with pytest.raises(ConfigError, match="such as mqtt://host/plant/line-3"):
            receiver_of(target)
    with pytest.raises(ConfigError, match="http, https, mqtt, mqtts or opc"):
        receiver_of("ftp://host/there")
    secret = Broker("mqtt://kim:word%21@host/plant")
    assert (secret.name, secret.shown) == ("mqtt://host:1883/plant", "host")
    secret.close()


@pytest.mark.slow
def test_a_thousand_results_through_a_broker_that_is_down_and_restarted(
    tmp_path: Path, broker: Mosquitto
) -> None:
    count = 1000
    broker.start()
    subscriber = Subscriber(broker.port, "plant/line-3/results/#")
    broker.stop()  # the subscriber's session is on disk now
    said: list[str] = []
    with couriers(tmp_path, said, broker.port) as sent:
        for number in range(count):
            sent.put(f"part-{number}", result(number))
            if number == 200:
                until(lambda: bool(said))
                assert subscriber.heard == []
                broker.start()
            elif number in (400, 600, 800):
                until(lambda number=number: len(subscriber.heard) > number / 2)  # type: ignore[misc]
                broker.stop()
                time.sleep(0.2)
                broker.start()
        until(lambda: len(ids(subscriber)) == count)
    subscriber.close()
    assert ids(subscriber) == {f"part-{number}" for number in range(count)}
    # What comes twice was on its way at a restart, its acknowledgement lost: to the broker, or from it.
    assert len(subscriber.heard) <= count + 6
    with couriers(tmp_path, said, broker.port) as sent:
        sent.put("part-0", result(0))  # another process puts the same again
        sent.put("part-last", result(count))
    waiting = Outbox(tmp_path / "out.sqlite")
    assert waiting.waiting(receiver_of(f"mqtt://127.0.0.1:{broker.port}/plant/line-3").name) == 0
    waiting.close()


def ids(subscriber: Subscriber) -> set[str]:
    return {json.loads(text)["id"] for _, text in list(subscriber.heard)}
