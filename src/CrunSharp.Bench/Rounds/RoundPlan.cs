namespace CrunSharp.Bench;

/// <summary>How often and in what order.</summary>
public sealed record RoundPlan
{
    /// <summary>At most so many starts of each contestant that starts fast.</summary>
    public int Rounds { get; init; } = 60;

    /// <summary>Not fewer, however stable the medians are.</summary>
    public int LeastRounds { get; init; } = 15;

    /// <summary>Starts of each contestant that takes longer than <see cref="SlowFrom"/>, spread over all rounds.</summary>
    public int SlowRounds { get; init; } = 7;

    /// <summary>Milliseconds of the first start from which a contestant counts as slow.</summary>
    public double SlowFrom { get; init; } = 1000;

    /// <summary>Half of the interval's width, as a part of the median, below which a median is stable.</summary>
    public double Stable { get; init; } = 0.03;

    /// <summary>Of the order in each round, which is drawn anew; printed, so that it can be repeated.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>What surrounds each start.</summary>
public sealed record Condition(string Name, string What, int GapMilliseconds = 0, bool IsCold = false)
{
    public static Condition BackToBack { get; } = new("back to back", "one start right after the other, page cache warm");

    public static Condition Spaced { get; } = new("spaced", "200 ms of rest before each start, page cache warm: grace periods of the kernel that back-to-back starts share show here", 200);

    public static Condition Cold { get; } = new("cold", "page, directory and inode caches of the host dropped before each start", 200, IsCold: true);
}
