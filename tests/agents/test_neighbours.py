"""The nearest examples vote for their kinds."""

import numpy as np

from agents.questions.learned.neighbours import Neighbours


def test_an_example_is_nearest_to_itself_and_votes_are_shares() -> None:
    noise = np.random.default_rng(0)
    vectors = noise.normal(size=(300, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kinds = noise.integers(0, 23, 300)
    words = (noise.random((300, 4096)) < 0.02).astype(np.float32)
    kept = Neighbours.of(vectors, words, kinds)
    assert kept.vectors.dtype == np.int8
    shares = kept.shares(vectors, words, 23)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.argmax(axis=1) == kinds).all()
    assert np.allclose(kept.shares(3 * vectors[:5], 2 * words[:5], 23), shares[:5], atol=1e-4)
    assert kept.shares(vectors[:0], words[:0], 23).shape == (0, 23)


def test_one_meaning_is_told_by_the_words() -> None:
    vectors = np.ones((2, 512), np.float32) / 512**0.5
    words = np.eye(2, 4096, dtype=np.float32)
    kept = Neighbours.of(vectors, words, np.array([3, 7]))
    shares = kept.shares(vectors, words, 23)
    assert shares.argmax(axis=1).tolist() == [3, 7]
    assert np.allclose(kept.shares(vectors[:1], np.zeros((1, 4096), np.float32), 23)[0, [3, 7]], 0.5)


def test_common_words_are_counted_as_one_by_one() -> None:
    noise = np.random.default_rng(1)
    held = noise.random((70, 4096)) < 0.01
    held[5] = False  # an example without n-grams
    kept = Neighbours.of(np.eye(70, 512, dtype=np.float32), held.astype(np.float32), np.zeros(70, np.int64))
    for words in (held[3], noise.random(4096) < 0.1, np.zeros(4096, np.bool_)):
        norms = np.sqrt(np.maximum(held.sum(axis=1) * words.sum(), 1))
        assert np.allclose(kept._common(words), (held & words).sum(axis=1) / norms)
