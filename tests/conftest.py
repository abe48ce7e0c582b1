"""What holds for every test."""

import random

import cv2
import numpy as np
import pytest
import torch

cv2.setNumThreads(1)  # tests run side by side, one a processor


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """Every test draws the same numbers at every run, alone or in company."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
