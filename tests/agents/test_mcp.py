"""The tools of `iad mcp`, asked by the protocol's own client, in memory and over stdin and stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from plates import part

from agents.app import Application
from agents.interfaces.mcp import create_mcp_server
from agents.settings import Settings
from anomaly_core.errors import ConfigError

NOTES = "# Plate\n\n## Defects\n\n### Blot\n\nA blot is a bright round patch of spilt varnish.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp")
    (folder / "images").mkdir()
    part(folder / "images" / "blot.png", 9, blot=True)
    part(folder / "secret.png", 9)
    (folder / "images" / "link.png").symlink_to(folder / "secret.png")
    (folder / "images" / "torn.png").write_bytes(b"no image")
    (folder / "notes.md").write_text(NOTES)
    app = application(folder)
    app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(4)])
    app.add_knowledge([folder / "notes.md"], "plate")
    return folder


def application(folder: Path) -> Application:
    return Application(
        Settings.from_environment(store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96)
    )


def ask(folder: Path, work: Callable[[Client], Any]) -> Any:
    async def run() -> Any:
        async with Client(create_mcp_server(application(folder), [folder / "images"])) as client:
            return await work(client)

    return anyio.run(run)


def error_of(folder: Path, tool: str, **arguments: Any) -> str:
    result = ask(folder, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return str(result.content[0].text)


def test_the_tools_are_listed_with_what_they_take(folder: Path) -> None:
    tools = {tool.name: tool for tool in ask(folder, lambda client: client.list_tools()).tools}
    assert sorted(tools) == ["ask", "inspect", "list_products", "search_knowledge"]
    assert tools["inspect"].input_schema["required"] == ["image"]
    assert all(tool.description for tool in tools.values())


def test_an_inspection_is_the_record_that_the_command_prints(folder: Path) -> None:
    image = str(folder / "images" / "blot.png")
    record = ask(
        folder, lambda client: client.call_tool("inspect", {"image": image, "product": "plate"})
    ).structured_content
    printed = application(folder).inspect_one(Path(image), product="plate").model_dump(mode="json")
    assert record["anomalous"] is True
    assert set(record) == set(printed)
    same = ("product", "p_value", "score", "regions", "answer", "evidence")
    assert {key: record[key] for key in same} == {key: printed[key] for key in same}


def test_a_question_is_answered_and_its_thread_goes_on(folder: Path) -> None:
    image = str(folder / "images" / "blot.png")

    async def twice(client: Client) -> list[Any]:
        asked = {"image": image, "question": "Is there an anomaly?", "product": "plate"}
        first = await client.call_tool("ask", asked)
        thread = first.structured_content["thread"]
        asked = {"image": image, "question": "Where is it?", "product": "plate", "thread": thread}
        return [first.structured_content, (await client.call_tool("ask", asked)).structured_content]

    first, second = ask(folder, twice)
    assert first["answer"].startswith("Yes")
    assert second["thread"] == first["thread"]
    assert first["regions"][0]["cell"] in second["answer"]


def test_products_and_notes(folder: Path) -> None:
    products = ask(folder, lambda client: client.call_tool("list_products", {})).structured_content
    assert [product["name"] for product in products["result"]] == ["plate"]
    asked = {"text": "spilt varnish", "k": 1}
    found = ask(folder, lambda client: client.call_tool("search_knowledge", asked)).structured_content
    assert [passage["defect"] for passage in found["result"]] == ["Blot"]


def test_what_the_caller_can_mend_is_said(folder: Path) -> None:
    images = folder / "images"
    assert "UnreadableImage" in error_of(folder, "inspect", image=str(images / "torn.png"))
    unknown = error_of(folder, "inspect", image=str(images / "blot.png"), product="cup")
    assert "UnknownProduct" in unknown and "plate" in unknown
    assert "question" in error_of(folder, "ask", image=str(images / "blot.png"), question="")


@pytest.mark.parametrize("image", ["secret.png", "images/../secret.png", "images/link.png"])
def test_an_image_outside_the_folders_is_not_opened(folder: Path, image: str) -> None:
    for tool, more in (("inspect", {}), ("ask", {"question": "Is it good?"})):
        message = error_of(folder, tool, image=str(folder / image), **more)
        assert "outside the folders" in message and "--root" in message


def test_a_folder_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        create_mcp_server(application(folder), [folder / "nowhere"])


def test_the_command_serves_over_stdin_and_stdout(folder: Path) -> None:
    settings = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_INPUT_SIZE": "96"}
    images = folder / "images"
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "agents", "mcp", "--root", str(images), "--store", str(folder / "store")],
        env={**settings, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=str(folder),
    )

    async def run() -> Any:
        async with Client(stdio_client(server)) as client:
            asked = {"image": str(images / "blot.png"), "product": "plate"}
            return await client.call_tool("inspect", asked)

    record = anyio.run(run).structured_content
    assert record["anomalous"] is True
    assert record["product"]["name"] == "plate"
