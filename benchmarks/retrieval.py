"""How often the right note comes back: recall on MMAD's domain knowledge.

    python benchmarks/retrieval.py MMAD_DOMAIN_KNOWLEDGE_JSON

Two queries for each defect entry: its name ("scratch head on a screw"), and the first sentence of its
description without the words of its title. The answer counts when a passage of that product and defect is
among the first k. The second query's words are the passage's own, which favours BM25: it tells what is lost
by fusion, not which method is better. With the product given, recall@5 is easy: a product has few passages.
Prints a table and writes results/retrieval.json beside this file.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from anomaly_core.encoders.base import TextEncoder
from anomaly_core.encoders.registry import load_text_encoder
from anomaly_core.errors import WeightsMissing
from knowledge.domain import DomainIndex
from knowledge.lexical import words
from knowledge.passages import Passage, cut
from knowledge.store import Store

SEED = 0
RESULTS = Path(__file__).parent / "results" / "retrieval.json"


def name_query(entry: Passage) -> str:
    return f"{str(entry.defect).replace('_', ' ')} on a {str(entry.product).replace('_', ' ')}"


def paraphrase_query(entry: Passage) -> str:
    """The first sentence, without the words of the title: what a person saw, who knows no name for it."""
    _, first = next(cut(entry.text, longest=1))
    banned = set(words(entry.title))
    kept = [word for word in re.findall(r"\S+", first) if not banned & set(words(word))]
    return " ".join(kept)


def no_encoder() -> TextEncoder:
    raise WeightsMissing("left out on purpose, to measure BM25 alone")


def measure(domain: DomainIndex, query: Callable[[Passage], str], filtered: bool) -> dict[str, object]:
    entries = {(p.product, p.defect): p for p in reversed(domain.passages()) if p.defect != "good"}
    ranks, milliseconds = [], []
    for (product, defect), entry in sorted(entries.items(), key=str):
        text = query(entry)
        begin = time.perf_counter()
        hits = domain.search(text, product=product if filtered else None, k=5)
        milliseconds.append(1e3 * (time.perf_counter() - begin))
        found = [
            place
            for place, hit in enumerate(hits)
            if (hit.passage.product, hit.passage.defect) == (product, defect)
        ]
        ranks.append(found[0] if found else np.inf)
    scores = np.array(ranks)
    # Percentile bootstrap over entries.
    draws = np.random.default_rng(SEED).choice(scores, (2000, len(scores)))
    low, high = np.quantile((draws < 5).mean(axis=1), [0.025, 0.975])
    return {
        "queries": len(scores),
        "recall_at_1": round(float((scores < 1).mean()), 4),
        "recall_at_5": round(float((scores < 5).mean()), 4),
        "recall_at_5_ci95": [round(float(low), 4), round(float(high), 4)],
        "ms_median": round(float(np.median(milliseconds)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notes", type=Path, help="MMAD's domain_knowledge.json")
    parser.add_argument("--encoder", default="minilm", help="text encoder (default: %(default)s)")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_text_encoder(arguments.encoder)
        for method, factory in (("hybrid", lambda: encoder), ("BM25 alone", no_encoder)):
            domain = DomainIndex(Store.open(Path(folder) / method, create=True), factory)
            passages = domain.add([arguments.notes]).passages
            for label, query in (("name", name_query), ("paraphrase", paraphrase_query)):
                for filtered in (True, False):
                    result = measure(domain, query, filtered)
                    rows.append({"method": method, "query": label, "product_given": filtered, **result})
    table = Table("method", "query", "product given", "recall@1", "recall@5", "95% interval", "ms")
    for row in rows:
        interval = row["recall_at_5_ci95"]
        cells = [row["method"], row["query"], row["product_given"], row["recall_at_1"], row["recall_at_5"]]
        table.add_row(*map(str, cells), str(interval), str(row["ms_median"]))
    Console().print(table)
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "seed": SEED,
        "config": {"encoder": encoder.name, "notes": arguments.notes.name, "passages": passages},
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
