"""Answers about the tool itself: a topic of help, and what is enrolled."""

from __future__ import annotations

from importlib.metadata import version

from agents.answers.image.confidence import confidence
from agents.answers.tool.products import told_of
from agents.answers.topic import Reply, Topic, values_of
from agents.questions.learned.topics import help_topics
from anomaly_core.names import plain_name
from tools.enrolled import ProductsRecord


def help_topic(topic: Topic) -> Reply:
    """Say the answer of the intent's topic, and what it tells of the products that are enrolled."""
    asked, say = help_topics()[topic.intent.topic or ""], topic.say
    answer = say(asked.answer, version=version("iad-agent"))
    if "p_value" in asked.values and "verdict" in topic.state:
        answer = say.joined([*confidence(topic).body[:2], answer])
    read = values_of(topic.seen("product_settings"))
    if not asked.values or not read:
        return Reply(answer)
    known = ProductsRecord.model_validate(read)
    if "products" in asked.values:
        names = say.listed([plain_name(name) for name in known.products])
        listed = say("Enrolled are {products} [product].", products=names)
        return Reply(listed if names else say("No product is enrolled yet."), [answer])
    told = [told_of(say, value, one) for value in asked.values if value != "p_value" for one in known.told]
    # "Which rate do you work with?" asks for what is set, "what is alpha?" for what it means.
    set_first = topic.intent.kind != asked.kind and bool(told)
    return Reply(told[0], [*told[1:], answer]) if set_first else Reply(answer, told)
