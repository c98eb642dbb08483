namespace CrunSharp.Bench;

/// <summary>Names that no two instances share.</summary>
internal static class InstanceName
{
    private static int s_number;

    public static string Next() => $"bench-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}";
}
