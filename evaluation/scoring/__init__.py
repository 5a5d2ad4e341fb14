"""From answers to points: pure functions over data frames, with bounds on the points where answers are missing."""

from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import Scores, score

__all__ = ["ReportFrames", "Scores", "report_frame", "score"]
