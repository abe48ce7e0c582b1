"""How often the right note comes back, and the right product: on MMAD's domain knowledge, all 38 classes.

    python benchmarks/retrieval.py MMAD_DOMAIN_KNOWLEDGE_JSON --out benchmarks/results/retrieval.json
    python benchmarks/retrieval.py --develop --out FILE

*Recall*: the right passages are those of the asked product and defect; a query counts when one is among the
first k. Queries: `name`, the defect's name ("scratch head on a screw"); `paraphrase`, the first sentence of
its description without the words of its title, which are the passage's own words and favour BM25; and the
open questions of `benchmarks/phrasing.py`. The product is given, found from the text, or not looked for.

*Product*: which one an open question is about: right, wrong or rejected. *Without notes*: the same questions
with the asked product's notes taken away must be rejected, and so must questions that are about no product.
`--develop` uses the synthetic notes, on which alone the constants of `knowledge/catalogue/product_match.py`
were chosen.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import ROOTS, few_shot_model, parser, write
from numpy.typing import NDArray
from phrasing import ABOUT_NONE, FORMS, SHARED, Question, phrasings, questions, synthetic_notes
from rich.console import Console
from rich.table import Table

from anomaly_core.encoders.base import TextEncoder
from anomaly_core.encoders.registry import load_text_encoder
from anomaly_core.errors import WeightsMissing
from anomaly_core.evaluation.metrics import wilson_interval
from knowledge.catalogue.bm25 import words
from knowledge.catalogue.passages import Passage, cut
from knowledge.catalogue.product_match import ProductNames
from knowledge.catalogue.storage import text_to_index
from tools.context import Context
from tools.retrieve import find_passages, passage_record
from tools.text_cache import CachedTextEncoder

GIVEN, FOUND, NONE = "given", "found", "not looked for"


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


def simple_queries(passages: Sequence[Passage], query: Callable[[Passage], str]) -> list[Question]:
    entries = {(p.product, p.defect): p for p in reversed(passages) if p.defect != "good"}
    return [
        Question(query(e), str(e.product), str(e.defect), "") for _, e in sorted(entries.items(), key=str)
    ]


def recall(context: Context, asked: Sequence[Question], product: str) -> dict[str, Any]:
    ranks, milliseconds = [], []
    for each in asked:
        begin = time.perf_counter()
        if product == FOUND:
            found = find_passages(context, each.text, None, 5)
        else:
            given = each.product if product == GIVEN else None
            found = [passage_record(hit) for hit in context.domain.search(each.text, product=given, k=5)]
        milliseconds.append(1e3 * (time.perf_counter() - begin))
        places = [
            n for n, one in enumerate(found) if (one.product, one.defect) == (each.product, each.defect)
        ]
        ranks.append(places[0] if places else np.inf)
    scores = np.array(ranks)
    low, high = wilson_interval(int((scores < 5).sum()), len(scores))
    return {
        "queries": len(scores),
        "recall_at_1": round(float((scores < 1).mean()), 4),
        "recall_at_5": round(float((scores < 5).mean()), 4),
        "recall_at_5_interval_95": [round(low, 4), round(high, 4)],
        "ms_median": round(float(np.median(milliseconds)), 2),
    }


def share(outcomes: Iterable[bool]) -> dict[str, Any]:
    values = list(outcomes)
    low, high = wilson_interval(sum(values), len(values))
    rate = round(sum(values) / len(values), 4)
    return {"rate": rate, "interval_95": [round(low, 4), round(high, 4)], "questions": len(values)}


def naming(passages: Sequence[Passage], asked: Sequence[Question], encoder: TextEncoder) -> dict[str, Any]:
    """Which product each question is about, with its notes at hand and without them, by form."""
    vectors = encoder.encode_text([text_to_index(p) for p in passages]).numpy().astype(np.float32)

    def without(product: str | None) -> ProductNames:
        rows = [row for row, passage in enumerate(passages) if passage.product != product]
        kept: NDArray[np.float32] = vectors[rows]
        return ProductNames([passages[row] for row in rows], kept, encoder)

    everything = without(None)
    missing = {product: without(product) for product in everything.names}
    words_of: dict[str, list[str]] = defaultdict(list)
    rejected: dict[str, list[bool]] = defaultdict(list)
    mistakes: Counter[str] = Counter()
    for each in asked:
        match = everything.find(each.text)
        word = "rejected" if match.name is None else "right" if match.name == each.product else "wrong"
        words_of[each.form].append(word)
        if word == "wrong":
            mistakes[f"{each.product} taken for {match.name}"] += 1
        rejected[each.form].append(missing[each.product].find(each.text).name is None)
    table = {
        form: {
            **{word: share(w == word for w in words_of[form]) for word in ("right", "wrong", "rejected")},
            "without_notes_rejected": share(rejected[form]),
        }
        for form in FORMS
    }
    nobody = [pattern.format(defect=defect) for pattern in ABOUT_NONE for defect in SHARED]
    return {
        "by_form": table,
        "all_without_notes_rejected": share(value for values in rejected.values() for value in values),
        "about_no_product_rejected": share(everything.find(text).name is None for text in nobody),
        "mistakes": dict(mistakes.most_common(12)),
    }


def show(rows: Sequence[dict[str, Any]], named: dict[str, Any]) -> None:
    table = Table("method", "query", "product", "recall@1", "recall@5", "95% interval", "queries", "ms")
    keys = ("recall_at_1", "recall_at_5", "recall_at_5_interval_95", "queries", "ms_median")
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("method", "query", "product", *keys)))
    forms = Table("form", "right", "wrong", "rejected", "rejected without notes")
    for form, row in named["by_form"].items():
        forms.add_row(form, *(f"{cell['rate']:.3f}" for cell in row.values()))
    console = Console(width=140)
    console.print(table)
    console.print(forms)
    for key in ("all_without_notes_rejected", "about_no_product_rejected", "mistakes"):
        console.print(key, named[key])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("notes", type=Path, nargs="?", help=ROOTS["mmad"])
    options.add_argument("--develop", action="store_true", help="synthetic notes instead")
    options.add_argument("--encoder", default="minilm", help="text encoder (default: %(default)s)")
    given = options.parse_args()
    if (given.notes is None) != given.develop:
        options.error("give MMAD's domain_knowledge.json, or --develop")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        encoder = CachedTextEncoder(load_text_encoder(given.encoder), size=8000)
        others, notes = phrasings(), given.notes
        if given.develop:
            content, others = synthetic_notes()
            notes = Path(folder) / "synthetic.json"
            notes.write_text(json.dumps(content))
        for method, factory in (("hybrid", lambda: encoder), ("BM25 alone", no_encoder)):
            context = Context(
                store=Path(folder) / method, model=few_shot_model, text_encoder=factory, max_pixels=1
            )
            context.domain.add([notes])
            passages = context.domain.passages()
            asked = list(questions(passages, others))
            kinds = {
                "name": simple_queries(passages, name_query),
                "paraphrase": simple_queries(passages, paraphrase_query),
                **{f"question, {form}": [q for q in asked if q.form == form] for form in FORMS},
            }
            for label, queries in kinds.items():
                for product in (GIVEN, FOUND, NONE):
                    result = recall(context, queries, product)
                    rows.append({"method": method, "query": label, "product": product, **result})
        named = naming(passages, asked, encoder)
    show(rows, named)
    write(given, {"recall": rows, "naming": named})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
