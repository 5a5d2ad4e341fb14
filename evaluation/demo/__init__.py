"""Invented data for demonstrations and benchmarks: a small demonstration, and a whole country.

Both are pure functions of an order and a seed. No indicator, kind of organisation or criterion is named in the code:
places, names, answers and breaches are in the TOML files of this folder. All BINs are valid and invented;
see :mod:`evaluation.demo.bins`. The demonstration's are of the year 99, the country's of the year 98, so both can stand
in one register.
"""

from evaluation.demo.generator import demonstration
from evaluation.demo.model import DemoBody, DemoCountry, DemoDeclared, DemoOrganisation, DemoReport
from evaluation.demo.synthetic import country

__all__ = ["DemoBody", "DemoCountry", "DemoDeclared", "DemoOrganisation", "DemoReport", "country", "demonstration"]
