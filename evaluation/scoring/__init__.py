"""From answers to points: pure functions over data frames, with honest bounds where answers are missing."""

from evaluation.scoring.frames import Reports, frame
from evaluation.scoring.score import Scores, score

__all__ = ["Reports", "Scores", "frame", "score"]
