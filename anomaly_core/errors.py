"""Errors that the user can resolve, as one tree under IadError.

    IadError
    |-- UnreadableImage        a file that is not an image, or one that cannot be inspected
    |-- NoImages               a path, folder or glob that holds no image
    |-- WeightsError
    |   |-- WeightsMissing     a model that is not here yet; names the command that gets it
    |   `-- WeightsDamaged     a file whose checksum is not the pinned one
    |-- StoreError
    |   |-- StoreMissing       no store at that path
    |   |-- StoreTooNew        written by a newer version of this program
    |   |-- StoreDamaged       a file whose checksum does not match
    |   `-- StoreBusy          another process holds the lock
    |-- UnknownProduct         no enrolled product by that name
    |-- KnowledgeError         a note that cannot be read
    |-- ThreadError            a thread that cannot be opened, or that waits for a human label
    |-- ConfigError            a setting or argument out of its range
    |-- CameraError            a camera that cannot be opened, or that gives no image
    |-- WorkerDied             processes that ended, again and again, before their work was done
    `-- LanguageModelError
        |-- LanguageModelDown      no answer in time, or none at all
        `-- LanguageModelRefused   an answer that cannot be used, or a request that was refused

Programming errors are not part of this tree.
"""

from __future__ import annotations


class IadError(Exception):
    """Base of the tree. `str(error)` names the problem and the remedy."""

    @property
    def kind(self) -> str:
        """The name used in JSON: `{"error": {"kind": ..., "message": ...}}`."""
        return type(self).__name__


class UnreadableImage(IadError):
    """The file is not an image that can be inspected."""


class NoImages(IadError):
    """A path, folder or glob holds no image."""


class WeightsError(IadError):
    """Model weights cannot be used."""


class WeightsMissing(WeightsError):
    """The weights are not on this machine; the message names the command that gets them."""


class WeightsDamaged(WeightsError):
    """A file's SHA-256 is not the pinned one."""


class StoreError(IadError):
    """The store folder cannot be used."""


class StoreMissing(StoreError):
    """There is no store at the path."""


class StoreTooNew(StoreError):
    """The store was written by a newer schema than this program knows."""


class StoreDamaged(StoreError):
    """A file in the store does not match its recorded checksum."""


class StoreBusy(StoreError):
    """Another process holds the store's lock."""


class UnknownProduct(IadError):
    """No enrolled product has this name, or none fits the image."""


class KnowledgeError(IadError):
    """A note cannot be read or indexed."""


class ThreadError(IadError):
    """A dialogue's thread cannot be opened, or waits for a human label."""


class ConfigError(IadError):
    """A setting or an argument is out of its range."""


class CameraError(IadError):
    """A camera cannot be opened, or gives no image."""


class WorkerDied(IadError):
    """Processes that loaded the models, or inspected an image, ended before they were done."""


class LanguageModelError(IadError):
    """The language model gave nothing that can be used."""


class LanguageModelDown(LanguageModelError):
    """The language model does not answer."""


class LanguageModelRefused(LanguageModelError):
    """The request was refused, or the reply is unusable (wrong shape, NaN, unknown model)."""
