"""What is printed of measurements that take turns, since machines are noisy."""
import statistics


def quartiles(ratios):
    """Their median, and between which values the middle half is."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"
