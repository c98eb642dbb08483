namespace CrunSharp.Bench;

/// <summary>What is said of a list of measured times.</summary>
/// <param name="Low">Lower end of the median's interval; null where there are too few values for one.</param>
/// <param name="High">Its upper end.</param>
public sealed record Summary(int Count, double Minimum, double Median, double P90, double P99, double? Low, double? High)
{
    private const double Confidence = 0.95;

    /// <summary>Half of the interval's width as a part of the median; null without an interval.</summary>
    public double? Uncertainty => Low is { } low && High is { } high && Median > 0 ? (high - low) / 2 / Median : null;

    /// <summary>Null where there is nothing to summarize.</summary>
    public static Summary? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return null;
        }

        int rank = IntervalRank(sorted.Length);
        return new Summary(
            sorted.Length,
            sorted[0],
            Quantile(sorted, 0.5),
            Quantile(sorted, 0.9),
            Quantile(sorted, 0.99),
            rank > 0 ? sorted[rank - 1] : null,
            rank > 0 ? sorted[^rank] : null);
    }

    /// <summary>Between the two values that stand nearest to it (Hyndman and Fan's type 7).</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double part)
    {
        double at = part * (sorted.Length - 1);
        int below = (int)at;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>
    /// The r for which the r-th smallest and the r-th largest value enclose the median with at least 95 %, whatever
    /// the distribution: each value is below the median with probability 1/2, so their number is binomial. 0 for fewer than six.
    /// </summary>
    internal static int IntervalRank(int count)
    {
        double probability = Math.Pow(0.5, count);
        double below = 0;
        int rank = 0;
        while (rank < (count + 1) / 2)
        {
            below += probability;
            if (2 * below > 1 - Confidence)
            {
                break;
            }

            probability *= (double)(count - rank) / (rank + 1);
            rank++;
        }

        return rank;
    }
}
