"""The application as tools of the Model Context Protocol, over stdin and stdout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import Field

from anomaly_core.errors import ConfigError, IadError, UnreadableImage

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from agents.app import Application

INSTRUCTIONS: Final = (
    "Inspects photographs of industrial parts that were enrolled before. Verdict, place and every number are "
    "measured; repeat them as they are, and cite the ids of the evidence."
)

T = TypeVar("T")
Image = Annotated[str, Field(min_length=1, max_length=4096, description="path of the image file")]
Product = Annotated[
    str | None, Field(max_length=255, description="product; found from the image if not given")
]
NoteProduct = Annotated[
    str | None, Field(max_length=255, description="product; found from the text if not given")
]
Question = Annotated[str, Field(min_length=1, max_length=4000, description="the question")]
Thread = Annotated[
    str | None, Field(max_length=255, description="go on with this thread; the reply names it")
]
Text = Annotated[str, Field(min_length=1, max_length=4000, description="what to look for, in plain words")]
Count = Annotated[int, Field(ge=1, le=20, description="how many passages, best first")]


def create_mcp_server(app: Application, folders: Sequence[Path]) -> MCPServer[Any]:
    """Return the server over an application: tools inspect, ask, list_products and search_knowledge.

    folders: an image is opened only where it lies in one of these, links followed: who asks is a program, and
    what it was told to ask may come from anywhere. Results are the records that the commands print as JSON.
    What a caller can remedy is a tool's error, "kind: message".

    Raises ConfigError where the package mcp is missing, or a folder is none.
    """
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ImportError as error:
        raise ConfigError(
            f"the server needs the package mcp ({error}); install it with `pip install 'iad-agent[mcp]'`"
        ) from error
    roots = [folder.resolve() for folder in folders]
    for folder, root in zip(folders, roots, strict=True):
        if not root.is_dir():
            raise ConfigError(f"{folder}: no such folder; name one that holds images")
    server: MCPServer[Any] = MCPServer("iad", instructions=INSTRUCTIONS, log_level="WARNING")

    def told(work: Callable[[], T]) -> T:
        try:
            return work()
        except IadError as error:
            raise ToolError(f"{error.kind}: {error}") from error

    def inside(image: str) -> Path:
        path = Path(image).resolve()
        if not any(path.is_relative_to(root) for root in roots):
            named = ", ".join(str(root) for root in roots)
            raise UnreadableImage(
                f"{image}: outside the folders that this server opens ({named}); start it with --root"
            )
        return path

    @server.tool()
    def inspect(image: Image, product: Product = None) -> dict[str, Any]:
        """Say whether the part in an image is anomalous, where, what the defect is, and on what evidence."""
        return told(lambda: app.inspect_one(inside(image), product=product).model_dump(mode="json"))

    @server.tool()
    def ask(
        image: Image, question: Question, product: Product = None, thread: Thread = None
    ) -> dict[str, Any]:
        """Answer a question about an image from what was measured and from cited notes."""
        return told(
            lambda: app.ask(inside(image), question, product=product, thread=thread).model_dump(mode="json")
        )

    @server.tool()
    def list_products() -> list[dict[str, Any]]:
        """List the products that are enrolled: only their images can be inspected."""
        return told(lambda: [asdict(summary) for summary in app.products()])

    @server.tool()
    def search_knowledge(text: Text, product: NoteProduct = None, k: Count = 5) -> list[dict[str, Any]]:
        """Find passages of the notes about products and defects; each has an id to cite."""
        return told(lambda: [hit.model_dump(mode="json") for hit in app.search_knowledge(text, product, k)])

    return server
