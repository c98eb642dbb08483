using CrunSharp.Bench;
using Xunit;

namespace CrunSharp.BenchTests;

public sealed class SummaryTests
{
    [Fact]
    public void Summary_OfNothing_IsNone() => Assert.Null(Summary.Of([]));

    [Fact]
    public void Summary_OfKnownValues_HasTheirQuantiles()
    {
        Summary summary = Summary.Of(Enumerable.Range(1, 101).Select(static value => (double)value).Reverse())!;
        Assert.Equal((101, 1.0, 51.0, 91.0, 100.0), (summary.Count, summary.Minimum, summary.Median, summary.P90, summary.P99));
    }

    // Tables of the sign test: for n values, the ranks that enclose the median with at least 95 %.
    [Theory]
    [InlineData(5, 0)]
    [InlineData(6, 1)]
    [InlineData(10, 2)]
    [InlineData(15, 4)]
    [InlineData(20, 6)]
    [InlineData(25, 8)]
    [InlineData(60, 22)]
    public void Interval_OfSoManyValues_HasTheRanksOfTheSignTest(int count, int rank) => Assert.Equal(rank, Summary.IntervalRank(count));

    [Fact]
    public void Interval_OfManySamples_HoldsTheMedianAsOftenAsItSays()
    {
        // A skewed distribution whose median is known: exponential, ln 2.
        Random random = new(7);
        int held = 0;
        for (int i = 0; i < 2000; i++)
        {
            Summary summary = Summary.Of(Enumerable.Range(0, 30).Select(_ => -Math.Log(1 - random.NextDouble())))!;
            held += summary.Low <= Math.Log(2) && Math.Log(2) <= summary.High ? 1 : 0;
        }

        Assert.InRange(held, 1890, 1990);
    }
}
