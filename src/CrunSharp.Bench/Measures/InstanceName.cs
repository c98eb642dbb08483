namespace CrunSharp.Bench;

/// <summary>Names that no two instances share, and that say whose they are.</summary>
internal static class InstanceName
{
    private static int s_number;

    public static string Next() => $"{PrefixOf(Environment.ProcessId)}{Interlocked.Increment(ref s_number)}";

    /// <summary>How the names of all instances of one bench begin.</summary>
    public static string PrefixOf(int bench) => $"bench-{bench}-";
}
