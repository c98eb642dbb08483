namespace CrunSharp.Engine;

/// <summary>How well the host offers something.</summary>
public enum Health
{
    Fine,
    Limited,
    Missing,
}

/// <summary>One thing that crun-sharp uses, as it is on this host.</summary>
public sealed record Finding
{
    /// <summary>What was looked at: <c>cgroups</c>, <c>/dev/net/tun</c>.</summary>
    public required string Name { get; init; }

    public required Health Health { get; init; }

    /// <summary>What was seen.</summary>
    public required string Seen { get; init; }

    /// <summary>What does not work because of it; null when all is fine.</summary>
    public string? Costs { get; init; }

    /// <summary>The command to paste that mends it, as root where it begins with <c>sudo</c>; null when nothing can.</summary>
    public string? Mend { get; init; }
}
