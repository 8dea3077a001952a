"""The parts of perf/write_report.py: figures, which plots there are, how they are drawn, and the two pages."""
