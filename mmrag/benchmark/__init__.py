"""Which strategy serves your documents best: datasets, runs, measures, statistics and reports."""
