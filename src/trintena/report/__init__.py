"""An experiment as one web page that stands alone: board, curves, search, and the test segment.

The room knows neither the database nor the network: what is told reaches it as one `Report`.
"""

from trintena.report.material import Report, TestForecast
from trintena.report.page import is_report, render

__all__ = ["Report", "TestForecast", "is_report", "render"]
