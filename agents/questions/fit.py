"""Fit what tells the kinds and languages of questions to the examples.

`python -m agents.questions.fit` writes `classifier.npz` and `languages.npz` beside this file, in two
minutes; on one machine the result is the same on every run.
"""

from agents.questions.learned import classifier
from agents.questions.learned.language_table import LanguageTable

if __name__ == "__main__":
    LanguageTable.fit().save()
    classifier.save(classifier.fit())
