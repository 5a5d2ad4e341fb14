"""From answers to points: pure functions over data frames, with bounds on the points where answers are missing."""

from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import Scores, score

__all__ = ["VERSION", "ReportFrames", "Scores", "report_frame", "score"]

VERSION = 1
"""Raise it with every change that can alter the points of the same answers: stored results are then scored anew."""
